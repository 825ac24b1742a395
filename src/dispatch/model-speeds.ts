import { categoryOf, type Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { JobAssigned, JobSubmitted } from '../requests/request.events.js';

/** horde-rules §8.4: deliveries of the last hour. */
const WINDOW_MS = 3_600_000;
/** Samples are added up by the minute, or a busy hour would be millions of them. */
const SLICE_MS = 60_000;

interface Slice {
  readonly startMs: number;
  sum: number;
  count: number;
}
interface Begun {
  readonly model: string;
  readonly atMs: number;
}

/**
 * How fast each model is made, by the clock of the events. It begins empty: no read model keeps the speed of single jobs,
 * and until the first delivery the speed of the whole kind stands in.
 */
export class ModelSpeeds implements NodeFold {
  readonly name = 'speeds of models';
  readonly #begun = new Map<string, Begun>();
  readonly #slices = new Map<string, Slice[]>();

  constructor(private readonly feed: { head(): Promise<Position> }, private readonly clock: { now(): number }) {}

  open(): Promise<Position> {
    return this.feed.head();
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

  #submitted({ job, things, state, submittedAt }: JobSubmitted['data']): void {
    const begun = this.#begun.get(job);
    this.#begun.delete(job);
    const atMs = Date.parse(submittedAt);
    if (!begun || state === 'cancelled' || atMs <= begun.atMs) return;
    const slices = this.#fresh(begun.model, atMs);
    let slice = slices.at(-1);
    if (!slice || atMs >= slice.startMs + SLICE_MS) {
      slice = { startMs: atMs, sum: 0, count: 0 };
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
