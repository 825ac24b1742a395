import type { Decider } from '../../kernel/decider.js';
import type { AnyEvent, Recorded } from '../../kernel/event.js';
import { CommandCounts } from './command-counts.js';
import { DeciderRunner, type RunnerOptions } from './decider-runner.js';
import type { Snapshots } from './load-stream.js';

/** Streams whose folded state stays in memory, per decider: about 2 kB each. */
const CACHED_STREAMS_MAX = 30_000;

export type CommandingOptions = Omit<RunnerOptions, 'cachedStreamsMax' | 'snapshots' | 'onAppended' | 'counts'> & { readonly snapshots?: Snapshots };

/** Hands every decider its runner, and every acknowledged append of this process to whoever must see it at once. */
export class Commanding {
  readonly #listeners: ((events: readonly Recorded[]) => void)[] = [];
  /** Of all deciders of this process. */
  readonly counts = new CommandCounts();
  readonly #categories = new Set<string>();

  constructor(private readonly options: CommandingOptions) {}

  runner<State, Command, Event extends AnyEvent, Rc extends string>(
    decider: Decider<State, Command, Event, Rc>, { snapshots = false }: { snapshots?: boolean } = {},
  ): DeciderRunner<State, Command, Event, Rc> {
    // Two runners on one category would cache two states of the same stream and conflict with each other for ever.
    if (this.#categories.has(decider.category)) throw new Error(`two runners for ${decider.category} streams`);
    this.#categories.add(decider.category);
    const { snapshots: store, ...options } = this.options;
    return new DeciderRunner(decider, {
      ...options, cachedStreamsMax: CACHED_STREAMS_MAX, counts: this.counts, ...(snapshots && store ? { snapshots: store } : {}),
      onAppended: (events) => { for (const listen of this.#listeners) listen(events); },
    });
  }

  /** Called in order per stream, right after the log acknowledged; must be quick and must not throw. */
  onAppended(listener: (events: readonly Recorded[]) => void): void {
    this.#listeners.push(listener);
  }
}
