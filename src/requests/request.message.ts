import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { RequestCommand } from './request.commands.js';
import type { RequestRc } from './request.decider.js';
import type { RequestEvent } from './request.events.js';
import type { Request } from './request.state.js';

export type RequestOutcome = Outcome<RequestEvent, Request, RequestRc>;

/** Anything that may be asked of one request and its jobs. */
export class OnRequest extends Command<RequestOutcome> {
  constructor(readonly request: string, readonly command: RequestCommand, readonly context: CommandContext) {
    super();
  }
}
