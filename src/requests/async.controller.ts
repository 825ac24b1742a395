import { Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, ProxiedSender, StrictBody, type SentFrom } from '../platform/http/parameters.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { ImageRequestFields } from './bodies/image-request.body.js';
import { TextRequestFields } from './bodies/text-request.body.js';
import { ImageSubmission } from './image-submission.js';
import { TextSubmission } from './text-submission.js';

@Controller('api/v2/generate')
export class AsyncController {
  constructor(private readonly images: ImageSubmission, private readonly texts: TextSubmission) {}

  @Post('async') @Callers('key') @RateLimit('RL-G')
  async image(
    @StrictBody(ImageRequestFields) body: ImageRequestFields, @ApiKey() apiKey: string, @ProxiedSender() sender: SentFrom,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return answered(await this.images.submit(body, { apiKey, ...sender }), reply);
  }

  @Post('text/async') @Callers('key') @RateLimit('RL-G')
  async text(
    @StrictBody(TextRequestFields) body: TextRequestFields, @ApiKey() apiKey: string, @ProxiedSender() sender: SentFrom,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return answered(await this.texts.submit(body, { apiKey, ...sender }), reply);
  }
}

type Submitted = { readonly status: 202; readonly position: number; readonly answer: object } | { readonly status: 200; readonly answer: object };

const answered = (submitted: Submitted, reply: FastifyReply): object => {
  void reply.status(submitted.status);
  if (submitted.status === 202) setKudosPosition(reply, submitted.position);
  return submitted.answer;
};
