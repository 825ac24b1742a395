import {
  BEGINNING, LogUnavailable, OutcomeUnknown, WrongExpectedRevision,
  type AppendResult, type EventLog, type ExpectedRevision, type NewEvent, type Position, type RecordedEvent,
} from '../../src/platform/event-log/event-log.js';
import { Seeded } from '../support/seeded.js';
import { clock, timers } from './eventually.js';
import { idOf, type StoreJournal } from './store-journal.js';

/** What the API promises its callers, whatever the store does (spec/ledger.md §3.5, T10). */
export const CALL_MAX_MS = 10_000;
/** A steady load, not the fastest: the faults are what is tested. */
const PAUSE_MS = { least: 5, most: 45 } as const;
const STREAM_APPENDS_MAX = 25;
/** Most appends are small. Some are so large that a server drops whoever follows live (spec/eventstore.md §8). */
const SMALL = { least: 1, most: 3 } as const;
const LARGE = { least: 50, most: 100 } as const;
const LARGE_CHANCE = 0.02;
const REPEAT_CHANCE = 0.05;
const HOT = 'hot-1';
const PAGE = 64;

/** What one client knows about a stream. */
interface Known {
  readonly stream: string;
  at: ExpectedRevision | undefined;
  /** Acknowledged to this client: nobody may be shown less from now on. */
  seen: number;
}
interface Append {
  readonly events: readonly NewEvent[];
  readonly expected: ExpectedRevision;
  readonly result: AppendResult;
}
type Ask<Answer> = () => Promise<Answer>;

/** Clients of every kind on one log: they wait for each answer, and write down what it was. */
export class StoreLoad {
  private readonly random: Seeded;
  private stopped = false;
  private streams = 0;
  private headSeen: Position = BEGINNING;
  private hotSeen = -1;

  constructor(private readonly log: EventLog, private readonly journal: StoreJournal, seed: number) {
    this.random = new Seeded(seed);
  }

  /** Runs until it is stopped. */
  async run(clients: { readonly writers: number; readonly rivals: number; readonly readers: number }): Promise<void> {
    const many = (count: number, client: () => () => Promise<void>): Promise<void>[] => Array.from({ length: count }, () => this.repeatedly(client()));
    await Promise.all([
      ...many(clients.writers, () => this.writer()), ...many(clients.rivals, () => this.rival()), ...many(clients.readers, () => () => this.read()),
    ]);
  }
  stop(): void {
    this.stopped = true;
  }

  private async repeatedly(one: () => Promise<void>): Promise<void> {
    while (!this.stopped) {
      await one();
      await timers.sleep(this.random.between(PAUSE_MS.least, PAUSE_MS.most)); // the pace of the load, and nothing waits for it
    }
  }

  /** Streams of its own, one after the other, each from its beginning. */
  private writer(): () => Promise<void> {
    let known = this.newStream();
    let appends = 0;
    let last: Append | undefined;
    return async () => {
      if (last && this.random.chance(REPEAT_CHANCE)) return this.repeat(known.stream, last);
      if (++appends % STREAM_APPENDS_MAX === 0) {
        known = this.newStream();
        last = undefined;
      }
      if (known.at === undefined) return this.learn(known);
      const { least, most } = this.random.chance(LARGE_CHANCE) ? LARGE : SMALL;
      last = (await this.append(known, this.random.between(least, most))) ?? last;
    };
  }

  /** One of several who want the same stream, and try again when another was faster. */
  private rival(): () => Promise<void> {
    const known: Known = { stream: HOT, at: undefined, seen: -1 };
    return async () => {
      if (known.at === undefined) return this.learn(known);
      await this.append(known, 1);
      this.hotSeen = Math.max(this.hotSeen, known.seen);
    };
  }

  private newStream(): Known {
    this.streams += 1;
    return { stream: `many-${this.streams}`, at: 'no_stream', seen: -1 };
  }

  private async append(known: Known, size: number): Promise<Append | undefined> {
    const { journal } = this;
    const number = journal.begin(size);
    const events = Array.from({ length: size }, (_, at): NewEvent => ({
      id: idOf(number, at), type: 'Loaded.v1', data: Buffer.from(`{"append":${number},"text":"${'x'.repeat(this.random.between(0, 400))}"}`), metadata: Buffer.from('{}'),
    }));
    const expected = known.at!;
    try {
      const result = await this.call(`append ${number}`, () => this.log.append(known.stream, expected, events));
      journal.settle(number, 'acknowledged', result);
      known.at = known.seen = result.revision;
      this.headSeen = Math.max(this.headSeen, result.position);
      return { events, expected, result };
    } catch (error) {
      if (error instanceof WrongExpectedRevision) journal.settle(number, 'refused');
      else if (error instanceof LogUnavailable) journal.settle(number, 'unavailable');
      else if (error instanceof OutcomeUnknown) journal.settle(number, 'unknown');
      else journal.faults.push(`append ${number}: ${String(error)}`);
      if (error instanceof OutcomeUnknown) known.at = undefined;
      if (error instanceof WrongExpectedRevision) known.at = error.actual;
      return undefined;
    }
  }

  /** The very same once more, as a client does who has lost the answer. */
  private async repeat(stream: string, { events, expected, result }: Append): Promise<void> {
    try {
      const again = await this.call('a repeat', () => this.log.append(stream, expected, events));
      this.journal.repeats += 1;
      if (again.revision !== result.revision || again.position !== result.position) this.journal.faults.push(`a repeat in ${stream} was answered ${JSON.stringify(again)}, not ${JSON.stringify(result)}`);
    } catch (error) {
      if (!(error instanceof LogUnavailable || error instanceof OutcomeUnknown)) this.journal.faults.push(`a repeat in ${stream}: ${String(error)}`);
    }
  }

  /** Where the stream is now, for somebody who does not know. */
  private async learn(known: Known): Promise<void> {
    const { seen } = known;
    const page = await this.asked(`the tail of ${known.stream}`, () => this.log.readStream(known.stream, { direction: 'backwards', limit: 1 }));
    if (!page) return;
    const revision = page.events[0]?.revision ?? -1;
    if (revision < seen) this.journal.faults.push(`${known.stream} is shown up to ${revision}, and ${seen} was acknowledged`);
    known.at = revision < 0 ? 'no_stream' : revision;
  }

  private read(): Promise<void> {
    const which = this.random.between(0, 2);
    return which === 0 ? this.readHot() : which === 1 ? this.readAll() : this.readHead();
  }

  private async readHot(): Promise<void> {
    const seen = this.hotSeen;
    const from = Math.max(0, seen - PAGE + 1);
    const page = await this.asked('a page of the hot stream', () => this.log.readStream(HOT, { from, limit: 2 * PAGE }));
    if (page && !(gapless(page.events, from) && page.events.length >= seen - from + 1)) {
      this.journal.faults.push(`the hot stream from ${from} is shown with ${page.events.length} events, up to ${page.events.at(-1)?.revision}; ${seen} was acknowledged`);
    }
  }

  private async readAll(): Promise<void> {
    const place = this.random.chance(0.5) || this.headSeen === BEGINNING ? {} : { from: this.headSeen };
    const page = await this.asked('a page backwards', () => this.log.readAll({ direction: 'backwards', ...place, limit: PAGE }));
    if (page && !page.events.every(({ position }, k) => k === 0 || position < page.events[k - 1]!.position)) this.journal.faults.push('a page backwards is out of order');
  }

  private async readHead(): Promise<void> {
    const { headSeen } = this;
    const head = await this.asked('the head', () => this.log.head());
    if (head !== undefined && head < headSeen) this.journal.faults.push(`the head is shown at ${head}, and ${headSeen} was acknowledged`);
  }

  /** The answer to a question; undefined when the log said that it cannot answer now. */
  private async asked<Answer>(what: string, ask: Ask<Answer>): Promise<Answer | undefined> {
    try {
      const answer = await this.call(what, ask);
      this.journal.reads += 1;
      return answer;
    } catch (error) {
      if (!(error instanceof LogUnavailable)) this.journal.faults.push(`${what}: ${String(error)}`);
      return undefined;
    }
  }

  private async call<Answer>(what: string, ask: Ask<Answer>): Promise<Answer> {
    const { journal } = this;
    const begun = clock.monotonic();
    journal.underWay += 1;
    try {
      return await ask();
    } finally {
      const tookMs = clock.monotonic() - begun;
      journal.underWay -= 1;
      journal.slowestMs = Math.max(journal.slowestMs, tookMs);
      if (tookMs > CALL_MAX_MS) journal.faults.push(`${what} took ${Math.round(tookMs)} ms`);
    }
  }
}

const gapless = (events: readonly RecordedEvent[], from: number): boolean => events.every(({ revision }, k) => revision === from + k);
