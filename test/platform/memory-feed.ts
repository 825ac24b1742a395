import {
  type AllPage, type AppendResult, BEGINNING, EventLog, type ExpectedRevision, type FeedBatch, type FollowOptions, LogUnavailable, type NewEvent, type Position,
  type RecordedEvent, type StreamPage,
} from '../../src/platform/event-log/event-log.js';

/** Positions have gaps, as those of a real log. */
const POSITION_STEP = 7;

/** What a projector needs of a log, in memory: streams without conflicts, and a feed. */
export class MemoryFeed extends EventLog {
  readonly events: RecordedEvent[] = [];
  readonly #revisions = new Map<string, number>();
  readonly #wake = new Set<() => void>();
  /** What the next reads of the feed fail with. */
  faults: Error[] = [];

  override append(stream: string, _expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    for (const { id, type, data, metadata } of events) {
      const revision = (this.#revisions.get(stream) ?? -1) + 1;
      this.#revisions.set(stream, revision);
      const position = (this.events.length + 1) * POSITION_STEP;
      this.events.push({ stream, revision, position, id, type, data: Buffer.from(data), metadata: Buffer.from(metadata), created: Date.now() });
    }
    this.#wakeAll();
    return Promise.resolve({ revision: this.#revisions.get(stream)!, position: this.events.at(-1)!.position });
  }

  /** Appends one event of JSON data. */
  async record(stream: string, type: string, data: object): Promise<number> {
    const id = `00000000-0000-4000-8000-${String(this.events.length).padStart(12, '0')}`;
    return (await this.append(stream, 'no_stream', [{ id, type, data: Buffer.from(JSON.stringify(data)), metadata: Buffer.from('{}') }])).position;
  }

  override async *follow({ after, batchMax = 500, signal }: FollowOptions): AsyncIterable<FeedBatch> {
    let next = this.events.findIndex(({ position }) => position > after);
    if (next < 0) next = this.events.length;
    let first = true;
    signal?.addEventListener('abort', () => this.#wakeAll(), { once: true });
    while (!signal?.aborted) {
      const fault = this.faults.shift();
      if (fault) throw fault;
      if (next < this.events.length || first) {
        const events = this.events.slice(next, next + batchMax);
        next += events.length;
        first = false;
        yield { events, position: events.at(-1)?.position ?? after, live: next === this.events.length };
        continue;
      }
      await new Promise<void>((resolve) => this.#wake.add(resolve));
    }
  }

  #wakeAll(): void {
    for (const wake of this.#wake) wake();
    this.#wake.clear();
  }

  #away: { left: number; readonly asked: () => void } | undefined;

  /** The next questions for the head fail, as many as that; resolves after the last one. */
  away(questions: number): Promise<void> {
    return new Promise((asked) => (this.#away = { left: questions, asked }));
  }

  override head(): Promise<Position> {
    if (this.#away && this.#away.left > 0) {
      this.#away.left -= 1;
      if (this.#away.left === 0) this.#away.asked();
      return Promise.reject(new LogUnavailable('away'));
    }
    return Promise.resolve(this.events.at(-1)?.position ?? BEGINNING);
  }
  override readStream(): Promise<StreamPage> {
    throw new Error('not needed here');
  }
  override readAll(): Promise<AllPage> {
    throw new Error('not needed here');
  }
  override close(): Promise<void> {
    return Promise.resolve();
  }
}
