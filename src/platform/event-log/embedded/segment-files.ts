import { LogDamaged, damage } from './errors.js';
import { writeWhole, type Files, type LogFile } from './files.js';
import { encodeSegmentHeader, frameSeed, segmentName } from './segment-header.js';

/** Enough for 32 GiB of hot history at the default segment size, and far below the usual limit of 1,024 descriptors. */
const OPEN_FILES_MAX = 128;

interface OpenFile {
  readonly file: Promise<LogFile>;
  readers: number;
}

/** The segments of one log, in order, as one row of bytes: a position is an offset in it. Reads only; the committer writes. */
export class SegmentFiles {
  private readonly bases: number[] = [];
  private readonly opened = new Map<number, OpenFile>();
  readonly seed: number;

  constructor(readonly files: Files, readonly directory: string, readonly storeId: string) {
    this.seed = frameSeed(storeId);
  }

  get count(): number {
    return this.bases.length;
  }

  get lastBase(): number {
    return this.bases[this.bases.length - 1]!;
  }

  /** Notes a segment that exists; bases come in ascending order. */
  add(base: number): void {
    this.bases.push(base);
  }

  path(base: number): string {
    return `${this.directory}/${segmentName(base)}`;
  }

  /** Makes the segment appear durably, with its header, or not at all. Then `add` it. */
  async create(base: number): Promise<void> {
    await writeWhole(this.files, this.directory, segmentName(base), [encodeSegmentHeader({ storeId: this.storeId, base })]);
  }

  /** The segment that holds `position`: its base, and where the next one begins (Infinity for the last). */
  segmentOf(position: number): { readonly base: number; readonly end: number } {
    let low = 0;
    let high = this.bases.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.bases[middle]! <= position) low = middle;
      else high = middle - 1;
    }
    return { base: this.bases[low]!, end: this.bases[low + 1] ?? Infinity };
  }

  /** The bytes [from, to) of the log, which lie in one segment. Throws LogDamaged when the file is shorter. */
  async read(from: number, to: number): Promise<Buffer> {
    const { base } = this.segmentOf(from);
    const opened = this.open(base);
    opened.readers += 1;
    try {
      const bytes = Buffer.allocUnsafeSlow(to - from);
      const count = await (await opened.file).read(bytes, from - base);
      if (count < bytes.length) throw new LogDamaged(this.path(base), from - base + count, damage.short(count, bytes.length));
      return bytes;
    } finally {
      opened.readers -= 1;
    }
  }

  async close(): Promise<void> {
    const all = [...this.opened.values()];
    this.opened.clear();
    for (const { file } of all) await (await file).close();
  }

  private open(base: number): OpenFile {
    let opened = this.opened.get(base);
    if (opened) {
      this.opened.delete(base); // to the end: the map's order is the order of last use
    } else {
      this.closeLeastUsed();
      opened = { file: this.files.open(this.path(base), 'read'), readers: 0 };
      opened.file.catch(() => this.opened.delete(base)); // the reader gets the error; the next one tries again
    }
    this.opened.set(base, opened);
    return opened;
  }

  private closeLeastUsed(): void {
    if (this.opened.size < OPEN_FILES_MAX) return;
    for (const [base, { file, readers }] of this.opened) {
      if (readers > 0) continue;
      this.opened.delete(base);
      void file.then((opened) => opened.close());
      return;
    }
  }
}
