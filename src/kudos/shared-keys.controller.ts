import { Controller, Delete, Get, HttpCode, Param, Patch, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock } from '../kernel/clock.js';
import { Int, Optional, Str } from '../platform/http/body/body-decorators.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, LooseBody, OptionalApiKey } from '../platform/http/parameters.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { sanitised } from '../platform/sanitised-text.js';
import { sharedKeyView } from './shared-key-view.js';
import { SharedKeys, type SharedKeyUsage, type SharedKeyWishes } from './shared-keys.js';

// horde-rules §1.10; −1 is no limit.
const KUDOS_MAX = 50_000_000;
const KUDOS_DEFAULT = 5_000;
/** A hundred years: beyond any use, and a date that can still be written. */
const EXPIRY_DAYS_MAX = 36_500;
const NAME_MIN = 3;
const NAME_MAX = 255;
const PIXELS_MAX = 4_194_304;
const STEPS_MAX = 500;
const TOKENS_MAX = 500;

class SharedKeyFields {
  @Optional() @Int({ min: -1, max: KUDOS_MAX }) kudos?: number;
  @Optional() @Int({ min: -1, max: EXPIRY_DAYS_MAX }) expiry?: number;
  @Optional() @Str({ min: NAME_MIN, max: NAME_MAX }) name?: string;
  @Optional() @Int({ min: -1, max: PIXELS_MAX }) max_image_pixels?: number;
  @Optional() @Int({ min: -1, max: STEPS_MAX }) max_image_steps?: number;
  @Optional() @Int({ min: -1, max: TOKENS_MAX }) max_text_tokens?: number;
}

/** horde-api C5. */
@Controller('api/v2/sharedkeys')
export class SharedKeysController {
  constructor(private readonly sharedKeys: SharedKeys, private readonly clock: Clock) {}

  @Put() @HttpCode(200) @Callers('user') @RateLimit('RL-5m')
  async create(@LooseBody(SharedKeyFields) body: SharedKeyFields, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { shown, position } = await this.sharedKeys.create(apiKey, { ...wishesOf(body), kudos: body.kudos ?? KUDOS_DEFAULT });
    setKudosPosition(reply, position);
    return sharedKeyView(shown);
  }

  @Get(':sharedkey_id') @Callers('capability') @RateLimit('RL-D')
  async one(@Param('sharedkey_id') id: string, @OptionalApiKey() apiKey: string | undefined, @Res({ passthrough: true }) reply: FastifyReply) {
    void reply.header('Cache-Control', 'private, no-store');
    const shown = await this.sharedKeys.show(id);
    const usage = await this.sharedKeys.usageFor(apiKey, shown);
    const nowMs = this.clock.now();
    return { ...sharedKeyView(shown), ...(usage && { active_usage: { image: usageView(usage.get('image'), nowMs), text: usageView(usage.get('text'), nowMs) } }) };
  }

  @Patch(':sharedkey_id') @Callers('owner') @RateLimit('RL-D')
  async change(
    @Param('sharedkey_id') id: string, @LooseBody(SharedKeyFields) body: SharedKeyFields, @ApiKey() apiKey: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const position = await this.sharedKeys.change(apiKey, id, wishesOf(body));
    setKudosPosition(reply, position);
    return sharedKeyView(await this.sharedKeys.show(id, position));
  }

  @Delete(':sharedkey_id') @Callers('owner') @RateLimit('RL-D')
  async delete(@Param('sharedkey_id') id: string, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    setKudosPosition(reply, await this.sharedKeys.delete(apiKey, id));
    return { message: 'OK' };
  }
}

const usageView = (usage: SharedKeyUsage | undefined, nowMs: number): object => {
  const { requests = 0, queued = 0, processing = 0, finished = 0, oldestQueuedMs = null } = usage ?? {};
  return { requests, queued, processing, finished, oldest_queued_age: oldestQueuedMs === null ? 0 : Math.max(0, Math.floor((nowMs - oldestQueuedMs) / 1_000)) };
};

const wishesOf = (body: SharedKeyFields): SharedKeyWishes => ({
  kudos: body.kudos, expiry: body.expiry, name: body.name === undefined ? undefined : sanitised(body.name, NAME_MAX),
  maxImagePixels: body.max_image_pixels, maxImageSteps: body.max_image_steps, maxTextTokens: body.max_text_tokens,
});
