import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { OnRequest } from '../requests/request.message.js';
import { Settling } from '../requests/settling.message.js';
import { LiveQueue } from './live-queue.message.js';

/** Per round, so that a pile of late jobs after an outage does not starve the requests of people. */
const ROUND_MAX = 200;

/**
 * Time as events: jobs past their deadline go back to the queue, requests past their life end (horde-rules §6.8). Every
 * node proposes, the log lets one through; what is due is folded from events, so a restart forgets nothing.
 */
@Injectable()
export class Reaper {
  constructor(private readonly queue: LiveQueue, private readonly commands: CommandBus, private readonly settling: Settling, private readonly ports: Ports) {}

  /** One round; returns how many requests it looked at. */
  async round(): Promise<number> {
    const now = this.ports.clock.now();
    const late = [...new Set([...this.queue.dueJobs(now)].map(({ request }) => request))].slice(0, ROUND_MAX);
    for (const request of late) await this.#ask(request, { type: 'ExpireJobs', at: iso(now) });
    const old = [...this.queue.dueRequests(now)].map(({ request }) => request).slice(0, ROUND_MAX);
    for (const request of old) await this.#ask(request, { type: 'ExpireRequest', at: iso(now) });
    return late.length + old.length;
  }

  async #ask(request: string, command: OnRequest['command']): Promise<void> {
    const context: CommandContext = { actor: { kind: 'system' }, correlationId: this.ports.ids.uuid() };
    const outcome = await this.commands.execute(new OnRequest(request, command, context));
    if (outcome.outcome !== 'appended') return;
    await this.settling.releaseReturned(outcome.events, outcome.state, context);
    await this.settling.closeCompleted(outcome.events, context);
  }
}
