import type { Recorded } from '../kernel/event.js';
import { SharedKeyStyles } from '../kudos/shared-key-registry.message.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { StyleChanged, StyleCreated, StyleDeleted } from './style.events.js';

/** Which shared keys styles bring along, folded from the log: such a key pays for them alone (horde-rules §1.10). */
export class StyleKeys extends SharedKeyStyles implements NodeFold {
  readonly name = 'keys of styles';
  readonly #keyOf = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(private readonly rows: { styleKeys(): Promise<{ readonly position: Position; readonly rows: Iterable<{ readonly style: string; readonly key: string }> }> }) {
    super();
  }

  async open(): Promise<Position> {
    const { position, rows } = await this.rows.styleKeys();
    for (const { style, key } of rows) this.#assign(style, key);
    return position;
  }

  apply({ type, data }: Recorded): void {
    if (type === 'StyleCreated.v1' || type === 'StyleChanged.v1') {
      const { style, sharedKey } = data as StyleCreated['data'] | StyleChanged['data'];
      if (sharedKey !== undefined) this.#assign(style, sharedKey?.key);
    } else if (type === 'StyleDeleted.v1') this.#assign((data as StyleDeleted['data']).style, undefined);
  }

  sharedKeyStyles(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  #assign(style: string, key: string | undefined): void {
    const before = this.#keyOf.get(style);
    if (before === key) return;
    if (before !== undefined) this.#count(before, -1);
    if (key === undefined) this.#keyOf.delete(style);
    else {
      this.#keyOf.set(style, key);
      this.#count(key, 1);
    }
  }

  #count(key: string, more: number): void {
    const count = this.sharedKeyStyles(key) + more;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
