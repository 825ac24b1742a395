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
}

/** Pops remembered of one worker: at a call every few seconds, the last minute. */
export const NOTES_MAX = 20;
/** Workers remembered: all that are here in a large horde. With twenty notes of half a kilobyte each they take 50 MB at most. */
export const WORKERS_MAX = 5_000;

/** The last pops that this node has answered, worker by worker, so that their owners can be told why nothing came of them. */
@Injectable()
export class PopJournal {
  readonly #workers = new Map<string, Remembered>();

  constructor(private readonly clock: Clock) {}

  /** `declaration`: what the worker had declared, where nothing came of the call. */
  note(worker: string, outcome: PopNote['outcome'], { jobs = [], missed = 0, skipped = {}, declaration }: Partial<PopNote> & { readonly declaration?: Declaration } = {}): void {
    const known = this.#workers.get(worker) ?? { notes: [], declaration: undefined };
    known.notes.push({ atMs: this.clock.now(), outcome, jobs, missed, skipped });
    if (known.notes.length > NOTES_MAX) known.notes.shift();
    known.declaration = declaration ?? known.declaration;
    this.#workers.delete(worker); // last in the map: called last
    this.#workers.set(worker, known);
    if (this.#workers.size > WORKERS_MAX) this.#workers.delete(this.#workers.keys().next().value!);
  }

  /** Oldest first. */
  of(worker: string): readonly PopNote[] {
    return this.#workers.get(worker)?.notes ?? [];
  }

  /** What the worker had declared in its last call of which nothing came: by now it may declare something else. */
  declaredIn(worker: string): Declaration | undefined {
    return this.#workers.get(worker)?.declaration;
  }
}

interface Remembered {
  readonly notes: PopNote[];
  /** Only of the last such call: a worker that declares something else each time has twenty notes, and a declaration may take 76 kB. */
  declaration: Declaration | undefined;
}
