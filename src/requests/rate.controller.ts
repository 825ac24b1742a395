import { Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { inKudos } from '../kernel/kudos.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { StrictBody } from '../platform/http/parameters.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { RatingFields } from './bodies/rating.body.js';
import { Ratings } from './ratings.js';

/** The id is the capability: no key is asked (horde-api C1.7). */
@Controller('api/v2/generate/rate')
export class RateController {
  constructor(private readonly ratings: Ratings) {}

  @Post(':id') @HttpCode(200) @Callers('capability') @RateLimit('RL-5m')
  async rate(@Param('id') id: string, @StrictBody(RatingFields) body: RatingFields, @Res({ passthrough: true }) reply: FastifyReply) {
    const { reward, position } = await this.ratings.rate(id, body);
    setKudosPosition(reply, position);
    return { reward: inKudos(reward) };
  }
}
