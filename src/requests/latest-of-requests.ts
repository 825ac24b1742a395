import { categoryOf, idOf, type Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';

/** Far more than change within the second that a read model may lag. */
const REMEMBERED_MAX = 50_000;

/** The position of the last event of each request that this node has seen lately. */
export class LatestOfRequests implements NodeFold {
  readonly name = 'latest of requests';
  readonly #positions = new Map<string, Position>();

  constructor(private readonly feed: { head(): Promise<Position> }) {}

  open(): Promise<Position> {
    return this.feed.head();
  }

  apply({ stream, position }: Pick<Recorded, 'stream' | 'position'>): void {
    if (categoryOf(stream) !== 'request') return;
    const id = idOf(stream);
    const known = this.#positions.get(id);
    if (known !== undefined && known >= position) return;
    this.#positions.delete(id);
    this.#positions.set(id, position);
    if (this.#positions.size > REMEMBERED_MAX) this.#positions.delete(this.#positions.keys().next().value!);
  }

  positionOf(request: string): Position | undefined {
    return this.#positions.get(request);
  }
}
