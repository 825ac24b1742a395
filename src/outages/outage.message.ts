import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { OutageCommand, Service } from './outage.decider.js';
import type { OutageEvent } from './outage.events.js';

/** The one stream that says when nobody served. */
export class OnOutages extends Command<Outcome<OutageEvent, Service, never>> {
  constructor(readonly command: OutageCommand, readonly context: CommandContext) {
    super();
  }
}
