import type { Recorded } from '../kernel/event.js';
import { categoryOf, idOf } from '../kernel/event.js';
import type { AccountClass } from '../kudos/account.events.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { Position } from '../platform/event-log/event-log.js';
import { RetryLater } from '../platform/retry-later.js';
import type { KeyedHash } from '../platform/vault/keyed-hash.js';
import type { Role } from './user.events.js';

/** What the rest of the system needs to know of a user. */
export interface KnownUser {
  readonly id: number;
  /** Empty once erased. */
  readonly name: string;
  readonly accountClass: AccountClass;
  readonly roles: ReadonlySet<Role>;
  readonly registeredAt: string;
  /** How often something was suspected of the user or of its workers (horde-rules §1.7). */
  readonly suspicions: number;
  /** Jobs that may wait at once (horde-rules §1.5). */
  readonly concurrency: number;
  readonly workerInvited: number;
  /** The user's workers are listed to everybody, and say whose they are. */
  readonly publicWorkers: boolean;
}

/** The users read model, as the directory asks it. */
export interface UserRows {
  byKeyHash(keyHash: string): Promise<KnownUser | undefined>;
  byId(id: number): Promise<KnownUser | undefined>;
  /** True once the model has reached `position`. */
  waitFor(position: Position, timeoutMs: number): Promise<boolean>;
}

/** The well-known key of anonymous use; it opens nothing (horde-rules §1.1). */
export const ANONYMOUS_KEY = '0000000000';
export const ANONYMOUS: KnownUser = {
  id: 0, name: 'Anonymous', accountClass: 'pseudonymous', roles: new Set(), registeredAt: '2022-09-01T00:00:00.000Z', suspicions: 0,
  concurrency: 500, workerInvited: 0, publicWorkers: true,
};

/** design.md §6: the first start makes user 1 the operator. */
export const OPERATOR_ID = 1;

/** Users and keys remembered per process: every request needs one. */
const CACHE_MAX = 50_000;
const CATCH_UP_MAX_MS = 1_000;
const USER_ID_MAX = 2_147_483_647;

/**
 * Who is who. Hits come from memory and are dropped the moment an event of that user is seen; a miss is believed only from a
 * read model that has reached the head captured when the question came ("no stale no", spec/ledger.md §4.8).
 */
export class UserDirectory implements NodeFold {
  readonly name = 'user directory';
  readonly #byKey = new Map<string, number>();
  /** The other way round: a user has one key at a time. */
  readonly #keyOf = new Map<number, string>();
  readonly #byId = new Map<number, KnownUser>();
  /** A user changed at this position: rows read before it are not to be cached. */
  readonly #changedAt = new Map<number, Position>();

  constructor(private readonly rows: UserRows, private readonly feed: { head(): Promise<Position> }, private readonly keyedHash: KeyedHash) {}

  open(): Promise<Position> {
    return this.feed.head();
  }

  apply(event: Recorded): void {
    if (categoryOf(event.stream) !== 'user') return;
    const id = Number(idOf(event.stream));
    this.#byId.delete(id);
    if (event.type === 'ApiKeyIssued.v1') this.#forgetKey(id);
    remember(this.#changedAt, id, event.position);
  }

  /** The user whose key this is; undefined for an unknown key. */
  async byKey(apiKey: string): Promise<KnownUser | undefined> {
    if (apiKey === ANONYMOUS_KEY) return ANONYMOUS;
    const keyHash = this.keyedHash('api-key', apiKey);
    const id = this.#byKey.get(keyHash);
    const cached = id === undefined ? undefined : this.#byId.get(id);
    if (cached) return cached;
    const user = await this.#find((rows) => rows.byKeyHash(keyHash));
    if (user) {
      this.#forgetKey(user.id);
      remember(this.#byKey, keyHash, user.id);
      remember(this.#keyOf, user.id, keyHash);
      remember(this.#byId, user.id, user);
    }
    return user;
  }

  async byId(id: number): Promise<KnownUser | undefined> {
    if (id === 0) return ANONYMOUS;
    const cached = this.#byId.get(id);
    if (cached) return cached;
    const user = await this.#find((rows) => rows.byId(id));
    if (user) remember(this.#byId, id, user);
    return user;
  }

  /** By alias `name#id` or bare id: only the number after the last `#` counts (horde-rules §1.2). */
  async byAlias(alias: string): Promise<KnownUser | undefined> {
    const id = idOfAlias(alias);
    return id === undefined ? undefined : this.byId(id);
  }

  #forgetKey(id: number): void {
    const keyHash = this.#keyOf.get(id);
    if (keyHash === undefined) return;
    this.#byKey.delete(keyHash);
    this.#keyOf.delete(id);
  }

  async #find(ask: (rows: UserRows) => Promise<KnownUser | undefined>): Promise<KnownUser | undefined> {
    const early = await ask(this.rows);
    const changedAt = early ? this.#changedAt.get(early.id) : undefined;
    if (early && changedAt === undefined) return early;
    if (!(await this.rows.waitFor(changedAt ?? (await this.feed.head()), CATCH_UP_MAX_MS))) throw new RetryLater('the list of users is catching up with the log');
    if (early) this.#changedAt.delete(early.id);
    return ask(this.rows);
  }
}

export const aliasOf = ({ name, id }: Pick<KnownUser, 'name' | 'id'>): string => `${name}#${id}`;

export const idOfAlias = (alias: string): number | undefined => {
  const digits = alias.slice(alias.lastIndexOf('#') + 1);
  if (!/^\d{1,10}$/.test(digits)) return undefined;
  const id = Number(digits);
  return id <= USER_ID_MAX ? id : undefined;
};

/** Bounded: the longest known entry makes room. */
const remember = <Key, Value>(cache: Map<Key, Value>, key: Key, value: Value): void => {
  cache.delete(key);
  cache.set(key, value);
  if (cache.size > CACHE_MAX) cache.delete(cache.keys().next().value!);
};
