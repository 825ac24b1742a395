import type { Logger } from 'pino';
import type { Timers } from '../../kernel/clock.js';
import type { Recorded } from '../../kernel/event.js';
import { decode } from './codec.js';
import { BEGINNING, type EventLog, type Position, type RecordedEvent } from './event-log.js';

/** A view that lives in this process's memory, folded from the one feed that the process follows. */
export interface NodeFold {
  /** Says in the operator's log which view cannot go on. */
  readonly name: string;
  /** Loads what a read model knows already; the fold is then fed everything after the returned position. */
  open(): Promise<Position>;
  apply(event: Recorded): void;
}

/** Batches may be large: folds are cheap and the log hands out pages it has in memory. */
const BATCH_MAX = 1_000;

/**
 * The one subscription of a process (spec/ledger.md §4.2): every in-memory view is fed from it, in order, and whoever needs
 * to know whether a view may say "no" waits here for the head captured when the question came.
 */
export class NodeFeed {
  readonly #folds: NodeFold[] = [];
  readonly #waiting: { readonly position: Position; readonly resolve: (reached: boolean) => void }[] = [];
  readonly #abort = new AbortController();
  #position: Position = BEGINNING;
  #running: Promise<void> | undefined;

  constructor(private readonly options: {
    readonly log: EventLog;
    readonly timers: Timers;
    readonly logger: Pick<Logger, 'error'>;
    /** A feed that cannot go on leaves views that answer from the past: the process must end. */
    readonly onFatal: (error: unknown) => void;
    /** Is shown every event as it is stored, after the folds. */
    readonly onEvent?: (event: RecordedEvent) => void;
  }) {}

  register(fold: NodeFold): void {
    this.#folds.push(fold);
  }

  get position(): Position {
    return this.#position;
  }

  head(): Promise<Position> {
    return this.options.log.head();
  }

  /** Loads every fold, then follows; resolves once all have reached the head as it was when this was called. */
  async start(): Promise<void> {
    const loaded = await Promise.all(this.#folds.map(async (fold) => ({ fold, after: await fold.open() })));
    const after = loaded.length > 0 ? Math.min(...loaded.map((each) => each.after)) : await this.options.log.head();
    const head = await this.options.log.head();
    this.#running = this.#follow(loaded, after);
    await this.waitFor(head);
  }

  /** True once everything up to `position` is folded; false when `timeoutMs` passed first. */
  waitFor(position: Position, timeoutMs?: number): Promise<boolean> {
    if (this.#position >= position) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter = { position, resolve };
      this.#waiting.push(waiter);
      if (timeoutMs === undefined) return;
      void this.options.timers.sleep(timeoutMs).then(() => {
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        resolve(false);
      });
    });
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    for (const { resolve } of this.#waiting.splice(0)) resolve(false);
  }

  async #follow(folds: readonly { readonly fold: NodeFold; readonly after: Position }[], after: Position): Promise<void> {
    this.#position = after;
    let view: string | undefined;
    try {
      for await (const { events, position } of this.options.log.follow({ after, batchMax: BATCH_MAX, signal: this.#abort.signal })) {
        for (const event of events) {
          const recorded = decode(event);
          for (const { fold, after: loaded } of folds) {
            if (event.position <= loaded) continue;
            view = fold.name;
            fold.apply(recorded);
          }
          view = undefined;
          this.options.onEvent?.(event);
        }
        this.#reached(position);
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.options.logger.error({ err: error, view }, 'the in-memory views cannot follow the log any more');
      this.options.onFatal(error);
    }
  }

  #reached(position: Position): void {
    this.#position = position;
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.filter((waiter) => waiter.position <= position);
    if (due.length === 0) return;
    const left = this.#waiting.filter((waiter) => waiter.position > position);
    this.#waiting.splice(0, this.#waiting.length, ...left);
    for (const { resolve } of due) resolve(true);
  }
}
