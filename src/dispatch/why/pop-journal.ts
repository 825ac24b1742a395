import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import type { Declaration } from '../../workers/worker.events.js';

/** What came of one call for work. */
export interface PopNote {
  readonly atMs: number;
  /** `refused`: the worker is in maintenance. */
  readonly outcome: 'jobs' | 'nothing' | 'refused';
  /** What it was given. */
  readonly jobs: readonly string[];
  /** Requests that it could have served and was not given: others were faster, or what they need had expired. */
  readonly missed: number;
  /** Requests that it may not serve, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** What the worker had declared, where that is why nothing came of it: by now it may declare something else. */
  readonly declaration?: Declaration;
}

/** Pops remembered of one worker: at a call every few seconds, the last minute. */
export const NOTES_MAX = 20;
/** Workers remembered: all that are here in a large horde. With twenty notes of half a kilobyte each they take 50 MB at most. */
export const WORKERS_MAX = 5_000;

/** The last pops that this node has answered, worker by worker, so that their owners can be told why nothing came of them. */
@Injectable()
export class PopJournal {
  readonly #notes = new Map<string, PopNote[]>();

  constructor(private readonly clock: Clock) {}

  note(worker: string, outcome: PopNote['outcome'], { jobs = [], missed = 0, skipped = {}, declaration }: Partial<PopNote> = {}): void {
    const notes = this.#notes.get(worker) ?? [];
    notes.push({ atMs: this.clock.now(), outcome, jobs, missed, skipped, ...(declaration && { declaration }) });
    if (notes.length > NOTES_MAX) notes.shift();
    this.#notes.delete(worker); // last in the map: called last
    this.#notes.set(worker, notes);
    if (this.#notes.size > WORKERS_MAX) this.#notes.delete(this.#notes.keys().next().value!);
  }

  /** Oldest first. */
  of(worker: string): readonly PopNote[] {
    return this.#notes.get(worker) ?? [];
  }
}
