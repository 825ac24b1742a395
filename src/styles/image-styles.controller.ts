import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, OptionalApiKey, StrictBody } from '../platform/http/parameters.js';
import { Page, QueryText } from '../platform/http/query.js';
import { refusedBy } from '../platform/http/refusals.js';
import { BodyLimit, Callers, RateLimit } from '../platform/http/route-spec.js';
import { ImageStyleChanges, NewImageStyle } from './bodies/style.body.js';
import { sortOf, StyleAnswers } from './style-answers.js';
import { StyleEditing } from './style-editing.js';
import { styleRefusals } from './style.refusals.js';

/** A template of 7,500 words and all else that a style has; it becomes one event. */
export const STYLE_BYTES_MAX = 256 * 1024;

/** horde-api C14. */
@Controller('api/v2/styles')
export class ImageStylesController {
  constructor(private readonly answers: StyleAnswers, private readonly editing: StyleEditing) {}

  @Get('image') @Callers('anyone') @RateLimit('RL-D')
  async list(@QueryText('sort', { default: 'popular' }) sort: string, @Page() page: number, @QueryText('tag') tag: string | undefined, @QueryText('model') model: string | undefined) {
    return this.answers.styles(await this.answers.catalogue.rows.stylePage({ kind: 'image', page, sort: sortOf(sort), tag, model }));
  }

  @Post('image') @HttpCode(200) @Callers('user') @RateLimit('RL-S20') @BodyLimit(STYLE_BYTES_MAX)
  async create(@StrictBody(NewImageStyle) body: NewImageStyle, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { id, warnings, position } = await this.editing.create('image', body, apiKey);
    setKudosPosition(reply, position);
    return { id, message: 'OK', warnings };
  }

  @Get('image/:style_id') @Callers('anyone') @RateLimit('RL-D')
  async one(@Param('style_id') id: string, @OptionalApiKey() apiKey: string | undefined, @Res({ passthrough: true }) reply: FastifyReply) {
    const style = await this.answers.catalogue.style(id);
    if (style?.kind === 'text') throw refusedBy(styleRefusals, 'StyleGetMistmatch');
    return this.answers.style(style, apiKey, reply);
  }

  @Get('image_by_name/:style_name') @Callers('anyone') @RateLimit('RL-D')
  async byName(@Param('style_name') name: string, @OptionalApiKey() apiKey: string | undefined, @Res({ passthrough: true }) reply: FastifyReply) {
    const style = await this.answers.catalogue.styleByName(name);
    if (style?.kind === 'text') throw refusedBy(styleRefusals, 'StyleGetMistmatch');
    return this.answers.style(style, apiKey, reply);
  }

  @Patch('image/:style_id') @Callers('owner') @RateLimit('RL-S') @BodyLimit(STYLE_BYTES_MAX)
  async change(@Param('style_id') id: string, @StrictBody(ImageStyleChanges) body: ImageStyleChanges, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { warnings, position, ...changed } = await this.editing.change('image', id, { body, apiKey });
    setKudosPosition(reply, position);
    return { ...changed, message: 'OK', warnings };
  }

  /** The type is not checked (horde-api C14.6). */
  @Delete('image/:style_id') @Callers('owner', 'moderator') @RateLimit('RL-S')
  async remove(@Param('style_id') id: string, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    setKudosPosition(reply, await this.editing.remove(id, apiKey));
    return { message: 'OK' };
  }
}
