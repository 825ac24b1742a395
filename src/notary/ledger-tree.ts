import { leafOf } from '../platform/event-log/codec.js';
import type { EventLog, Position, RecordedEvent } from '../platform/event-log/event-log.js';
import { MerkleTree, NO_LEAVES, type TreeState } from './merkle.js';

/** The log as its notary sees it: it reads and follows, and appends nothing. */
export type NotarizedLog = Pick<EventLog, 'head' | 'readAll' | 'readStream' | 'follow'> & { readonly storeId: string };

/** The event that is the tree's last leaf. */
export interface LastLeaf {
  readonly stream: string;
  readonly revision: number;
  /** Hex. */
  readonly hash: string;
}
/** How far a ledger has been made into a tree. */
export interface TreePlace {
  readonly tree: TreeState;
  /** Of the last leaf. */
  readonly position: Position;
  readonly last: LastLeaf | undefined;
}
export const FIRST_PLACE: TreePlace = { tree: NO_LEAVES, position: -1, last: undefined };

/** Hashed in some milliseconds, so that a server that does it beside its work stays quick. */
const PAGE_EVENTS = 1_024;

/** The tree whose leaves are all events of a ledger, in the order of the log: an event's leaf hash is the RFC's (src/kernel/leaf-hash.ts). */
export class LedgerTree {
  private readonly tree: MerkleTree;
  private at: Position;
  private last: LastLeaf | undefined;

  constructor({ tree, position, last }: TreePlace = FIRST_PLACE) {
    this.tree = new MerkleTree(tree);
    this.at = position;
    this.last = last;
  }

  get size(): number {
    return this.tree.size;
  }
  get position(): Position {
    return this.at;
  }
  root(): Buffer {
    return this.tree.root();
  }

  add(events: readonly RecordedEvent[]): void {
    let hash = '';
    for (const event of events) {
      hash = leafOf(event);
      this.tree.append(Buffer.from(hash, 'hex'));
    }
    const event = events.at(-1);
    if (!event) return;
    this.at = event.position;
    this.last = { stream: event.stream, revision: event.revision, hash };
  }

  /** To go on from later; later events do not change it. */
  place(): TreePlace {
    return { tree: this.tree.state(), position: this.at, last: this.last };
  }

  /** Reads on until the tree has so many leaves; false when the log ends before. */
  async growTo(size: number, log: Pick<EventLog, 'readAll'>, onProgress?: (leaves: number) => void): Promise<boolean> {
    for (let from = this.at; this.size < size; ) {
      const { events, position, end } = await log.readAll({ from, limit: Math.min(PAGE_EVENTS, size - this.size) });
      this.add(events);
      from = position;
      onProgress?.(this.size);
      if (end) break;
    }
    return this.size === size;
  }
}
