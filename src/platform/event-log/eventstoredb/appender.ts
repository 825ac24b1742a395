import type { Clock } from '../../../kernel/clock.js';
import { LogUnavailable, OutcomeUnknown, WrongExpectedRevision, type AppendResult, type ExpectedRevision, type NewEvent, type ReadStreamOptions, type StreamPage } from '../event-log.js';
import { checkExpected, validated } from '../check-calls.js';
import type { AppendStream, FrozenAppend, Reply } from './append-stream.js';
import type { Availability } from './availability.js';
import type { Names } from './names.js';
import type { Retry } from './retry.js';

/** From the first try to the last; the HTTP call above it has to end within 10 s. */
const APPEND_MAX_MS = 5_000;

export interface AppenderParts {
  readonly appends: AppendStream;
  readonly availability: Availability;
  readonly retry: Retry;
  readonly clock: Clock;
  readonly names: Names;
  readonly readStream: (stream: string, options: ReadStreamOptions) => Promise<StreamPage>;
  readonly figures: { appends: number; unknownOutcomes: number; resends: number };
}

/**
 * The protocol for unknown outcomes (spec/ledger.md §3.3): whoever does not know whether an append was written looks behind
 * the expected revision. Its own events there: written. Others: somebody was faster. Nothing: the identical bytes go out
 * again, with the same ids at the same revision, and the store makes sure that they are written once.
 */
export class Appender {
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(private readonly parts: AppenderParts) {}

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    checkExpected(expected);
    const frozen = frozenOf(this.parts.names.storedForAppend(stream), expected, validated(stream, events));
    this.parts.figures.appends += 1;
    const appended = this.persist(stream, frozen);
    const settled = appended.then(() => undefined, () => undefined);
    this.underWay.add(settled);
    void settled.then(() => this.underWay.delete(settled));
    return appended;
  }

  /** Resolves when every append under way has its answer. */
  async idle(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private async persist(stream: string, append: FrozenAppend): Promise<AppendResult> {
    const { appends, availability, clock, figures } = this.parts;
    const deadline = clock.monotonic() + APPEND_MAX_MS;
    let maySent = false;
    for (let attempt = 1; ; attempt++) {
      if (attempt === 1 && !availability.isUp) await this.parts.retry.waitForStore(deadline);
      const reply = await appends.send(append);
      if (reply.kind !== 'unknown') return resultOf(reply, stream, append.expected, maySent);
      maySent ||= !reply.unsent;
      if (maySent) figures.unknownOutcomes += 1;
      await this.recover(reply, { attempt, deadline, maySent });
      const found = maySent ? await this.look(stream, append, deadline) : undefined;
      if (found) return found;
      figures.resends += 1;
    }
  }

  /** Waits until a look, and another try, are worth it; throws when time is over. */
  private async recover({ error }: Extract<Reply, { kind: 'unknown' }>, { attempt, deadline, maySent }: { attempt: number; deadline: number; maySent: boolean }): Promise<void> {
    try {
      await this.parts.retry.afterFailure(error, attempt, deadline);
      // Who has sent nothing is told soon that the store is away; who may have, better waits and finds out.
      await this.parts.retry.waitForStore(deadline, maySent ? APPEND_MAX_MS : undefined);
    } catch (thrown) {
      throw maySent ? outcomeUnknown(thrown) : thrown;
    }
  }

  /** What became of it: its result when it is there, undefined when nothing is; throws when others are. */
  private async look(stream: string, { expected, events }: FrozenAppend, deadline: number): Promise<AppendResult | undefined> {
    let page: StreamPage;
    try {
      page = await this.parts.readStream(stream, { from: expected === 'no_stream' ? 0 : expected + 1, limit: events.length });
    } catch (thrown) {
      throw outcomeUnknown(thrown);
    }
    const last = page.events.at(-1);
    if (!last) {
      if (this.parts.clock.monotonic() >= deadline) throw outcomeUnknown(new Error('it is not there yet'));
      return undefined;
    }
    if (page.events.length === events.length && page.events.every(({ id }, k) => id === events[k]!.id)) {
      return Number.isSafeInteger(last.position) ? { revision: last.revision, position: last.position } : undefined; // asked again, the store names it
    }
    const head = await this.parts.readStream(stream, { direction: 'backwards', limit: 1 });
    throw new WrongExpectedRevision(stream, expected, head.events.at(-1)?.revision ?? last.revision);
  }
}

/** Copies of everything: the caller may use its buffers again as soon as it has called. */
const frozenOf = (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): FrozenAppend => {
  let bytes = stream.length;
  const copies = events.map(({ id, type, data, metadata }) => {
    bytes += data.length + metadata.length + type.length;
    return { id, type, data: Uint8Array.from(data), metadata: Uint8Array.from(metadata) };
  });
  return { stream, expected, events: copies, bytes };
};

const resultOf = (reply: Exclude<Reply, { kind: 'unknown' }>, stream: string, expected: ExpectedRevision, maySent: boolean): AppendResult => {
  switch (reply.kind) {
    case 'appended': return reply.result;
    case 'conflict': throw new WrongExpectedRevision(stream, expected, reply.actual);
    case 'refused': throw maySent ? outcomeUnknown(reply.error) : reply.error; // an earlier try may still be under way
  }
};

const outcomeUnknown = (cause: unknown): OutcomeUnknown => {
  const reason = cause instanceof LogUnavailable || cause instanceof Error ? cause.message : String(cause);
  return new OutcomeUnknown(`the event store was asked to append this, and nobody could tell in time whether it did: ${reason}`, { cause });
};
