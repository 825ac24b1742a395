import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { OnRequest } from '../requests/request.message.js';
import { Settling } from '../requests/settling.message.js';

/** Takes jobs from workers, or a request from the queue, and does what follows from it: what was set aside for them is free again. */
@Injectable()
export class TakingBack {
  constructor(private readonly commands: CommandBus, private readonly settling: Settling, private readonly ports: Ports) {}

  async ask(request: string, command: OnRequest['command']): Promise<void> {
    const context: CommandContext = { actor: { kind: 'system' }, correlationId: this.ports.ids.uuid() };
    const outcome = await this.commands.execute(new OnRequest(request, command, context));
    if (outcome.outcome !== 'appended') return;
    await this.settling.releaseReturned(outcome.events, outcome.state, context);
    await this.settling.closeCompleted(outcome.events, context);
  }
}
