import { inDispatchOrder, OrderedTree, type Place } from './ordered-tree.js';
import type { ModelSet } from './model-sets.js';
import type { QueueEntry } from './queue-entry.js';
import type { Signature } from './signatures.js';

/** Requests of one model with one signature, which a worker may serve all or none of, in dispatch order. */
export interface Group {
  readonly signature: Signature;
  readonly entries: OrderedTree<QueueEntry>;
  /** The first of the entries: its place is the group's place among the groups. */
  head: QueueEntry;
}

const placeOfEntry = (entry: QueueEntry): Place => entry;
const placeOfHead = (group: Group): Place => group.head;

/** The groups of one model, ordered by their heads, so that a refused group is skipped whole. */
export class Bucket {
  readonly heads = new OrderedTree<Group>(placeOfHead);
  readonly #groups = new Map<Signature, Group>();

  group(signature: Signature): Group | undefined {
    return this.#groups.get(signature);
  }

  add(entry: QueueEntry): void {
    let group = this.#groups.get(entry.signature);
    if (!group) {
      group = { signature: entry.signature, entries: new OrderedTree(placeOfEntry), head: entry };
      this.#groups.set(entry.signature, group);
      this.heads.insert(group);
    } else if (inDispatchOrder(entry, group.head) < 0) {
      this.heads.remove(group);
      group.head = entry;
      this.heads.insert(group);
    }
    group.entries.insert(entry);
  }

  remove(entry: QueueEntry): void {
    const group = this.#groups.get(entry.signature);
    if (!group) throw new Error(`${entry.request} is not in the index of its model`);
    if (group.head !== entry) {
      group.entries.remove(entry);
      return;
    }
    this.heads.remove(group);
    group.entries.remove(entry);
    const head = group.entries.first();
    if (head) {
      group.head = head;
      this.heads.insert(group);
    } else {
      this.#groups.delete(entry.signature);
    }
  }
}

/** Requests with waiting jobs by each model that they name, and those that name none. */
export class ModelIndex {
  readonly #byModel = new Map<string, Bucket>();
  readonly #any = new Bucket();

  add(entry: QueueEntry): void {
    if (entry.models.isAny) this.#any.add(entry);
    for (const model of entry.models.models) {
      let bucket = this.#byModel.get(model);
      if (!bucket) this.#byModel.set(model, (bucket = new Bucket()));
      bucket.add(entry);
    }
  }

  remove(entry: QueueEntry): void {
    if (entry.models.isAny) this.#any.remove(entry);
    for (const model of entry.models.models) {
      const bucket = this.#byModel.get(model);
      bucket?.remove(entry);
      if (bucket?.heads.size === 0) this.#byModel.delete(model);
    }
  }

  /** No entry with these models and this signature has a higher key. */
  highestLike({ models, signature }: QueueEntry): number {
    const bucket = models.isAny ? this.#any : this.#byModel.get(models.models[0]!);
    return bucket?.group(signature)?.head.key ?? -Infinity;
  }

  /** The buckets, of those, in which the requests of one model set are. */
  bucketsFor({ isAny, models: named }: ModelSet, models: ReadonlySet<string>): Bucket[] {
    if (isAny) return [this.#any];
    return named.flatMap((model) => (models.has(model) ? this.#byModel.get(model) ?? [] : []));
  }

  /** The buckets that a worker with these models can be served from. */
  bucketsOf(models: Iterable<string>): Bucket[] {
    const buckets = [this.#any];
    for (const model of models) {
      const bucket = this.#byModel.get(model);
      if (bucket) buckets.push(bucket);
    }
    return buckets;
  }
}

/** A walk through a bucket's heads, or through one accepted group, with the place of its current entry. */
interface Cursor {
  readonly place: Place;
  readonly entry: QueueEntry;
  /** Of a walk through heads. */
  readonly bucket: Bucket | undefined;
  readonly group: Group;
}

/** Refusals met one by one in dispatch order. A worker that may serve something usually meets it within this many; else it looks ahead. */
const REFUSALS_MAX = 128;
/** And once more, from where it has looked ahead to. */
const REFUSALS_AGAIN_MAX = 512;

/** How a walk goes: where it begins, what it asks, and whom it tells. */
interface Walk {
  /** Nothing with a higher key is accepted. */
  readonly from: number | undefined;
  readonly accepts: (group: Group) => boolean;
  /** After many refusals: the highest key that can be accepted. */
  readonly ahead: () => number;
  /** After even more: all groups to go on with. */
  readonly accepted: () => Iterable<Group>;
  /** Told of the first accepted one, before it is given out. */
  readonly found: (key: number) => void;
}

/**
 * The entries of accepted groups over all buckets in dispatch order, each once; a refused group costs one question,
 * however many entries it has, and after too many of them the walk asks where to go on. The index may change between two
 * steps: what moved may then be missed or come out of order, never twice and never when it has left the index.
 */
export function* inOrder(buckets: readonly Bucket[], { from, accepts, ahead, accepted, found }: Walk): Generator<QueueEntry> {
  let cursors = new CursorHeap();
  const opened = new Set<Group>();
  const seen = new Set<QueueEntry>();
  let refusals = 0;
  const push = (group: Group | undefined, bucket?: Bucket): void => {
    if (group) cursors.push({ place: placeNow(group.head), entry: group.head, bucket, group });
  };
  const beginAt = (key: number): void => {
    if (key === -Infinity) return;
    for (const bucket of buckets) push(bucket.heads.from({ key, acceptedAtMs: -Infinity, request: '' }), bucket);
  };
  const refused = (): void => {
    refusals += 1;
    if (refusals === REFUSALS_MAX && opened.size === 0) {
      cursors = new CursorHeap();
      beginAt(ahead());
    } else if (refusals === REFUSALS_AGAIN_MAX) {
      cursors = new CursorHeap();
      for (const each of accepted()) push(each);
    }
  };
  beginAt(from ?? Infinity);
  for (let cursor = cursors.pop(); cursor; cursor = cursors.pop()) {
    const { bucket, group, entry, place } = cursor;
    if (bucket) {
      push(bucket.heads.after(place), bucket);
      if (opened.has(group)) continue;
      if (!accepts(group)) {
        refused();
        continue;
      }
    }
    if (opened.size === 0) found(place.key);
    opened.add(group);
    const next = group.entries.after(place);
    if (next) cursors.push({ place: placeNow(next), entry: next, bucket: undefined, group });
    if (seen.has(entry) || !isStill(entry, place)) continue;
    seen.add(entry);
    yield entry;
  }
}

/** Whether it waits, and has not moved since the walk put it down. */
const isStill = ({ filed, key }: QueueEntry, place: Place): boolean => filed && key === place.key;

/** A copy: the entry's own key may change before the walk goes on. */
const placeNow = ({ key, acceptedAtMs, request }: QueueEntry): Place => ({ key, acceptedAtMs, request });

/** A binary heap of cursors, first in dispatch order on top. */
class CursorHeap {
  readonly #cursors: Cursor[] = [];

  push(cursor: Cursor): void {
    const cursors = this.#cursors;
    let slot = cursors.push(cursor) - 1;
    for (let parent = (slot - 1) >> 1; slot > 0; parent = (slot - 1) >> 1) {
      if (inDispatchOrder(cursors[parent]!.place, cursor.place) <= 0) break;
      cursors[slot] = cursors[parent]!;
      slot = parent;
    }
    cursors[slot] = cursor;
  }

  pop(): Cursor | undefined {
    const cursors = this.#cursors;
    const top = cursors[0];
    const last = cursors.pop();
    if (!top || !last || cursors.length === 0) return top;
    let slot = 0;
    for (let child = 1; child < cursors.length; child = 2 * slot + 1) {
      const right = cursors[child + 1];
      if (right && inDispatchOrder(right.place, cursors[child]!.place) < 0) child += 1;
      if (inDispatchOrder(last.place, cursors[child]!.place) <= 0) break;
      cursors[slot] = cursors[child]!;
      slot = child;
    }
    cursors[slot] = last;
    return top;
  }
}
