import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { DeleteMessage, PostMessage, WorkerMessage, WorkerMessageRc } from './worker-message.decider.js';
import type { WorkerMessageEvent } from './worker-message.events.js';

/** One message to workers. */
export class OnWorkerMessage extends Command<Outcome<WorkerMessageEvent, WorkerMessage, WorkerMessageRc>> {
  constructor(readonly message: string, readonly command: PostMessage | DeleteMessage, readonly context: CommandContext) {
    super();
  }
}
