import { Controller, Get, Param } from '@nestjs/common';
import { parseUuid } from '../../kernel/ids.js';
import { ApiKey } from '../../platform/http/parameters.js';
import { Refused } from '../../platform/http/refusals.js';
import { Callers, RateLimit } from '../../platform/http/route-spec.js';
import { UserDirectory } from '../../users/directory.message.js';
import { Why } from './why.js';

/** For the owner of a worker and for moderators: why it got no job, in words and counts. */
@Controller('v1/workers')
export class WhyController {
  constructor(private readonly reasons: Why, private readonly directory: UserDirectory) {}

  @Get(':worker_id/why') @Callers('owner', 'moderator') @RateLimit('RL-30m')
  async why(@Param('worker_id') id: string, @ApiKey() apiKey: string): Promise<object> {
    const caller = await this.directory.byKey(apiKey);
    if (!caller || caller.id === 0) throw new Refused('InvalidAPIKey', 401, 'This key belongs to no account.');
    const uuid = parseUuid(id);
    const worker = uuid === undefined ? undefined : await this.reasons.worker(uuid);
    if (!worker) throw new Refused('WorkerNotFound', 404, 'There is no such worker.');
    const moderated = caller.roles.has('moderator');
    if (worker.owner !== caller.id && !moderated) throw new Refused('NotOwner', 403, 'The calls of a worker are shown to its owner and to moderators only.');
    return this.reasons.of(worker, { moderated });
  }
}
