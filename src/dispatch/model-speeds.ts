import { categoryOf, type Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { PastStart } from '../platform/event-log/recent-past.js';
import type { JobAssigned, JobSubmitted } from '../requests/request.events.js';

/** horde-rules §8.4: deliveries of the last hour. */
const WINDOW_MS = 3_600_000;
/** Samples are added up by the minute of the clock, or a busy hour would be millions of them: every node has the same slices, whenever it started. */
const SLICE_MS = 60_000;
/** Read again at a start: an hour of deliveries, and when what was delivered in its first minutes was handed out. */
const PAST_MS = WINDOW_MS + 900_000;

interface Slice {
  readonly startMs: number;
  sum: number;
  count: number;
}
interface Begun {
  readonly model: string;
  readonly atMs: number;
}

/** How fast each model is made, by the clock of the events. No read model keeps the speed of single jobs: it begins with the end of the log. */
export class ModelSpeeds implements NodeFold {
  readonly name = 'speeds of models';
  readonly #begun = new Map<string, Begun>();
  readonly #slices = new Map<string, Slice[]>();

  constructor(private readonly past: { last(ms: number): Promise<PastStart> }, private readonly clock: { now(): number }) {}

  async open(): Promise<Position> {
    return (await this.past.last(PAST_MS)).position;
  }

  apply({ stream, type, data }: Recorded): void {
    if (categoryOf(stream) !== 'request') return;
    if (type === 'JobAssigned.v1') {
      const { job, model, assignedAt, form } = data as JobAssigned['data'];
      if (form === undefined) this.#begun.set(job, { model, atMs: Date.parse(assignedAt) });
    } else if (type === 'JobSubmitted.v1') {
      this.#submitted(data as JobSubmitted['data']);
    } else if (type === 'JobFaulted.v1' || type === 'JobExpired.v1') {
      this.#begun.delete((data as { job: string }).job);
    }
  }

  /** Mean things per second of the last hour; undefined when nothing of it was delivered. */
  of(model: string): number | undefined {
    const slices = this.#fresh(model, this.clock.now());
    const count = slices.reduce((sum, slice) => sum + slice.count, 0);
    return count === 0 ? undefined : slices.reduce((sum, slice) => sum + slice.sum, 0) / count;
  }

  #submitted({ job, things, state, interrupted, submittedAt }: JobSubmitted['data']): void {
    const begun = this.#begun.get(job);
    this.#begun.delete(job);
    const atMs = Date.parse(submittedAt);
    if (!begun || state === 'cancelled' || interrupted || atMs <= begun.atMs) return;
    const startMs = atMs - (atMs % SLICE_MS);
    const slices = this.#fresh(begun.model, atMs);
    let slice = slices.at(-1);
    if (!slice || startMs > slice.startMs) {
      slice = { startMs, sum: 0, count: 0 };
      slices.push(slice);
      this.#slices.set(begun.model, slices);
    }
    slice.sum += things / ((atMs - begun.atMs) / 1_000);
    slice.count += 1;
  }

  #fresh(model: string, nowMs: number): Slice[] {
    const slices = this.#slices.get(model) ?? [];
    while (slices.length > 0 && slices[0]!.startMs <= nowMs - WINDOW_MS) slices.shift();
    if (slices.length === 0) this.#slices.delete(model);
    return slices;
  }
}
