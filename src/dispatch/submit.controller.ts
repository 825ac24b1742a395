import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, StrictBody } from '../platform/http/parameters.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { ImageSubmitFields, TextSubmitFields } from './bodies/submit.body.js';
import { Deliver, type Delivery } from './deliver.js';

@Controller('api/v2/generate')
export class SubmitController {
  constructor(private readonly deliver: Deliver) {}

  @Post('submit') @HttpCode(200) @Callers('owner') @RateLimit('RL-60s')
  image(@StrictBody(ImageSubmitFields) body: ImageSubmitFields, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#deliver(deliveryOf('image', body), apiKey, reply);
  }

  @Post('text/submit') @HttpCode(200) @Callers('owner') @RateLimit('RL-60s')
  text(@StrictBody(TextSubmitFields) body: TextSubmitFields, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#deliver(deliveryOf('text', body), apiKey, reply);
  }

  async #deliver(delivery: Delivery, apiKey: string, reply: FastifyReply): Promise<{ reward: number }> {
    const { reward, position } = await this.deliver.deliver(delivery, apiKey);
    setKudosPosition(reply, position);
    return { reward };
  }
}

const deliveryOf = (kind: Delivery['kind'], { id, generation, seed, state, gen_metadata: metadata }: ImageSubmitFields | TextSubmitFields): Delivery =>
  ({ kind, id, generation, seed, state, metadata: metadata ?? [] });
