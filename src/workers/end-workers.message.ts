import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { WorkerNames } from './worker-names.js';
import type { WorkerDeleted } from './worker.events.js';
import { OnWorker, type WorkerOutcome } from './worker.message.js';

/** Deletes workers, and lets their names go. A name that a dead process left is let go when somebody wants it. */
@Injectable()
export class EndWorkers {
  constructor(private readonly commands: CommandBus, private readonly names: WorkerNames) {}

  async end({ worker, by, at }: { readonly worker: string; readonly by: number; readonly at: string }, context: CommandContext): Promise<WorkerOutcome> {
    const outcome = await this.commands.execute(new OnWorker(worker, { type: 'DeleteWorker', by, at }, context));
    if (outcome.outcome === 'appended') await this.names.release((outcome.events[0]!.data as WorkerDeleted['data']).nameHash, worker, context);
    return outcome;
  }
}
