import { Controller, Delete, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, Sender, StrictBody, type SentFrom } from '../platform/http/parameters.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { AlchemyStatus } from './alchemy-status.js';
import { AlchemySubmission } from './alchemy-submission.js';
import { AlchemyRequestFields } from './bodies/alchemy-request.body.js';
import { Cancel } from './cancel.js';
import { Status } from './status.js';

/** Alchemy, which the API calls interrogation (horde-api C3.1–C3.3). */
@Controller('api/v2/interrogate')
export class InterrogateController {
  constructor(
    private readonly submissions: AlchemySubmission, private readonly alchemy: AlchemyStatus, private readonly statuses: Status, private readonly canceling: Cancel,
  ) {}

  @Post('async') @HttpCode(202) @Callers('key') @RateLimit('RL-D')
  async ask(
    @StrictBody(AlchemyRequestFields) body: AlchemyRequestFields, @ApiKey() apiKey: string, @Sender() sender: SentFrom,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { answer, position } = await this.submissions.submit(body, { apiKey, ...sender });
    setKudosPosition(reply, position);
    return answer;
  }

  @Get('status/:id') @Callers('capability') @RateLimit('RL-10s')
  status(@Param('id') id: string) {
    return this.alchemy.of(id);
  }

  @Delete('status/:id') @Callers('capability') @RateLimit('RL-10s')
  async cancel(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    setKudosPosition(reply, await this.canceling.cancelForms(await this.statuses.find(id, 'alchemy')));
    return this.alchemy.of(id);
  }
}
