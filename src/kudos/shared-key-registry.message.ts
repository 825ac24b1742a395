import { iso } from '../kernel/clock.js';
import type { Recorded } from '../kernel/event.js';
import { categoryOf, idOf } from '../kernel/event.js';
import { parseUuid } from '../kernel/ids.js';
import { NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { Position } from '../platform/event-log/event-log.js';
import { RetryLater } from '../platform/retry-later.js';
import type { KeyedHash } from '../platform/vault/keyed-hash.js';
import type { AccountEvent, FundsTransferred } from './account.events.js';
import { evolveSharedKeys, isExpired, remainingOf, type SharedKey } from './shared-key.state.js';

/** A shared key as the read model knows it. */
export interface SharedKeyRow extends SharedKey {
  readonly key: string;
  readonly owner: number;
  readonly isDeleted: boolean;
  /** Kudos that were ever sent to it. */
  readonly sent: Kudos;
}

/** What a caller needs to know of a shared key; whether its budget is enough is its owner's account to say. */
export interface KnownSharedKey {
  /** Names it in events. */
  readonly key: string;
  readonly owner: number;
  readonly isDeleted: boolean;
  readonly expiresAt: string | null;
  /** Null is no limit. */
  readonly remaining: Kudos | null;
}

const CATCH_UP_MAX_MS = 1_000;

/**
 * Every shared key, folded from the log: whose it is, and what was sent to it by others. Deleted ones are remembered, so that a
 * repeated transfer to one is still known for what it was.
 */
export class SharedKeyRegistry implements NodeFold {
  readonly name = 'shared keys';
  readonly #owners = new Map<string, number>();
  /** Without the deleted ones. */
  readonly #live = new Map<string, SharedKey>();
  readonly #sent = new Map<string, Kudos>();

  constructor(
    private readonly rows: { sharedKeys(): Promise<{ readonly position: Position; readonly rows: Iterable<SharedKeyRow> }> },
    private readonly feed: { head(): Promise<Position>; waitFor(position: Position, timeoutMs: number): Promise<boolean> },
    private readonly keyedHash: KeyedHash, private readonly clock: { now(): number },
  ) {}

  async open(): Promise<Position> {
    const { position, rows } = await this.rows.sharedKeys();
    for (const { key, owner, isDeleted, sent, ...state } of rows) {
      this.#owners.set(key, owner);
      if (!isDeleted) this.#live.set(key, state);
      if (sent > 0) this.#sent.set(key, sent);
    }
    return position;
  }

  apply(recorded: Recorded): void {
    if (categoryOf(recorded.stream) !== 'account') return;
    const event = recorded as unknown as AccountEvent;
    if (event.type === 'SharedKeyCreated.v1') this.#owners.set(event.data.key, Number(idOf(recorded.stream)));
    if (event.type === 'FundsTransferred.v1') this.#credit(event.data);
    evolveSharedKeys(this.#live, event);
  }

  /** Names the key in events; undefined when the text cannot be the id of one. */
  hashOf(id: string): string | undefined {
    const uuid = parseUuid(id);
    return uuid === undefined ? undefined : this.keyedHash('shared-key', uuid);
  }

  /** Kudos that were ever sent to the key, as far as they have been read. */
  sentTo(key: string): Kudos {
    return this.#sent.get(key) ?? NO_KUDOS;
  }

  /**
   * The key with this id. What may be a "no" (there is none, it is deleted, empty or expired) is believed only when the view has reached the head
   * captured when the question came. @throws RetryLater
   */
  async byId(id: string): Promise<KnownSharedKey | undefined> {
    const key = this.hashOf(id);
    if (key === undefined) return undefined;
    const early = this.#known(key);
    if (early && !early.isDeleted && early.remaining !== NO_KUDOS && !isExpired(early, iso(this.clock.now()))) return early;
    if (!(await this.feed.waitFor(await this.feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater('the list of shared keys is catching up with the log');
    return this.#known(key);
  }

  #known(key: string): KnownSharedKey | undefined {
    const owner = this.#owners.get(key);
    if (owner === undefined) return undefined;
    const live = this.#live.get(key);
    return { key, owner, isDeleted: live === undefined, expiresAt: live?.expiresAt ?? null, remaining: live ? remainingOf(live, this.sentTo(key)) : NO_KUDOS };
  }

  #credit({ sharedKey, amount }: FundsTransferred['data']): void {
    if (sharedKey !== undefined) this.#sent.set(sharedKey, plus(this.sentTo(sharedKey), amount));
  }
}

/** How many styles a shared key is assigned to: such a key cannot be used by itself (horde-rules §1.10). */
export abstract class SharedKeyStyles {
  abstract sharedKeyStyles(key: string): number;
}

/** A shared key as the API shows it; undefined when there is none. */
export abstract class SharedKeyViews {
  abstract view(id: string): Promise<object | undefined>;
}

/** Whose a shared key is, and what its owner has called it. */
export abstract class SharedKeyOwners {
  abstract find(id: string): Promise<{ readonly owner: number; readonly name: string | null } | undefined>;
}
