import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { OnRequest } from '../requests/request.message.js';
import { Settling } from '../requests/settling.message.js';

/** In one pop: a worker waits for its answer. Whatever is left is the next pop's. */
const LOST_OF_POP_MAX = 10;

/** Requests that a pop would have handed out, had their prompts or images not been gone. */
@Injectable()
export class LostContent {
  constructor(private readonly ports: Ports, private readonly commands: CommandBus, private readonly settling: Settling) {}

  ofPop(): LostOfPop {
    return new LostOfPop((request) => this.#fault(request));
  }

  /** The payer gets back what it cost with the end of its authorization; if the process dies before that, a repair sees to it. */
  async #fault(request: string): Promise<void> {
    const { clock, ids } = this.ports;
    const context: CommandContext = { actor: { kind: 'system' }, correlationId: ids.uuid() };
    const outcome = await this.commands.execute(new OnRequest(request, { type: 'LoseContent', at: iso(clock.now()) }, context));
    if (outcome.outcome === 'appended') await this.settling.closeCompleted(outcome.events, context);
  }
}

export class LostOfPop {
  readonly #found = new Set<string>();

  constructor(private readonly fault: (request: string) => Promise<void>) {}

  add(request: string): void {
    if (this.#found.size < LOST_OF_POP_MAX) this.#found.add(request);
  }

  /** Ends them (spec/ledger.md §4.5, Expiry). The pop has its answer whatever comes of it: what fails now fails again at the next one. */
  async end(): Promise<void> {
    for (const request of this.#found) await this.fault(request).catch(() => undefined); // tried again, as said
  }
}
