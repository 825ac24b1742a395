import type { Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import { modesAfter, NO_MODES } from './modes.decider.js';
import type { Modes, ModesChanged } from './modes.events.js';

/** Everything that was ever said of the modes: a few events, read at start. */
export interface ModesRows {
  modes(): Promise<{ readonly position: Position; readonly changes: readonly Recorded<ModesChanged>[] }>;
}

/** How the horde is run, as this node knows it: its own changes at once, those of others with the feed. */
export class HordeModes implements NodeFold {
  readonly name = 'modes';
  #modes: Modes = NO_MODES;
  #revision = -1;

  constructor(private readonly rows: ModesRows) {}

  async open(): Promise<Position> {
    const { position, changes } = await this.rows.modes();
    for (const change of changes) this.apply(change);
    return position;
  }

  apply({ type, revision, data }: Recorded): void {
    if (type !== 'ModesChanged.v1' || revision <= this.#revision) return;
    this.#revision = revision;
    this.#modes = modesAfter(this.#modes, data);
  }

  get maintenance(): boolean {
    return this.#modes.maintenance;
  }
  get inviteOnly(): boolean {
    return this.#modes.inviteOnly;
  }
  get raid(): boolean {
    return this.#modes.raid;
  }
}
