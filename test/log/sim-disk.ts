import { Files, type LogFile } from '../../src/platform/event-log/embedded/files.js';

const PAGE_BYTES = 4_096;

/** Bytes of a file, page by page, so that reserved room costs nothing. */
class Content {
  private readonly pages = new Map<number, Buffer>();
  size = 0;

  clone(): Content {
    const copy = new Content();
    copy.size = this.size;
    for (const [number, page] of this.pages) copy.pages.set(number, Buffer.from(page));
    return copy;
  }

  write(bytes: Uint8Array, offset: number): void {
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done;
      const start = at % PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - start, bytes.length - done);
      this.page(Math.floor(at / PAGE_BYTES)).set(bytes.subarray(done, done + count), start);
      done += count;
    }
    this.size = Math.max(this.size, offset + bytes.length);
  }

  read(into: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(into.length, this.size - offset));
    for (let done = 0; done < count; ) {
      const at = offset + done;
      const start = at % PAGE_BYTES;
      const length = Math.min(PAGE_BYTES - start, count - done);
      const page = this.pages.get(Math.floor(at / PAGE_BYTES));
      if (page) into.set(page.subarray(start, start + length), done);
      else into.fill(0, done, done + length);
      done += length;
    }
    return count;
  }

  truncate(size: number): void {
    for (const number of this.pages.keys()) if (number * PAGE_BYTES >= size) this.pages.delete(number);
    this.pages.get(Math.floor(size / PAGE_BYTES))?.fill(0, size % PAGE_BYTES);
    this.size = size;
  }

  private page(number: number): Buffer {
    let page = this.pages.get(number);
    if (!page) this.pages.set(number, (page = Buffer.alloc(PAGE_BYTES)));
    return page;
  }
}

type Change = { readonly kind: 'write'; readonly bytes: Buffer; readonly offset: number } | { readonly kind: 'truncate'; readonly size: number };

const apply = (content: Content, change: Change): void => {
  if (change.kind === 'write') content.write(change.bytes, change.offset);
  else content.truncate(change.size);
};

/** A file with what the system shows, what the platter has, and what lies between. */
class Inode {
  pending: Change[] = [];
  constructor(readonly live: Content, readonly durable: Content) {}

  change(change: Change): void {
    apply(this.live, change);
    this.pending.push(change);
  }

  clone(): Inode {
    const copy = new Inode(this.live.clone(), this.durable.clone());
    copy.pending = [...this.pending];
    return copy;
  }

  sync(): void {
    for (const change of this.pending) apply(this.durable, change);
    this.pending = [];
  }
}

/** Names that one system call gives or takes (a rename does both at once). */
type NameChange = readonly { readonly path: string; readonly inode: Inode | undefined }[];
type Random = () => number;

const systemError = (code: string): Error => Object.assign(new Error(`${code}: simulated`), { code });

/**
 * A disk in memory. What was not synced survives a power cut by chance only: whole, in part (torn at sectors of 512 bytes
 * or 4 KiB), in another order, or not at all; the same for names in a directory that was not synced.
 */
export class SimDisk extends Files {
  private readonly names = new Map<string, Inode>();
  private readonly durableNames = new Map<string, Inode>();
  private pendingNames: NameChange[] = [];
  /** Called before each operation takes effect: the moment at which the power may fail. */
  onOperation: (operation: string) => void = () => undefined;
  /** Bytes that may still be written, or Infinity. */
  room = Infinity;
  /** Thrown by the next syncs, while set. */
  syncError: Error | undefined;
  syncs = 0;

  /** The disk as it may be found after the power failed now. */
  afterPowerCut(random: Random): SimDisk {
    const found = new SimDisk();
    const survival = [0, 0.5, 0.9, 1, 1][Math.floor(random() * 5)]!;
    const names = new Map(this.durableNames);
    for (const change of this.pendingNames) {
      if (random() >= survival) continue;
      for (const { path, inode } of change) {
        if (inode) names.set(path, inode);
        else names.delete(path);
      }
    }
    const survivors = new Map<Inode, Inode>();
    for (const [path, inode] of names) {
      let survivor = survivors.get(inode);
      if (!survivor) survivors.set(inode, (survivor = survivorOf(inode, survival, random)));
      found.names.set(path, survivor);
      found.durableNames.set(path, survivor);
    }
    return found;
  }

  /** The disk as the next process finds it when this one was killed: nothing is lost, and nothing became durable. */
  afterKill(): SimDisk {
    const found = new SimDisk();
    const survivors = new Map<Inode, Inode>();
    const survivor = (inode: Inode): Inode => {
      const known = survivors.get(inode) ?? inode.clone();
      survivors.set(inode, known);
      return known;
    };
    for (const [path, inode] of this.names) found.names.set(path, survivor(inode));
    for (const [path, inode] of this.durableNames) found.durableNames.set(path, survivor(inode));
    found.pendingNames = this.pendingNames.map((change) => change.map(({ path, inode }) => ({ path, inode: inode && survivor(inode) })));
    return found;
  }

  /** The same bytes and names, all of them durable: for damage on purpose. */
  copy(): SimDisk {
    const copy = new SimDisk();
    for (const [path, { live }] of this.names) {
      const inode = new Inode(live.clone(), live.clone());
      copy.names.set(path, inode);
      copy.durableNames.set(path, inode);
    }
    return copy;
  }

  paths(suffix: string): string[] {
    return [...this.names.keys()].filter((path) => path.endsWith(suffix)).sort();
  }

  bytesOf(path: string): Buffer {
    const { live } = this.inode(path);
    const bytes = Buffer.alloc(live.size);
    live.read(bytes, 0);
    return bytes;
  }

  /** Replaces a file behind everybody's back. */
  put(path: string, bytes: Uint8Array): void {
    const content = new Content();
    content.write(bytes, 0);
    const inode = new Inode(content, content.clone());
    this.names.set(path, inode);
    this.durableNames.set(path, inode);
  }

  makeDirectory(): Promise<void> {
    return Promise.resolve();
  }

  list(directory: string): Promise<readonly string[]> {
    const prefix = `${directory}/`;
    return Promise.resolve([...this.names.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)));
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<LogFile> {
    await this.operation(`open ${path}`);
    if (mode !== 'create') return new SimFile(this, this.inode(path));
    if (this.names.has(path)) throw systemError('EEXIST');
    if (this.room <= 0) throw systemError('ENOSPC');
    const inode = new Inode(new Content(), new Content());
    this.rename_([{ path, inode }]);
    return new SimFile(this, inode);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.operation(`rename ${from} ${to}`);
    this.rename_([{ path: to, inode: this.inode(from) }, { path: from, inode: undefined }]);
  }

  async remove(path: string): Promise<void> {
    await this.operation(`remove ${path}`);
    if (this.names.has(path)) this.rename_([{ path, inode: undefined }]);
  }

  async syncDirectory(): Promise<void> {
    await this.operation('sync directory');
    for (const change of this.pendingNames) {
      for (const { path, inode } of change) {
        if (inode) this.durableNames.set(path, inode);
        else this.durableNames.delete(path);
      }
    }
    this.pendingNames = [];
  }

  /** A moment at which the power may fail. */
  async operation(name: string): Promise<void> {
    this.onOperation(name);
    await Promise.resolve();
  }

  private rename_(change: NameChange): void {
    this.pendingNames.push(change);
    for (const { path, inode } of change) {
      if (inode) this.names.set(path, inode);
      else this.names.delete(path);
    }
  }

  private inode(path: string): Inode {
    const inode = this.names.get(path);
    if (!inode) throw systemError('ENOENT');
    return inode;
  }
}

const survivorOf = (inode: Inode, survival: number, random: Random): Inode => {
  const content = inode.durable.clone();
  const sector = random() < 0.5 ? 512 : 4_096;
  const pending = [...inode.pending];
  if (random() < 0.5) shuffle(pending, random);
  for (const change of pending) {
    if (random() < survival) applyTorn(content, change, { sector, random });
  }
  return new Inode(content, content.clone());
};

/** Most of the surviving writes are torn: some of their sectors never arrived. */
const applyTorn = (content: Content, change: Change, { sector, random }: { sector: number; random: Random }): void => {
  if (change.kind === 'truncate' || random() < 0.3) return apply(content, change);
  const { bytes, offset } = change;
  const end = offset + bytes.length;
  for (let at = offset; at < end; ) {
    const next = Math.min(end, (Math.floor(at / sector) + 1) * sector);
    if (random() < 0.6) content.write(bytes.subarray(at - offset, next - offset), at);
    at = next;
  }
};

const shuffle = (items: unknown[], random: Random): void => {
  for (let k = items.length - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1));
    [items[k], items[other]] = [items[other], items[k]];
  }
};

class SimFile implements LogFile {
  constructor(private readonly disk: SimDisk, private readonly inode: Inode) {}

  write(bytes: Uint8Array, offset: number): void {
    this.disk.onOperation('write');
    const fits = Math.max(0, Math.min(bytes.length, Math.floor(this.disk.room)));
    if (fits > 0) this.inode.change({ kind: 'write', bytes: Buffer.from(bytes.subarray(0, fits)), offset });
    this.disk.room -= fits;
    if (fits < bytes.length) throw systemError('ENOSPC');
  }

  read(into: Uint8Array, offset: number): Promise<number> {
    return Promise.resolve(this.inode.live.read(into, offset));
  }

  async sync(): Promise<void> {
    await this.disk.operation('sync');
    await new Promise((resolve) => setImmediate(resolve)); // whoever was told too early has noted it by now
    await this.disk.operation('end of a sync');
    this.syncNow();
  }

  syncNow(): void {
    this.disk.syncs += 1;
    if (this.disk.syncError) throw this.disk.syncError;
    this.inode.sync();
  }

  truncate(size: number): void {
    this.disk.onOperation('truncate');
    this.inode.change({ kind: 'truncate', size });
  }

  size(): Promise<number> {
    return Promise.resolve(this.inode.live.size);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
