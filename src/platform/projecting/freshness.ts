import type { Clock, Timers } from '../../kernel/clock.js';
import type { Database } from '../postgres/database.js';
import { PositionWaiters } from './position-waiters.js';

/** How a reader makes sure that it sees what it has to see (spec/ledger.md §4.8, "No stale no"). */
export abstract class Freshness {
  /**
   * True once the named read models (all of them, when none is named) show everything up to `position`; false after
   * `timeoutMs` or when one of them has stopped. Never throws because of lag.
   * @throws DatabaseUnavailable PostgreSQL had to be asked and is away
   */
  abstract waitFor(position: number, timeoutMs: number, names?: readonly string[]): Promise<boolean>;
}

/** While somebody waits. NOTIFY would do it too, but takes a lock on the whole server at every commit of a projection. */
const POLL_MS = 20;

/** For processes that run no projector: asks for the checkpoints, one query for all who wait, and none when nobody does. */
export class CheckpointWatcher extends Freshness {
  readonly #waiters = new Map<string, PositionWaiters>();
  #polling: Promise<void> | undefined;

  constructor(private readonly database: Database, private readonly time: { readonly clock: Clock; readonly timers: Timers }, private readonly names: readonly string[]) {
    super();
  }

  async waitFor(position: number, timeoutMs: number, names: readonly string[] = this.names): Promise<boolean> {
    const waiting = Promise.all(names.map((name) => this.#waitersOf(name).until(position, timeoutMs)));
    await Promise.race([waiting, this.#poll(this.time.clock.monotonic() + timeoutMs)]); // throws when PostgreSQL is away
    return (await waiting).every(Boolean);
  }

  #waitersOf(name: string): PositionWaiters {
    let waiters = this.#waiters.get(name);
    if (!waiters) this.#waiters.set(name, (waiters = new PositionWaiters(this.time.timers)));
    return waiters;
  }

  /** One loop, however many wait; a caller that comes later joins it, and starts another should it end too early. */
  async #poll(deadline: number): Promise<void> {
    while (this.time.clock.monotonic() < deadline && this.#somebodyWaits()) {
      this.#polling ??= this.#pollOnce().finally(() => (this.#polling = undefined));
      await this.#polling;
    }
  }

  async #pollOnce(): Promise<void> {
    const rows = await this.database.query<{ name: string; position: number }>('SELECT name, position FROM rm.checkpoint', [], 'rm.checkpoints');
    for (const { name, position } of rows) this.#waiters.get(name)?.reached(position);
    if (this.#somebodyWaits()) await this.time.timers.sleep(POLL_MS);
  }

  #somebodyWaits(): boolean {
    return [...this.#waiters.values()].some(({ size }) => size > 0);
  }
}
