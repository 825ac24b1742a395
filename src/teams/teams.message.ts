import { Injectable } from '@nestjs/common';
import type { TeamName, TeamRow } from '../../projections/teams/queries.js';
import { parseUuid } from '../kernel/ids.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';

export type { TeamRow } from '../../projections/teams/queries.js';

/** The teams read model, with who is in them. */
export abstract class TeamRows {
  abstract all(): Promise<readonly TeamRow[]>;
  abstract byId(id: string): Promise<TeamRow | undefined>;
  abstract ofWorker(worker: string): Promise<TeamName | undefined>;
  /** True once the models show everything up to `position`. */
  abstract waitFor(position: number, timeoutMs: number): Promise<boolean>;
}

const CATCH_UP_MAX_MS = 1_000;

/** Of two read models, each of which goes on by itself: both show at least what was written before the call. So nobody is told by a view that is behind that there is no such team. */
@Injectable()
export class Teams {
  constructor(readonly rows: TeamRows, private readonly ports: Ports) {}

  /** @throws RetryLater */
  async find(text: string): Promise<TeamRow | undefined> {
    const id = parseUuid(text);
    if (id === undefined) return undefined;
    await this.#seen(await this.ports.feed.head());
    return this.rows.byId(id);
  }

  /** @throws RetryLater */
  async all(): Promise<readonly TeamRow[]> {
    await this.#seen(await this.ports.feed.head());
    return this.rows.all();
  }

  /** The one that the worker is in, as of everything written before the call. @throws RetryLater */
  async ofWorker(worker: string): Promise<TeamName | undefined> {
    await this.#seen(await this.ports.feed.head());
    return this.rows.ofWorker(worker);
  }

  async #seen(position: number): Promise<void> {
    if (!(await this.rows.waitFor(position, CATCH_UP_MAX_MS))) throw new RetryLater('the list of teams is catching up with the log');
  }
}
