import { Injectable } from '@nestjs/common';
import { Clock, iso } from '../kernel/clock.js';
import type { Listener } from '../platform/http/listener.js';
import { TakingBack } from './taking-back.js';

/** Requests in doubt at once: one a pop that was under way when the log was lost, and some thousands are under way at most. */
const DOUBTFUL_MAX = 10_000;

/**
 * Jobs whose worker never heard of them, because its call ended while they were handed out (ADR 0034). They are taken back at once, as if
 * they had not been handed out. Where the log could not tell whether they were, it is asked again with every round, until it can. If this
 * process dies, they run into their time limit, as when a worker dies.
 */
@Injectable()
export class UnheardJobs {
  /** By request: jobs that may have been handed out, to nobody. */
  readonly #doubtful = new Map<string, readonly string[]>();
  #isAsking = false;

  constructor(private readonly clock: Clock, private readonly taking: TakingBack) {}

  /** Of one request, just handed out to this call. */
  watch(listener: Pick<Listener, 'ifUnheard'> | undefined, request: string, jobs: readonly string[]): void {
    listener?.ifUnheard(() => void this.takeBack(request, jobs).catch(() => { this.#doubt(request, jobs); }));
  }

  /** What comes of handing them out; if that fails, nobody knows whether they were, for the log may have been lost meanwhile. */
  async unlessInDoubt<Outcome>(request: string, jobs: readonly string[], outcome: Promise<Outcome>): Promise<Outcome> {
    try {
      return await outcome;
    } catch (error) {
      this.#doubt(request, jobs);
      throw error;
    }
  }

  #doubt(request: string, jobs: readonly string[]): void {
    if (this.#doubtful.size < DOUBTFUL_MAX) this.#doubtful.set(request, [...(this.#doubtful.get(request) ?? []), ...jobs]);
  }

  /** Finds out, one after the other, until one cannot be. */
  async round(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      for (const [request, jobs] of this.#doubtful) {
        this.#doubtful.delete(request);
        await this.takeBack(request, jobs).catch((error: unknown) => {
          this.#doubt(request, jobs); // behind the others
          throw error;
        });
      }
    } finally {
      this.#isAsking = false;
    }
  }

  takeBack(request: string, jobs: readonly string[]): Promise<void> {
    return this.taking.ask(request, { type: 'TakeBackJobs', jobs, at: iso(this.clock.now()) });
  }
}
