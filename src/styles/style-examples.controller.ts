import { Controller, Delete, HttpCode, Param, Patch, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, StrictBody } from '../platform/http/parameters.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { ExampleChanges, NewExample } from './bodies/style.body.js';
import { StyleExamples } from './style-examples.js';

/** horde-api C14.7. */
@Controller('api/v2/styles/image/:style_id/example')
export class StyleExamplesController {
  constructor(private readonly examples: StyleExamples) {}

  @Post() @HttpCode(200) @Callers('owner', 'moderator') @RateLimit('RL-S')
  async add(@Param('style_id') style: string, @StrictBody(NewExample) body: NewExample, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { id, position } = await this.examples.add(style, body, apiKey);
    setKudosPosition(reply, position);
    return { id, message: 'OK', warnings: [] };
  }

  @Patch(':example_id') @Callers('owner', 'moderator') @RateLimit('RL-D')
  async change(
    @Param() { style_id: style, example_id: example }: Route, @StrictBody(ExampleChanges) body: ExampleChanges, @ApiKey() apiKey: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    setKudosPosition(reply, await this.examples.change(style, example, body, apiKey));
    return { id: example, message: 'OK', warnings: [] };
  }

  @Delete(':example_id') @Callers('owner', 'moderator') @RateLimit('RL-D')
  async remove(@Param() { style_id: style, example_id: example }: Route, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    setKudosPosition(reply, await this.examples.remove(style, example, apiKey));
    return { message: 'OK' };
  }
}

type Route = Readonly<Record<'style_id' | 'example_id', string>>;
