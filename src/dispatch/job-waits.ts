import { categoryOf, idOf, type Recorded } from '../kernel/event.js';
import type { Clock, Timers } from '../kernel/clock.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';

/** Who asks further is answered at once, as if it had not asked to wait: each holds a connection. */
const WAITING_MAX = 5_000;
/** Of one owner: a call for each thread of some workers. */
const WAITING_OF_OWNER_MAX = 100;
/** Calls are looked at so often whether their time is over; one timer for all of them. */
const SWEEP_MS = 250;

/** A call that waits for something to happen to a request. */
export interface Visit {
  /** Resolves when something has happened since the last time, or the time is over, or nobody listens any more. */
  change(): Promise<void>;
  readonly isOver: boolean;
  leave(): void;
}

interface Waiter {
  readonly request: string;
  readonly untilMs: number;
  /** Something happened, and it was not told yet. */
  isNews: boolean;
  isOver: boolean;
  wake: (() => void) | undefined;
}

/** Wakes calls as the log says something about their request. Own appends come at once and then once more with the feed. */
export class JobWaits implements NodeFold {
  readonly name = 'calls that wait for a job';
  readonly #byRequest = new Map<string, Set<Waiter>>();
  readonly #ofOwner = new Map<number, number>();
  #size = 0;
  #isSweeping = false;
  #isStopped = false;

  constructor(private readonly feed: { head(): Promise<Position> }, private readonly clock: Clock, private readonly timers: Timers) {}

  open(): Promise<Position> {
    return this.feed.head();
  }

  get size(): number {
    return this.#size;
  }

  apply({ stream }: Pick<Recorded, 'stream'>): void {
    if (this.#size === 0 || categoryOf(stream) !== 'request') return;
    for (const waiter of this.#byRequest.get(idOf(stream)) ?? []) {
      waiter.isNews = true;
      waiter.wake?.();
    }
  }

  /** Enter before looking, so that nothing is missed; what has happened before is not told. */
  enter(request: string, owner: number, { waitMs, gone }: { readonly waitMs: number; readonly gone: AbortSignal }): Visit {
    const mayWait = waitMs > 0 && !this.#isStopped && !gone.aborted && this.#size < WAITING_MAX && (this.#ofOwner.get(owner) ?? 0) < WAITING_OF_OWNER_MAX;
    if (!mayWait) return AT_ONCE;
    const waiter: Waiter = { request, untilMs: this.clock.monotonic() + waitMs, isNews: false, isOver: false, wake: undefined };
    const end = (): void => { endOf(waiter); };
    gone.addEventListener('abort', end);
    this.#add(waiter, owner);
    return {
      change: () => changeOf(waiter),
      get isOver() { return waiter.isOver; },
      leave: () => {
        gone.removeEventListener('abort', end);
        this.#remove(waiter, owner);
      },
    };
  }

  /** The server stops: whoever waits is told how things stand. */
  stop(): void {
    this.#isStopped = true;
    for (const waiters of this.#byRequest.values()) for (const waiter of waiters) endOf(waiter);
  }

  #add(waiter: Waiter, owner: number): void {
    const waiters = this.#byRequest.get(waiter.request) ?? new Set();
    this.#byRequest.set(waiter.request, waiters.add(waiter));
    this.#ofOwner.set(owner, (this.#ofOwner.get(owner) ?? 0) + 1);
    this.#size += 1;
    if (!this.#isSweeping) void this.#sweep();
  }

  #remove(waiter: Waiter, owner: number): void {
    const waiters = this.#byRequest.get(waiter.request);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#byRequest.delete(waiter.request);
    const left = (this.#ofOwner.get(owner) ?? 1) - 1;
    if (left > 0) this.#ofOwner.set(owner, left);
    else this.#ofOwner.delete(owner);
    this.#size -= 1;
  }

  async #sweep(): Promise<void> {
    this.#isSweeping = true;
    while (this.#size > 0) {
      await this.timers.sleep(SWEEP_MS);
      const now = this.clock.monotonic();
      for (const waiters of this.#byRequest.values()) for (const waiter of waiters) if (waiter.untilMs <= now) endOf(waiter);
    }
    this.#isSweeping = false;
  }
}

const AT_ONCE: Visit = { change: () => Promise.resolve(), isOver: true, leave: () => undefined };

const endOf = (waiter: Waiter): void => {
  waiter.isOver = true;
  waiter.wake?.();
};

const changeOf = (waiter: Waiter): Promise<void> => new Promise((resolve) => {
  waiter.wake = () => {
    waiter.wake = undefined;
    waiter.isNews = false;
    resolve();
  };
  if (waiter.isNews || waiter.isOver) waiter.wake();
});
