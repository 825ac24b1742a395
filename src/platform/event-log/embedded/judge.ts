import { checkExpected, validated } from '../check-calls.js';
import { WrongExpectedRevision, type AppendResult, type ExpectedRevision, type NewEvent } from '../event-log.js';
import type { EventReader } from './event-reader.js';
import { PendingAppend } from './pending-append.js';
import type { StreamIndex } from './stream-index.js';

interface Question {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** The expected revision as a number; -1 for no stream. */
  readonly at: number;
  readonly events: readonly NewEvent[];
}

/**
 * Decides about appends, in the order in which they arrive, against what is stored and what is already on its way. An
 * answer that rests on an append under way is given once that is durable, and fails with it.
 */
export class Judge {
  /** The newest append under way of each stream. */
  private readonly pending = new Map<string, PendingAppend>();

  constructor(private readonly index: StreamIndex, private readonly reader: EventReader) {}

  /** An append to be written, or the answer to one that must not be. Throws InvalidAppend and AppendTooLarge. */
  judge(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): PendingAppend | Promise<AppendResult> {
    const checked = validated(stream, events);
    const at = expected === 'no_stream' ? -1 : expected;
    checkExpected(expected);
    const last = this.pending.get(stream);
    const head = last ? last.lastRevision : this.index.head(stream);
    const question = { stream, expected, at, events: checked };
    if (at !== head) return at + events.length <= head ? this.repeated(question) : this.conflict(question, last);
    const append = new PendingAppend(stream, head + 1, checked);
    append.previous = last;
    this.pending.set(stream, append);
    return append;
  }

  /** The append has left the queue, durable or refused. */
  settled(append: PendingAppend): void {
    append.previous = undefined;
    if (this.pending.get(append.stream) === append) this.pending.delete(append.stream);
  }

  /** Strong idempotency (spec/eventstore.md §8): the ids are compared with what is stored, or about to be, at those revisions. */
  private async repeated(question: Question): Promise<AppendResult> {
    const { stream, at, events } = question;
    const last = this.pending.get(stream);
    const durable = this.index.head(stream); // before anything is awaited: below are ordinals, above are appends under way
    const revision = at + events.length;
    const under = this.underWay(stream, durable);
    const ordinals = durable > at ? this.index.ordinalsOf(stream, at + 1, Math.min(revision, durable)) : [];
    const stored = await this.reader.all(ordinals);
    const ids = [...stored.map(({ id }) => id), ...under.flatMap((append) => append.events.map(({ id }) => id)).slice(Math.max(0, at - durable))];
    if (!events.every(({ id }, k) => id === ids[k])) return this.conflict(question, last);
    const holder = under.find((append) => append.lastRevision >= revision);
    if (revision <= durable || !holder) return { revision, position: stored[stored.length - 1]!.position };
    const { position } = await holder.result;
    return { revision, position: position - (holder.lastRevision - revision) };
  }

  private async conflict({ stream, expected }: Question, last: PendingAppend | undefined): Promise<never> {
    if (last) await last.result;
    const head = this.index.head(stream);
    throw new WrongExpectedRevision(stream, expected, head < 0 ? 'no_stream' : head);
  }

  private underWay(stream: string, durable: number): PendingAppend[] {
    const appends: PendingAppend[] = [];
    for (let append = this.pending.get(stream); append && append.firstRevision > durable; append = append.previous) appends.push(append);
    return appends.reverse();
  }
}
