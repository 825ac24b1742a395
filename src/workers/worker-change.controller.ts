import { Controller, Delete, Param, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { parseUuid } from '../kernel/ids.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { OptionalApiKey, StrictBody } from '../platform/http/parameters.js';
import { missingHeader, refusedBy } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { UserDirectory, type KnownUser } from '../users/directory.message.js';
import { ChangeWorkerFields } from './worker-change.body.js';
import { WorkerChanges } from './worker-changes.js';
import { WorkerFiguresSource } from './worker-figures.js';
import { workerChangeRefusals } from './worker.refusals.js';
import type { WorkerFigures } from './worker-view.js';

/** horde-api C6.3, C6.4. Whether there is such a worker comes before who asks (F.1). */
@Controller('api/v2/workers/:worker_id')
export class WorkerChangeController {
  constructor(private readonly figures: WorkerFiguresSource, private readonly directory: UserDirectory, private readonly changes: WorkerChanges) {}

  @Put() @Callers('owner', 'moderator') @RateLimit('RL-30m')
  async change(
    @Param('worker_id') id: string, @StrictBody(ChangeWorkerFields) fields: ChangeWorkerFields, @OptionalApiKey() apiKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { worker, caller } = await this.#parties(id, apiKey);
    const { answer, position } = await this.changes.change({ worker, caller, fields });
    setKudosPosition(reply, position);
    return answer;
  }

  @Delete() @Callers('owner', 'moderator') @RateLimit('RL-30m')
  async delete(@Param('worker_id') id: string, @OptionalApiKey() apiKey: string | undefined, @Res({ passthrough: true }) reply: FastifyReply) {
    const { worker, caller } = await this.#parties(id, apiKey);
    setKudosPosition(reply, await this.changes.delete(worker, caller));
    return { deleted_id: worker.id, deleted_name: worker.name ?? '' };
  }

  async #parties(id: string, apiKey: string | undefined): Promise<{ worker: WorkerFigures; caller: KnownUser }> {
    const uuid = parseUuid(id);
    const worker = uuid === undefined ? undefined : await this.#find(uuid);
    if (!worker) throw refusedBy(workerChangeRefusals, 'WorkerNotFound');
    if (apiKey === undefined) throw missingHeader('apikey');
    const caller = await this.directory.byKey(apiKey);
    if (!caller) throw refusedBy(workerChangeRefusals, 'InvalidAPIKey');
    return { worker, caller };
  }

  /** No "no" from a view that is behind. */
  async #find(id: string): Promise<WorkerFigures | undefined> {
    const early = await this.figures.byId(id);
    if (early) return early;
    await this.figures.caughtUp();
    return this.figures.byId(id);
  }
}
