import type { Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';

/** A key that another process has destroyed is not kept in this one's memory either. */
export class ForgetErased implements NodeFold {
  readonly name = 'forget erased';

  constructor(private readonly vault: { forget(subject: string): void }, private readonly feed: { head(): Promise<Position> }) {}

  open(): Promise<Position> {
    return this.feed.head(); // at start nothing is remembered
  }

  apply({ type, data }: Recorded): void {
    if (type === 'PersonalDataErased.v1') this.vault.forget(`user-${(data as { user: number }).user}`);
  }
}
