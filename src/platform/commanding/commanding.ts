import type { Decider } from '../../kernel/decider.js';
import { categoryOf, idOf, type AnyEvent, type Recorded } from '../../kernel/event.js';
import type { RecordedEvent } from '../event-log/event-log.js';
import { CommandCounts } from './command-counts.js';
import { DeciderRunner, type RunnerOptions } from './decider-runner.js';
import type { Snapshots } from './load-stream.js';

/** Streams whose folded state stays in memory, per decider: about 2 kB each, and more of an account with many open requests. */
const CACHED_STREAMS_MAX = 10_000;

export type CommandingOptions = Omit<RunnerOptions, 'cachedStreamsMax' | 'snapshots' | 'onAppended' | 'counts'> & { readonly snapshots?: Snapshots };

/** Hands every decider its runner, and every acknowledged append of this process to whoever must see it at once. */
export class Commanding {
  readonly #listeners: ((events: readonly Recorded[]) => void)[] = [];
  /** Of all deciders of this process. */
  readonly counts = new CommandCounts();
  readonly #runners = new Map<string, { follow(id: string, event: RecordedEvent): void }>();

  constructor(private readonly options: CommandingOptions) {}

  runner<State, Command, Event extends AnyEvent, Rc extends string>(
    decider: Decider<State, Command, Event, Rc>, { snapshots = false }: { snapshots?: boolean } = {},
  ): DeciderRunner<State, Command, Event, Rc> {
    // Two runners on one category would cache two states of the same stream and conflict with each other for ever.
    if (this.#runners.has(decider.category)) throw new Error(`two runners for ${decider.category} streams`);
    const { snapshots: store, ...options } = this.options;
    const runner = new DeciderRunner(decider, {
      ...options, cachedStreamsMax: CACHED_STREAMS_MAX, counts: this.counts, ...(snapshots && store ? { snapshots: store } : {}),
      onAppended: (events) => { for (const listen of this.#listeners) listen(events); },
    });
    this.#runners.set(decider.category, runner);
    return runner;
  }

  /** Every event of the log, in order: what others write moves on what runners remember. */
  follow(event: RecordedEvent): void {
    this.#runners.get(categoryOf(event.stream))?.follow(event.stream.includes('-') ? idOf(event.stream) : '', event);
  }

  /** Called in order per stream, right after the log acknowledged; must be quick and must not throw. */
  onAppended(listener: (events: readonly Recorded[]) => void): void {
    this.#listeners.push(listener);
  }
}
