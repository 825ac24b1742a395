import { Controller, Delete, Param, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { idempotencyKeyOf, OptionalApiKey, StrictBody } from '../platform/http/parameters.js';
import { missingHeader, refusedBy } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { UserDirectory, type KnownUser } from './directory.message.js';
import { ChangeUserFields } from './user-change.body.js';
import { UserChanges } from './user-changes.js';
import { UserDeletions } from './user-deletions.js';
import { changeRefusals } from './user.refusals.js';

/** horde-api C4.4, C4.5. Whether there is such a user comes before who asks (F.1). */
@Controller('api/v2/users/:user_id')
export class UserChangeController {
  constructor(private readonly directory: UserDirectory, private readonly changes: UserChanges, private readonly deletions: UserDeletions) {}

  @Put() @Callers('owner', 'moderator', 'admin') @RateLimit('RL-60m')
  async change(
    @StrictBody(ChangeUserFields) fields: ChangeUserFields, @OptionalApiKey() apiKey: string | undefined, @Req() request: FastifyRequest<{ Params: { user_id: string } }>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const key = idempotencyKeyOf(request);
    const { target, caller } = await this.#parties(request.params.user_id, apiKey);
    const { answer, position } = await this.changes.change({ target, caller, fields, key });
    setKudosPosition(reply, position);
    return answer;
  }

  @Delete() @Callers('owner', 'moderator') @RateLimit('RL-60m')
  async delete(@Param('user_id') id: string, @OptionalApiKey() apiKey: string | undefined, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, caller } = await this.#parties(id, apiKey);
    setKudosPosition(reply, await this.deletions.delete(target, caller));
    return { message: 'OK' };
  }

  async #parties(id: string, apiKey: string | undefined): Promise<{ target: KnownUser; caller: KnownUser }> {
    const target = /^\d+$/.test(id) ? await this.directory.byAlias(id) : undefined;
    if (!target) throw refusedBy(changeRefusals, 'UserNotFound');
    if (apiKey === undefined) throw missingHeader('apikey');
    const caller = await this.directory.byKey(apiKey);
    if (!caller) throw refusedBy(changeRefusals, 'InvalidAPIKey');
    return { target, caller };
  }
}
