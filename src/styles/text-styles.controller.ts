import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, OptionalApiKey, StrictBody } from '../platform/http/parameters.js';
import { Page, QueryText } from '../platform/http/query.js';
import { refusedBy } from '../platform/http/refusals.js';
import { BodyLimit, Callers, RateLimit } from '../platform/http/route-spec.js';
import { TextStyleChanges, NewTextStyle } from './bodies/style.body.js';
import { STYLE_BYTES_MAX } from './image-styles.controller.js';
import { sortOf, StyleAnswers } from './style-answers.js';
import { StyleEditing } from './style-editing.js';
import { styleRefusals } from './style.refusals.js';

/** horde-api C14. */
@Controller('api/v2/styles')
export class TextStylesController {
  constructor(private readonly answers: StyleAnswers, private readonly editing: StyleEditing) {}

  @Get('text') @Callers('anyone') @RateLimit('RL-D')
  async list(@QueryText('sort', { default: 'popular' }) sort: string, @Page() page: number, @QueryText('tag') tag: string | undefined, @QueryText('model') model: string | undefined) {
    return this.answers.styles(await this.answers.catalogue.rows.stylePage({ kind: 'text', page, sort: sortOf(sort), tag, model }));
  }

  @Post('text') @HttpCode(200) @Callers('user') @RateLimit('RL-S20') @BodyLimit(STYLE_BYTES_MAX)
  async create(@StrictBody(NewTextStyle) body: NewTextStyle, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { id, position } = await this.editing.create('text', body, apiKey);
    setKudosPosition(reply, position);
    return { id, message: 'OK' };
  }

  @Get('text/:style_id') @Callers('anyone') @RateLimit('RL-D')
  async one(@Param('style_id') id: string, @OptionalApiKey() apiKey: string | undefined, @Res({ passthrough: true }) reply: FastifyReply) {
    const style = await this.answers.catalogue.style(id);
    if (style?.kind === 'image') throw refusedBy(styleRefusals, 'StyleGetMistmatch');
    return this.answers.style(style, apiKey, reply);
  }

  @Get('text_by_name/:style_name') @Callers('anyone') @RateLimit('RL-D')
  async byName(@Param('style_name') name: string, @OptionalApiKey() apiKey: string | undefined, @Res({ passthrough: true }) reply: FastifyReply) {
    const style = await this.answers.catalogue.styleByName(name);
    if (style?.kind === 'image') throw refusedBy(styleRefusals, 'StyleGetMistmatch');
    return this.answers.style(style, apiKey, reply);
  }

  @Patch('text/:style_id') @Callers('owner') @RateLimit('RL-S') @BodyLimit(STYLE_BYTES_MAX)
  async change(@Param('style_id') id: string, @StrictBody(TextStyleChanges) body: TextStyleChanges, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { id: changed, position } = await this.editing.change('text', id, { body, apiKey });
    setKudosPosition(reply, position);
    return { id: changed, message: 'OK' };
  }

  /** The type is not checked (horde-api C14.6). */
  @Delete('text/:style_id') @Callers('owner', 'moderator') @RateLimit('RL-S')
  async remove(@Param('style_id') id: string, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    setKudosPosition(reply, await this.editing.remove(id, apiKey));
    return { message: 'OK' };
  }
}
