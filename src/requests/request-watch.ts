import { categoryOf, idOf, type Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';

/** What a request's stream says, from its beginning to now: from the log itself. */
export abstract class RequestHistory {
  /** Oldest first; nothing when there is no such request. */
  abstract of(request: string): Promise<readonly Recorded[]>;
}

type Watcher = (event: Recorded) => void;

/** Passes the events of requests on to those who watch them. Own appends come at once and then once more with the feed. */
export class RequestWatch implements NodeFold {
  readonly name = 'watched requests';
  readonly #watchers = new Map<string, Set<Watcher>>();

  constructor(private readonly feed: { head(): Promise<Position> }) {}

  open(): Promise<Position> {
    return this.feed.head();
  }

  apply(event: Recorded): void {
    if (this.#watchers.size === 0 || categoryOf(event.stream) !== 'request') return;
    for (const watcher of this.#watchers.get(idOf(event.stream)) ?? []) watcher(event);
  }

  /** Calls `watcher` with every event from now on. Returns how to stop that. */
  watch(request: string, watcher: Watcher): () => void {
    const watchers = this.#watchers.get(request) ?? new Set();
    this.#watchers.set(request, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(request) === watchers) this.#watchers.delete(request);
    };
  }
}
