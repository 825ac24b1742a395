import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import type { Listener } from '../platform/http/listener.js';
import { Ports } from '../platform/ports.js';
import { OnRequest } from '../requests/request.message.js';
import { Settling } from '../requests/settling.message.js';

/**
 * Jobs whose worker never heard of them, because its call ended while they were handed out (ADR 0034). They are taken back at once, as if
 * they had not been handed out. What fails runs into its time limit, as when a worker dies; if this process dies, so it does, too.
 */
@Injectable()
export class UnheardJobs {
  constructor(private readonly ports: Ports, private readonly commands: CommandBus, private readonly settling: Settling) {}

  /** Of one request, just handed out to this call. */
  watch(listener: Pick<Listener, 'ifUnheard'> | undefined, request: string, jobs: readonly string[]): void {
    listener?.ifUnheard(() => void this.takeBack(request, jobs).catch(() => undefined)); // as said
  }

  async takeBack(request: string, jobs: readonly string[]): Promise<void> {
    const { clock, ids } = this.ports;
    const context: CommandContext = { actor: { kind: 'system' }, correlationId: ids.uuid() };
    const outcome = await this.commands.execute(new OnRequest(request, { type: 'TakeBackJobs', jobs, at: iso(clock.now()) }, context));
    if (outcome.outcome !== 'appended') return;
    await this.settling.releaseReturned(outcome.events, outcome.state, context);
    await this.settling.closeCompleted(outcome.events, context);
  }
}
