import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { Outages } from '../outages/outages.message.js';
import { Serving } from '../outages/serving.message.js';
import { Rounds } from '../platform/commanding/rounds.js';
import { Ports } from '../platform/ports.js';
import { LiveQueue } from './live-queue.message.js';
import { TakingBack } from './taking-back.js';
import { UnheardJobs } from './unheard-jobs.js';

/** What tells how much of the time that has passed counts. */
@Injectable()
export class ServedTime {
  constructor(readonly serving: Serving, readonly outages: Outages, readonly ports: Ports) {}
}

/**
 * Time as events: jobs past their deadline go back to the queue, requests past their life end (horde-rules §6.8). Every
 * node proposes, the log lets one through; what is due is folded from events, so a restart forgets nothing.
 */
@Injectable()
export class Reaper {
  readonly #late = new Rounds('late jobs');
  readonly #old = new Rounds('old requests');

  constructor(private readonly queue: LiveQueue, private readonly taking: TakingBack, private readonly time: ServedTime, private readonly unheard: UnheardJobs) {}

  /**
   * One round; returns how many requests it looked at. Nothing is taken away before this node has seen every outage, and every
   * hand-out that refreshes a request (`Serving.confirm`). One that fails keeps none of the others from being tried.
   * @throws Error log or database cannot be reached @throws AggregateError afterwards, of what failed
   */
  async round(): Promise<number> {
    const lookedAt = await this.#reap();
    await this.unheard.round();
    return lookedAt;
  }

  async #reap(): Promise<number> {
    if (!this.queue.isDueBy(this.time.ports.clock.now())) return 0;
    await this.time.serving.confirm();
    const { outages, ports } = this.time;
    const now = ports.clock.now();
    const given = { at: iso(now), outages: outages.all };
    const late = new Set(this.queue.dueJobs(now, outages.all).map(({ request }) => request));
    const expired = await this.#late.run([...late].map((request) => () => this.taking.ask(request, { type: 'ExpireJobs', ...given })));
    const old = this.queue.dueRequests(now, outages.all).map(({ request }) => request);
    return expired + (await this.#old.run(old.map((request) => () => this.taking.ask(request, { type: 'ExpireRequest', ...given }))));
  }
}
