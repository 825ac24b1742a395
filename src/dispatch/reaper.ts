import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock, iso } from '../kernel/clock.js';
import { Ids } from '../kernel/ids.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import type { RequestCommand } from '../requests/request.commands.js';
import { OnRequest } from '../requests/request.message.js';
import { submittedJobs } from '../requests/request.state.js';
import { Settling } from '../requests/settling.message.js';
import { LiveQueue } from './live-queue.message.js';

/** Per round, so that a pile of late jobs after an outage does not starve the requests of people. */
const ROUND_MAX = 200;

@Injectable()
export class ReaperParts {
  constructor(readonly clock: Clock, readonly ids: Ids) {}
}

/**
 * Time as events: jobs past their deadline go back to the queue, requests past their life end (horde-rules §6.8). Every
 * node proposes, the log lets one through; what is due is folded from events, so a restart forgets nothing.
 */
@Injectable()
export class Reaper {
  constructor(private readonly queue: LiveQueue, private readonly commands: CommandBus, private readonly settling: Settling, private readonly parts: ReaperParts) {}

  /** One round; returns how many requests it looked at. */
  async round(): Promise<number> {
    const now = this.parts.clock.now();
    const late = [...new Set([...this.queue.dueJobs(now)].map(({ request }) => request))].slice(0, ROUND_MAX);
    for (const request of late) await this.#ask(request, { type: 'ExpireJobs', at: iso(now) });
    const old = [...this.queue.dueRequests(now)].map(({ request }) => request).slice(0, ROUND_MAX);
    for (const request of old) await this.#ask(request, { type: 'ExpireRequest', at: iso(now) });
    return late.length + old.length;
  }

  async #ask(request: string, command: RequestCommand): Promise<void> {
    const context: CommandContext = { actor: { kind: 'system' }, correlationId: this.parts.ids.uuid() };
    const outcome = await this.commands.execute(new OnRequest(request, command, context));
    if (outcome.outcome !== 'appended' || !outcome.state.completed) return;
    const { facts } = outcome.state;
    if (facts && facts.payer !== 0) await this.settling.close(request, facts.payer, submittedJobs(outcome.state), context);
  }
}
