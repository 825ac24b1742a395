import { Controller, Delete, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { parseUuid } from '../kernel/ids.js';
import { Int, Optional, Str } from '../platform/http/body/body-decorators.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { rfc822 } from '../platform/http/marshal.js';
import { ApiKey, StrictBody } from '../platform/http/parameters.js';
import { Page, QueryTexts } from '../platform/http/query.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { UserDirectory, type KnownUser } from '../users/directory.message.js';
import type { Message } from './worker-mail.message.js';
import { WorkerMessages, type MessagesWanted } from './worker-messages.js';
import { workerMessageRefusals } from './worker.refusals.js';

class PostMessageFields {
  @Str({ min: 1, max: 10_240 }) message!: string;
  @Optional() @Str({ min: 36, max: 36 }) worker_id?: string;
  @Int({ min: 1, max: 720, default: 12 }) expiry!: number;
  @Str({ min: 1, max: 255, default: 'AI Horde Moderators' }) origin!: string;
}

/** What is said to workers (horde-api C7). Never cached: every post counts (G.4). */
@Controller('api/v2/workers/messages')
export class WorkerMessagesController {
  constructor(private readonly messages: WorkerMessages, private readonly directory: UserDirectory) {}

  @Get() @Callers('user', 'moderator') @RateLimit('RL-D')
  async list(@QueryTexts('user_id', 'worker_id', 'validity') wanted: MessagesWanted, @Page() page: number, @ApiKey() apiKey: string) {
    const caller = await this.#caller(apiKey);
    return (await this.messages.list(caller, wanted, page)).map(messageView);
  }

  @Post() @HttpCode(200) @Callers('owner', 'moderator') @RateLimit('RL-D')
  async post(@StrictBody(PostMessageFields) fields: PostMessageFields, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { message, position } = await this.messages.post(await this.#caller(apiKey), {
      text: fields.message, worker: fields.worker_id, expiryHours: fields.expiry, origin: fields.origin,
    });
    setKudosPosition(reply, position);
    return messageView(message);
  }

  @Get(':message_id') @Callers('owner', 'moderator') @RateLimit('RL-D')
  async one(@Param('message_id') id: string, @ApiKey() apiKey: string) {
    return messageView(await this.messages.one(await this.#caller(apiKey), parseUuid(id)));
  }

  @Delete(':message_id') @Callers('owner', 'moderator') @RateLimit('RL-D')
  async delete(@Param('message_id') id: string, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    setKudosPosition(reply, await this.messages.delete(await this.#caller(apiKey), parseUuid(id)));
    return { message: 'OK' };
  }

  async #caller(apiKey: string): Promise<KnownUser> {
    const caller = await this.directory.byKey(apiKey);
    if (!caller) throw refusedBy(workerMessageRefusals, 'InvalidAPIKey');
    return caller;
  }
}

/** A broadcast has no `worker_id`. */
const messageView = ({ id, text, origin, expiresAt, worker, author, postedAt }: Message): object => ({
  id, message: text, origin, expiry: rfc822(expiresAt), ...(worker === null ? {} : { worker_id: worker }), user_id: String(author), created: rfc822(postedAt),
});
