import { categoryOf, idOf, type Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';

/** The operator is 1 (design.md §6), so registration starts at 2. */
const FIRST_REGISTERED_ID = 2;

/** Proposes the next free user id; creating the stream `user-{id}` is what takes it, on whatever node. */
export class NextUserId implements NodeFold {
  readonly name = 'next user id';
  #next = FIRST_REGISTERED_ID;

  constructor(private readonly rows: { maxUserId(): Promise<{ readonly id: number; readonly position: Position }> }) {}

  async open(): Promise<Position> {
    const { id, position } = await this.rows.maxUserId();
    this.#next = Math.max(this.#next, id + 1);
    return position;
  }

  apply(event: Recorded): void {
    if (event.type === 'UserRegistered.v1' && categoryOf(event.stream) === 'user') this.#next = Math.max(this.#next, Number(idOf(event.stream)) + 1);
  }

  /** Never the same number twice in one process. */
  take(): number {
    return this.#next++;
  }
}
