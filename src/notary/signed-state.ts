import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Position } from '../platform/event-log/event-log.js';
import type { LastLeaf, TreePlace } from './ledger-tree.js';
import { MerkleTree } from './merkle.js';

/** A checkpoint's figures: two with the same size and another root are two histories. */
export interface Signed {
  readonly size: number;
  readonly root: Buffer;
}
/** What this notary has signed last, with all that it needs to go on. */
export interface SignedState extends Signed, TreePlace {
  readonly storeId: string;
  readonly position: Position;
  readonly last: LastLeaf;
  readonly note: string;
  /** Milliseconds since 1970. */
  readonly signedAt: number;
  /** What was published when this was signed. A process that dies before it has published this finds the world as it was. */
  readonly before: Signed | undefined;
}

export const isSame = (one: Signed | undefined, other: Signed | undefined): boolean =>
  one === other || (one !== undefined && other !== undefined && one.size === other.size && one.root.equals(other.root));

/** The file is not what was written: a disk has changed it, or a person. */
export class DamagedState extends Error {
  override readonly name = 'DamagedState';
}

const FILE = 'signed.json';

/** The memory of a notary, outside PostgreSQL and the log: whoever restores one of them to an older day does not restore this. */
export class SignedStateFile {
  private readonly path: string;

  constructor(private readonly directory: string) {
    this.path = join(directory, FILE);
  }

  /** @throws DamagedState */
  async read(): Promise<SignedState | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return parsed(JSON.parse(text) as Written);
    } catch (error) {
      throw new DamagedState(`${this.path} is damaged`, { cause: error });
    }
  }

  /** Whole and on the disk when it resolves, or the one before is left as it was. */
  async write(state: SignedState): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const draft = `${this.path}.tmp`;
    await rm(draft, { force: true });
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(written(state), null, 1)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.path);
    const directory = await open(this.directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

type Written = ReturnType<typeof written>;

const hex = (bytes: Buffer): string => bytes.toString('hex');
const bytesOf = (text: string): Buffer => Buffer.from(text, 'hex');

const written = ({ storeId, size, root, tree, position, last, note, signedAt, before }: SignedState) => ({
  storeId, size, root: hex(root), hashes: tree.hashes.map(hex), position, last, note, signedAt, before: before ? { size: before.size, root: hex(before.root) } : null,
});

const parsed = ({ root, hashes, before, ...rest }: Written): SignedState => {
  const state: SignedState = {
    ...rest, root: bytesOf(root), tree: { size: rest.size, hashes: hashes.map(bytesOf) },
    before: before ? { size: before.size, root: bytesOf(before.root) } : undefined,
  };
  if (!new MerkleTree(state.tree).root().equals(state.root)) throw new Error('its hashes do not make its root');
  return state;
};
