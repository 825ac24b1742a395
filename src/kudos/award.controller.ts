import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { inKudos, kudos } from '../kernel/kudos.js';
import { Int, Str } from '../platform/http/body/body-decorators.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, IdempotencyKey, LooseBody } from '../platform/http/parameters.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { Awards } from './awards.js';

/** Ten times what one can accumulate on the public horde: nobody has to pay for an award, and all of them must add up to a safe integer. */
const AWARD_MAX = 100_000_000;

class AwardKudosBody {
  @Str() username!: string;
  @Int({ default: 100, null: 'refuse', min: -AWARD_MAX, max: AWARD_MAX }) amount!: number;
}

@Controller('api/v2/kudos/award')
export class AwardController {
  constructor(private readonly awards: Awards) {}

  @Post() @HttpCode(200) @Callers('operator') @RateLimit('RL-D')
  async award(
    @ApiKey() apiKey: string, @IdempotencyKey() key: string | undefined, @LooseBody(AwardKudosBody) body: AwardKudosBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const amount = kudos(body.amount);
    const { position, replayed } = await this.awards.award({ apiKey, key, username: body.username, amount });
    setKudosPosition(reply, position);
    if (replayed) void reply.header('Idempotency-Replayed', 'true');
    return { awarded: inKudos(amount) };
  }
}
