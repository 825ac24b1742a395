import { iso, type Clock } from '../../kernel/clock.js';
import type { Decider, Decision } from '../../kernel/decider.js';
import type { AnyEvent, EventMetadata, Recorded } from '../../kernel/event.js';
import type { Ids } from '../../kernel/ids.js';
import { decode, encode, leafOf, type Encoded } from '../event-log/codec.js';
import { WrongExpectedRevision, type EventLog, type RecordedEvent } from '../event-log/event-log.js';
import type { CommandCounts } from './command-counts.js';
import type { CommandContext, Outcome } from './outcome.js';
import { loadStream, unwritten, type Loaded, type Snapshots } from './load-stream.js';

/** Commands decided on one loaded state and appended together: a busy account's natural group commit (spec/ledger.md §4.6). */
const COMMANDS_PER_APPEND_MAX = 128;
const BYTES_PER_APPEND_MAX = 512 * 1024;
/** Conflicts a batch survives; each means that somebody else got through, so giving up is overload, not deadlock. */
const ATTEMPTS_MAX = 10;

export class TooManyConflicts extends Error {
  override readonly name = 'TooManyConflicts';
  readonly retryAfterSeconds = 1;
}

export interface RunnerOptions {
  readonly log: EventLog;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly node: string;
  /** Idle streams whose state is kept in memory. */
  readonly cachedStreamsMax: number;
  readonly snapshots?: Snapshots;
  /** Seals personal text under its subject's key before anything is stored. */
  readonly seal?: (event: AnyEvent, eventId: string) => Promise<AnyEvent>;
  /** Told of every acknowledged append of this process, at once and in order per stream. */
  readonly onAppended?: (events: readonly Recorded[]) => void;
  readonly counts?: CommandCounts;
}

interface Pending<Command, Event extends AnyEvent, State, Rc extends string> {
  readonly command: Command;
  readonly context: CommandContext;
  readonly resolve: (outcome: Outcome<Event, State, Rc>) => void;
  readonly reject: (error: unknown) => void;
}

interface Mailbox<Command, Event extends AnyEvent, State, Rc extends string> {
  queue: Pending<Command, Event, State, Rc>[];
  running: boolean;
  loaded: Loaded<State> | undefined;
}

interface Settled<P> {
  readonly pending: P;
  readonly decision: Decision<AnyEvent, string> | { readonly outcome: 'failed'; readonly error: unknown };
  /** The events of this command, as a slice of the batch. */
  readonly first: number;
  readonly count: number;
}

/**
 * The write side of the system, once: load, fold, decide, append, and again if somebody else wrote in between.
 *
 * Commands on one stream wait in its mailbox; while an append is in flight the next ones gather and go out together. An
 * answer that appends nothing has no revision to guard it, so it is given only on a state that was confirmed at the log
 * after the command arrived (spec/ledger.md §4.2).
 */
export class DeciderRunner<State, Command, Event extends AnyEvent, Rc extends string> {
  /** Insertion order is least recently used first. */
  readonly #mailboxes = new Map<string, Mailbox<Command, Event, State, Rc>>();

  constructor(readonly decider: Decider<State, Command, Event, Rc>, private readonly options: RunnerOptions) {}

  /** An empty id names the one stream of a category that has only one. */
  streamOf(id: string): string {
    return id === '' ? this.decider.category : `${this.decider.category}-${id}`;
  }

  /** @throws LogUnavailable, OutcomeUnknown, TooManyConflicts: nothing is known to have happened; ask again. */
  execute(id: string, command: Command, context: CommandContext): Promise<Outcome<Event, State, Rc>> {
    const mailbox = this.#mailbox(id);
    return new Promise((resolve, reject) => {
      mailbox.queue.push({ command, context, resolve, reject });
      if (!mailbox.running) void this.#run(id, mailbox);
    });
  }

  /** The stream's state at the head of the log, for answers that must not lag. */
  async state(id: string): Promise<State> {
    return (await this.#load(id)).state;
  }

  /**
   * An event of this stream has come with the feed. If another process wrote it, what is remembered goes on by it: the next
   * command would otherwise learn of it by a conflict. A command under way finds out by itself.
   */
  follow(id: string, event: RecordedEvent): void {
    const mailbox = this.#mailboxes.get(id);
    if (!mailbox?.loaded || mailbox.running) return;
    const { loaded } = mailbox;
    const next = loaded.revision === 'no_stream' ? 0 : loaded.revision + 1;
    if (event.revision < next) return; // our own, or read already
    mailbox.loaded = undefined;
    if (event.revision > next) return;
    try {
      Object.assign(loaded, { state: this.decider.evolve(loaded.state, decode(event) as unknown as Event), revision: event.revision, tip: leafOf(event) });
      mailbox.loaded = loaded;
    } catch {
      // A newer release wrote what this one cannot read: the command that needs this stream will say so, and no other.
    }
  }

  #mailbox(id: string): Mailbox<Command, Event, State, Rc> {
    const known = this.#mailboxes.get(id);
    if (known) {
      this.#mailboxes.delete(id);
      this.#mailboxes.set(id, known);
      return known;
    }
    const mailbox: Mailbox<Command, Event, State, Rc> = { queue: [], running: false, loaded: undefined };
    this.#mailboxes.set(id, mailbox);
    this.#evict();
    return mailbox;
  }

  #evict(): void {
    let excess = this.#mailboxes.size - this.options.cachedStreamsMax;
    for (const [id, mailbox] of this.#mailboxes) {
      if (excess-- <= 0) return;
      if (!mailbox.running && mailbox.queue.length === 0) this.#mailboxes.delete(id);
    }
  }

  async #run(id: string, mailbox: Mailbox<Command, Event, State, Rc>): Promise<void> {
    mailbox.running = true;
    while (mailbox.queue.length > 0) {
      const batch = mailbox.queue.splice(0, COMMANDS_PER_APPEND_MAX);
      try {
        mailbox.queue.unshift(...(await this.#process(id, mailbox, batch)));
      } catch (error) {
        mailbox.loaded = undefined; // whatever happened, the state in memory may be ahead of the log
        for (const { command, reject } of batch) {
          this.options.counts?.ended(this.decider.category, command, 'failed');
          reject(error);
        }
      }
    }
    mailbox.running = false;
  }

  /** Decides and appends one batch; returns the commands that did not fit into the append. */
  async #process(
    id: string, mailbox: Mailbox<Command, Event, State, Rc>, batch: Pending<Command, Event, State, Rc>[],
  ): Promise<Pending<Command, Event, State, Rc>[]> {
    for (let attempt = 1; ; attempt++) {
      const { loaded, isConfirmed } = await this.#loaded(id, mailbox, attempt === 1 ? batch[0]!.command : undefined);
      const base = loaded.revision;
      const { settled, encoded, recorded } = await this.#decide(id, loaded, batch);
      // Another process may have written since this state was cached: an answer that appends nothing must not rest on that.
      if (!isConfirmed && (await this.#speaksTooSoon(id, base, settled))) {
        mailbox.loaded = undefined;
        continue;
      }
      try {
        const position = encoded.length > 0 ? await this.#append(id, base, encoded) : undefined;
        this.#answer({ settled, recorded, loaded, position });
        return batch.slice(settled.length);
      } catch (error) {
        mailbox.loaded = undefined;
        this.#noteConflict(id, error, { attempt, commands: settled.map(({ pending }) => pending.command) });
      }
    }
  }

  /** What is remembered of the stream; what the log has of it, which is confirmed; or nothing, for the command that opens it. */
  async #loaded(id: string, mailbox: Mailbox<Command, Event, State, Rc>, first: Command | undefined): Promise<{ loaded: Loaded<State>; isConfirmed: boolean }> {
    if (mailbox.loaded) return { loaded: mailbox.loaded, isConfirmed: false };
    const opens = first !== undefined && this.decider.opens?.(first) === true;
    mailbox.loaded = opens ? unwritten(this.decider, id, this.streamOf(id)) : await this.#load(id);
    return { loaded: mailbox.loaded, isConfirmed: !opens };
  }

  /** Returns after a conflict that is worth another try; throws everything else. */
  #noteConflict(id: string, error: unknown, { attempt, commands }: { readonly attempt: number; readonly commands: readonly Command[] }): void {
    if (!(error instanceof WrongExpectedRevision)) {
      this.options.counts?.refusedByLog();
      throw error;
    }
    this.options.counts?.conflicted(this.decider.category, commands);
    if (attempt >= ATTEMPTS_MAX) throw new TooManyConflicts(`${this.streamOf(id)}: ${attempt} conflicts in a row`, { cause: error });
  }

  async #decide(id: string, loaded: Loaded<State>, batch: readonly Pending<Command, Event, State, Rc>[]) {
    const settled: Settled<Pending<Command, Event, State, Rc>>[] = [];
    const encoded: Encoded[] = [];
    const recorded: Recorded<Event>[] = [];
    let bytes = 0;
    for (const pending of batch) {
      if (bytes > BYTES_PER_APPEND_MAX) break;
      const decision = this.#judge(pending.command, loaded.state);
      const events = decision.outcome === 'accepted' ? (decision.events as readonly Event[]) : [];
      settled.push({ pending, decision, first: recorded.length, count: events.length });
      for (const event of events) {
        const placed = await this.#place(id, loaded, event, pending.context);
        bytes += placed.encoded.bytes;
        encoded.push(placed.encoded);
        recorded.push(placed.recorded);
      }
    }
    return { settled, encoded, recorded };
  }

  /** A bug that one command meets is that command's alone: the others of its batch are answered as if it had not come. */
  #judge(command: Command, state: State): Settled<never>['decision'] {
    try {
      return this.decider.decide(command, state);
    } catch (error) {
      return { outcome: 'failed', error };
    }
  }

  async #place(id: string, loaded: Loaded<State>, event: Event, context: CommandContext) {
    const eventId = this.options.ids.uuid();
    const revision = loaded.revision === 'no_stream' ? 0 : loaded.revision + 1;
    const stream = this.streamOf(id);
    const metadata = this.#metadata(context, loaded.tip);
    const sealed = (this.options.seal ? await this.options.seal(event, eventId) : event) as Event;
    const encoded = encode(sealed, { stream, revision, id: eventId, metadata });
    loaded.state = this.decider.evolve(loaded.state, event);
    loaded.revision = revision;
    loaded.tip = encoded.leaf;
    const recorded: Recorded<Event> = { stream, revision, position: -1, id: eventId, type: sealed.type, data: sealed.data, metadata };
    return { encoded, recorded };
  }

  #metadata({ actor, correlationId, causationId, idem, traceparent }: CommandContext, prevHash: string | null): EventMetadata {
    return {
      $correlationId: correlationId, $causationId: causationId ?? correlationId, prevHash, actor, schema: 1, node: this.options.node,
      ...(idem ? { idem } : {}), ...(traceparent ? { traceparent } : {}),
    };
  }

  async #append(id: string, base: number | 'no_stream', encoded: readonly Encoded[]): Promise<number> {
    const { position } = await this.options.log.append(this.streamOf(id), base, encoded.map(({ event }) => event));
    this.options.counts?.appended(this.decider.category);
    return position;
  }

  #answer({ settled, recorded, loaded, position }: {
    settled: readonly Settled<Pending<Command, Event, State, Rc>>[]; recorded: readonly Recorded<Event>[];
    loaded: Loaded<State>; position: number | undefined;
  }): void {
    // The position of the batch's last event stands for all of them: it is never too early to wait for.
    const placed = position === undefined ? [] : recorded.map((event) => ({ ...event, position }));
    if (placed.length > 0) this.#acknowledged(placed, loaded);
    const { state } = loaded;
    const revision = loaded.revision === 'no_stream' ? -1 : loaded.revision;
    for (const { pending, decision, first, count } of settled) {
      this.#count(pending.command, decision.outcome, count);
      if (decision.outcome === 'failed') pending.reject(decision.error);
      else pending.resolve(this.#outcomeOf(decision, placed.slice(first, first + count), { position, revision, state }));
    }
  }

  #outcomeOf(
    decision: Decision<AnyEvent, string>, events: readonly Recorded<Event>[], at: { position: number | undefined; revision: number; state: State },
  ): Outcome<Event, State, Rc> {
    const { revision, state } = at;
    const { detail = {} } = decision;
    if (decision.outcome === 'refused') return { outcome: 'refused', rc: decision.rc as Rc, detail, state };
    if (events.length === 0) return { outcome: 'unchanged', state, revision, detail };
    return { outcome: 'appended', events, position: at.position!, revision, state, detail };
  }

  #count(command: Command, decided: Settled<never>['decision']['outcome'], events: number): void {
    const accepted = events === 0 ? 'unchanged' : 'appended';
    this.options.counts?.ended(this.decider.category, command, decided === 'accepted' ? accepted : decided);
  }

  #acknowledged(placed: readonly Recorded<Event>[], loaded: Loaded<State>): void {
    this.options.onAppended?.(placed);
    this.options.snapshots?.consider(this.decider.category, loaded);
  }

  async #speaksTooSoon(id: string, base: number | 'no_stream', settled: readonly { readonly count: number }[]): Promise<boolean> {
    if (settled.every(({ count }) => count > 0)) return false;
    const { events } = await this.options.log.readStream(this.streamOf(id), { from: base === 'no_stream' ? 0 : base + 1, limit: 1 });
    return events.length > 0;
  }

  #load(id: string): Promise<Loaded<State>> {
    return loadStream(this.decider, { id, stream: this.streamOf(id), log: this.options.log, ...(this.options.snapshots ? { snapshots: this.options.snapshots } : {}) });
  }
}

/** The time as commands carry it. */
export const timeOf = (clock: Clock): string => iso(clock.now());
