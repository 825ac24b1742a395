import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { NameHolder, WorkerNameCommand, WorkerNameRc } from './worker-name.decider.js';
import type { Worker, WorkerCommand, WorkerRc } from './worker.decider.js';
import type { WorkerEvent, WorkerNameEvent } from './worker.events.js';

export type WorkerOutcome = Outcome<WorkerEvent, Worker, WorkerRc>;

/** Anything that may be asked of one worker. */
export class OnWorker extends Command<WorkerOutcome> {
  constructor(readonly worker: string, readonly command: WorkerCommand, readonly context: CommandContext) {
    super();
  }
}

/** One worker name, by its keyed hash. */
export class OnWorkerName extends Command<Outcome<WorkerNameEvent, NameHolder, WorkerNameRc>> {
  constructor(readonly nameHash: string, readonly command: WorkerNameCommand, readonly context: CommandContext) {
    super();
  }
}
