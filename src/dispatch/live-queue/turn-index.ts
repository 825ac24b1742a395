import { OrderedTree, type Place } from './ordered-tree.js';
import type { Payer } from './payer.js';
import type { QueueEntry } from './queue-entry.js';

/** Requests looked at for one turn; a payer has 200 at most (design.md §6), and half a millisecond is what a turn may cost. */
export const LOOKED_AT_MAX = 4_096;

/** What one payer has waiting for one model. */
interface Share {
  readonly payer: Payer<QueueEntry>;
  readonly entries: QueueEntry[];
  /** As of when it was put in order. A hand-out moves none of its payer's shares: it is found out when their turn seems to come. */
  place: Place;
}

/** The shares of one model, by how long their payers have waited. */
class Turns {
  readonly order = new OrderedTree<Share>(({ place }) => place);
  readonly #shares = new Map<Payer<QueueEntry>, Share>();

  get isEmpty(): boolean {
    return this.#shares.size === 0;
  }

  add(entry: QueueEntry): void {
    const { payer, waitingSinceMs } = entry;
    const share = this.#shares.get(payer);
    if (!share) {
      const fresh: Share = { payer, entries: [entry], place: placeSince(waitingSinceMs, payer) };
      this.#shares.set(payer, fresh);
      this.order.insert(fresh);
      return;
    }
    share.entries.push(entry);
    if (-waitingSinceMs > share.place.key) this.#move(share, waitingSinceMs);
  }

  remove(entry: QueueEntry): void {
    const share = this.#shares.get(entry.payer);
    const at = share?.entries.indexOf(entry) ?? -1;
    if (!share || at < 0) throw new Error(`${entry.request} waits for no turn`);
    share.entries.splice(at, 1);
    if (share.entries.length > 0) return;
    this.order.remove(share);
    this.#shares.delete(entry.payer);
  }

  /** Puts the share where it belongs by now. */
  refresh(share: Share): void {
    const sinceMs = earliest(share.entries);
    if (-sinceMs !== share.place.key) this.#move(share, sinceMs);
  }

  #move(share: Share, sinceMs: number): void {
    this.order.remove(share);
    share.place = placeSince(sinceMs, share.payer);
    this.order.insert(share);
  }
}

/** A walk through the shares of one model, the longest waiting first. */
class Walk {
  #share: Share | undefined;
  #at: Place | undefined;

  /** `nth` tells walks apart that have come equally far. */
  constructor(private readonly turns: Turns, private readonly nth: number) {
    this.#enter(turns.order.first());
  }

  /** Nobody who comes later has waited longer; undefined: nobody comes. */
  get place(): Place | undefined {
    return this.#at && { ...this.#at, acceptedAtMs: this.nth };
  }

  /** Goes on to the next share, and returns this one unless it comes later after all. */
  step(): Share | undefined {
    const [share, at] = [this.#share!, this.#at!];
    if (share.entries.length > 0) this.turns.refresh(share);
    this.#enter(this.turns.order.after(at));
    return share.entries.length > 0 && share.place.key >= at.key ? share : undefined;
  }

  #enter(share: Share | undefined): void {
    this.#share = share;
    this.#at = share?.place;
  }
}

/** Payers that can be served, by how long they have waited with what can be served. */
class FoundPayers {
  readonly #order = new OrderedTree<Found>(({ place }) => place);
  readonly #byPayer = new Map<Payer<QueueEntry>, Found>();
  readonly #taken = new Set<Payer<QueueEntry>>();

  get first(): Found | undefined {
    return this.#order.first();
  }

  put(payer: Payer<QueueEntry>, sinceMs: number): void {
    if (this.#taken.has(payer)) return;
    const known = this.#byPayer.get(payer);
    const place = placeSince(sinceMs, payer);
    if (known && known.place.key >= place.key) return;
    if (known) this.#order.remove(known);
    const found = { payer, place };
    this.#byPayer.set(payer, found);
    this.#order.insert(found);
  }

  take(found: Found): Payer<QueueEntry> {
    this.#order.remove(found);
    this.#taken.add(found.payer);
    return found.payer;
  }
}

interface Found {
  readonly payer: Payer<QueueEntry>;
  readonly place: Place;
}

/** Requests with waiting jobs by model and payer, so that the payer who has waited longest is found without looking at all of them. */
export class TurnIndex {
  readonly #byModel = new Map<string, Turns>();
  readonly #any = new Turns();

  add(entry: QueueEntry): void {
    if (entry.models.isAny) this.#any.add(entry);
    for (const model of entry.models.models) {
      let turns = this.#byModel.get(model);
      if (!turns) this.#byModel.set(model, (turns = new Turns()));
      turns.add(entry);
    }
  }

  remove(entry: QueueEntry): void {
    if (entry.models.isAny) this.#any.remove(entry);
    for (const model of entry.models.models) {
      const turns = this.#byModel.get(model);
      turns?.remove(entry);
      if (turns?.isEmpty) this.#byModel.delete(model);
    }
  }

  /**
   * The payers of requests that name one of the models, or any, and that `serves` accepts: who has waited longest first, each
   * once. Ends when too many requests were looked at: a worker that may serve so few of what waits longest goes by the key. The
   * index may change between two steps: a payer whose turn moved may then be missed or come out of order.
   */
  *payers(models: ReadonlySet<string>, serves: (entry: QueueEntry) => boolean): Generator<Payer<QueueEntry>> {
    const walks = new OrderedTree<Walk>(({ place }) => place!);
    const found = new FoundPayers();
    const turns = [this.#any, ...[...models].flatMap((model) => this.#byModel.get(model) ?? [])];
    turns.map((each, nth) => new Walk(each, nth)).forEach((walk) => { if (walk.place) walks.insert(walk); });
    for (let lookedAt = 0; ;) {
      const walk = lookedAt < LOOKED_AT_MAX ? walks.first() : undefined;
      const { first } = found;
      if (first && (!walk || walk.place!.key < first.place.key)) {
        yield found.take(first);
      } else if (walk) {
        walks.remove(walk);
        const share = walk.step();
        if (walk.place) walks.insert(walk);
        if (!share) continue;
        lookedAt += share.entries.length;
        const servable = share.entries.filter(serves);
        if (servable.length > 0) found.put(share.payer, earliest(servable));
      } else {
        return;
      }
    }
  }
}

const placeSince = (sinceMs: number, { id }: Payer<QueueEntry>): Place => ({ key: -sinceMs, acceptedAtMs: 0, request: id });
const earliest = (entries: readonly QueueEntry[]): number => entries.reduce((least, { waitingSinceMs }) => Math.min(least, waitingSinceMs), Infinity);
