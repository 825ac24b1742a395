import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, StrictBody } from '../platform/http/parameters.js';
import { Page, QueryText } from '../platform/http/query.js';
import { BodyLimit, Callers, RateLimit } from '../platform/http/route-spec.js';
import type { StyleKind } from '../requests/rules/style-contract.js';
import { CollectionChanges, NewCollection } from './bodies/style.body.js';
import { CollectionEditing } from './collection-editing.js';
import { sortOf, StyleAnswers } from './style-answers.js';
import { badRequest } from './style-checks.js';

/** A hundred styles by name. */
const COLLECTION_BYTES_MAX = 256 * 1024;

/** horde-api C15. */
@Controller('api/v2')
export class CollectionsController {
  constructor(private readonly answers: StyleAnswers, private readonly editing: CollectionEditing) {}

  @Get('collections') @Callers('anyone') @RateLimit('RL-D')
  async list(@QueryText('sort', { default: 'popular' }) sort: string, @Page() page: number, @QueryText('type', { default: 'all' }) type: string) {
    const { rows } = this.answers.catalogue;
    const found = await rows.collectionPage({ page, sort: sortOf(sort), kind: kindOf(type) });
    return Promise.all(found.map((collection) => this.answers.collection(collection)));
  }

  @Post('collections') @HttpCode(200) @Callers('user') @RateLimit('RL-S') @BodyLimit(COLLECTION_BYTES_MAX)
  async create(@StrictBody(NewCollection) body: NewCollection, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { id, position } = await this.editing.create(body, apiKey);
    setKudosPosition(reply, position);
    return { id, message: 'OK', warnings: [] };
  }

  @Get('collections/:collection_id') @Callers('anyone') @RateLimit('RL-D')
  async one(@Param('collection_id') id: string) {
    return this.answers.collection(await this.answers.catalogue.collection(id));
  }

  @Get('collection_by_name/:collection_name') @Callers('anyone') @RateLimit('RL-D')
  async byName(@Param('collection_name') name: string) {
    return this.answers.collection(await this.answers.catalogue.collectionByName(name));
  }

  @Patch('collections/:collection_id') @Callers('owner') @RateLimit('RL-S') @BodyLimit(COLLECTION_BYTES_MAX)
  async change(@Param('collection_id') id: string, @StrictBody(CollectionChanges) body: CollectionChanges, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { id: changed, position } = await this.editing.change(id, body, apiKey);
    setKudosPosition(reply, position);
    return { id: changed, message: 'OK', warnings: [] };
  }

  @Delete('collections/:collection_id') @Callers('owner', 'moderator') @RateLimit('RL-S')
  async remove(@Param('collection_id') id: string, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    setKudosPosition(reply, (await this.editing.remove(id, apiKey)).position);
    return { message: 'OK' };
  }
}

const kindOf = (type: string): StyleKind | undefined => {
  if (type === 'all') return undefined;
  if (type !== 'image' && type !== 'text') throw badRequest('type must be all, image or text.');
  return type;
};
