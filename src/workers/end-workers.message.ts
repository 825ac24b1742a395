import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { WorkerAddresses } from './worker-addresses.message.js';
import { WorkerNames } from './worker-names.js';
import type { WorkerDeleted } from './worker.events.js';
import { OnWorker, type WorkerOutcome } from './worker.message.js';

/** Deletes workers, and lets their names and addresses go. A name that a dead process left is let go when somebody wants it, an address in time. */
@Injectable()
export class EndWorkers {
  constructor(private readonly commands: CommandBus, private readonly names: WorkerNames, private readonly addresses: WorkerAddresses) {}

  async end({ worker, by, at }: { readonly worker: string; readonly by: number; readonly at: string }, context: CommandContext): Promise<WorkerOutcome> {
    const outcome = await this.commands.execute(new OnWorker(worker, { type: 'DeleteWorker', by, at }, context));
    if (outcome.outcome !== 'appended') return outcome;
    await this.names.release((outcome.events[0]!.data as WorkerDeleted['data']).nameHash, worker, context);
    await this.addresses.forget(worker);
    return outcome;
  }
}
