import 'reflect-metadata';
import { Controller, Delete, Get, HttpCode, Module, Param, Post, Put, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Clock } from '../../src/kernel/clock.js';
import { Ids } from '../../src/kernel/ids.js';
import { LogUnavailable, OutcomeUnknown } from '../../src/platform/event-log/event-log.js';
import { Arr, Bool, Free, Int, Num, Obj, Optional, Str } from '../../src/platform/http/body/body-decorators.js';
import { obj, str } from '../../src/platform/http/body/rules.js';
import { createHttpApp, type HttpOptions } from '../../src/platform/http/http-app.js';
import { SystemTimers } from '../../src/platform/system/system.js';
import { setKudosPosition } from '../../src/platform/http/kudos-position.js';
import {
  ApiKey, ClientAgent, ClientIp, FormBody, IdempotencyKey, KudosPositionHeader, LooseBody, OptionalApiKey, StrictBody, Traceparent,
} from '../../src/platform/http/parameters.js';
import { Page, QueryFlag, QueryInt, QueryText } from '../../src/platform/http/query.js';
import { refusedBy, type Refusals } from '../../src/platform/http/refusals.js';
import { BodyLimit, Callers, NoMask, RateLimit } from '../../src/platform/http/route-spec.js';
import { RetryLater } from '../../src/platform/retry-later.js';
import { createLog } from '../../src/platform/telemetry/logger.js';

/** One route of every kind, with no feature behind it. */
class Lora {
  @Str({ min: 1, max: 255 }) name!: string;
  @Num({ min: -5, max: 5, default: 1 }) model!: number;
}
class Params {
  @Int({ min: 64, max: 3072, multipleOf: 64, default: 512 }) width!: number;
  @Int({ min: 1, max: 20, default: 1 }) n!: number;
  @Optional() @Str() seed?: string;
  @Optional() @Num({ min: 0, max: 100 }) cfg_scale?: number;
  @Bool({ default: true }) karras!: boolean;
  @Optional() @Arr(obj(() => Lora), { max: 5 }) loras?: Lora[];
  @Optional() @Arr(str({ enum: ['GFPGAN', 'CodeFormers'] }), { unique: true }) post_processing?: string[];
  @Optional() @Free() special?: Record<string, unknown>;
}
class StrictToy {
  @Str({ min: 1 }) prompt!: string;
  @Obj(() => Params, { default: () => new Params() }) params!: Params;
  @Arr(str({ max: 10 }), { default: () => ['stable_diffusion'] }) models!: string[];
  @Optional() @Str({ nul: 'drop' }) name?: string;
  @Optional() @Str({ nul: 'replace' }) generation?: string;
  @Optional() @Int() max_pixels?: number;
}
class LooseToy {
  @Str() username!: string;
  @Int({ default: 100, null: 'refuse' }) amount!: number;
  @Optional() @Bool() flag?: boolean;
  @Optional() @Num() utilisation?: number;
}
class ExactToy {
  @Int({ min: 1 }) amount!: number;
  @Optional() @Obj(() => Lora) lora?: Lora;
}

type ToyRc = 'NotEnough' | 'Gone';
const toyRefusals: Refusals<ToyRc> = {
  NotEnough: [400, ({ missing = 0 }) => `You are ${missing} kudos short.`],
  Gone: [404, 'It is gone.'],
};

const FAILURES: Readonly<Record<string, () => Error>> = {
  refused: () => refusedBy(toyRefusals, 'NotEnough', { missing: 3 }),
  gone: () => refusedBy(toyRefusals, 'Gone'),
  bug: () => new TypeError('cannot read "a secret prompt" of abcdefghijklmnopqrstuv'),
  log: () => new LogUnavailable('the disk is full'),
  unknown: () => new OutcomeUnknown('no answer'),
  later: () => new RetryLater('catching up', 7),
};

@Controller('api/v2/toys')
class ToyController {
  @Post('strict') @HttpCode(202) @Callers('key') @RateLimit('RL-G')
  strict(@ApiKey() apikey: string, @StrictBody(StrictToy) body: StrictToy): object {
    return { apikey, body };
  }

  @Post('loose') @HttpCode(200) @Callers('key') @RateLimit('RL-K')
  loose(@LooseBody(LooseToy) body: LooseToy, @ApiKey() _apikey: string, @IdempotencyKey() key: string | undefined): object {
    return { body, key: key ?? null };
  }

  @Post('form') @HttpCode(200) @Callers('anyone') @RateLimit('none') @NoMask()
  form(@FormBody(LooseToy) body: LooseToy): object {
    return { body };
  }

  @Put('small') @Callers('anyone') @RateLimit('none') @BodyLimit(100)
  small(@StrictBody(LooseToy) body: LooseToy): object {
    return { body };
  }

  @Get('limited/:id') @Callers('capability') @RateLimit('RL-10s')
  limited(@Param('id') id: string): object {
    return { id };
  }

  @Delete('limited/:id') @Callers('capability') @RateLimit('RL-10s')
  cancel(@Param('id') id: string): object {
    return { id, cancelled: true };
  }

  @Get('shared') @Callers('anyone') @RateLimit('RL-30')
  shared(): object {
    return {};
  }

  @Put('shared') @Callers('anyone') @RateLimit('RL-30')
  putShared(): object {
    return {};
  }

  @Get('caller') @Callers('anyone') @RateLimit('none')
  caller(
    @OptionalApiKey() apikey: string | undefined, @ClientAgent() agent: string, @ClientIp() ip: string,
    @KudosPositionHeader() position: number | undefined, @Traceparent() traceparent: string | undefined,
  ): object {
    return { apikey: apikey ?? null, agent, ip, position: position ?? null, traceparent: traceparent ?? null };
  }

  @Get('list') @Callers('anyone') @RateLimit('none')
  list(@Page() page: number, @QueryInt('days', { default: 7, max: 90 }) days: number, @QueryText('sort', { enum: ['kudos', 'age'] }) sort: string | undefined, @QueryFlag('all') all: boolean | undefined): object {
    return { page, days, sort: sort ?? null, all: all ?? null };
  }

  @Get('tree') @Callers('anyone') @RateLimit('none')
  tree(): object {
    return [{ id: 1, details: { gifted: 2, gained: null }, tags: ['a'] }, { id: 2, details: { gifted: 5, gained: 1 }, tags: [] }];
  }

  @Get('whole') @NoMask() @Callers('anyone') @RateLimit('none')
  whole(): object {
    return { id: 1, name: 'whole' };
  }

  @Post('write') @HttpCode(200) @Callers('anyone') @RateLimit('none')
  write(@Res({ passthrough: true }) reply: FastifyReply): object {
    setKudosPosition(reply, 4711);
    return { written: true };
  }

  @Get('fail/:how') @Callers('anyone') @RateLimit('none')
  fail(@Param('how') how: string): never {
    throw FAILURES[how]?.() ?? new Error('no such failure');
  }
}

@Controller('v1/toys')
class ExactController {
  @Post() @HttpCode(200) @Callers('user') @RateLimit('RL-D')
  exact(@ApiKey() _apikey: string, @StrictBody(ExactToy) body: ExactToy): object {
    return { body };
  }

  @Get('fail/:how') @Callers('anyone') @RateLimit('none')
  fail(@Param('how') how: string, @QueryInt('page') _page: number | undefined): never {
    throw FAILURES[how]?.() ?? new Error('no such failure');
  }
}

@Module({ controllers: [ToyController, ExactController] })
class ToyModule {}

/** A clock that stands still until told otherwise. */
export class HandClock extends Clock {
  constructor(public ms: number) {
    super();
  }
  now(): number {
    return this.ms;
  }
  monotonic(): number {
    return this.ms;
  }
}
class CountedIds extends Ids {
  private count = 0;
  uuid(): string {
    return `00000000-0000-4000-8000-${String(++this.count).padStart(12, '0')}`;
  }
  bytes(size: number): Buffer {
    return Buffer.alloc(size, ++this.count);
  }
  random(): number {
    return 0.5;
  }
}

export interface Toy {
  readonly app: NestFastifyApplication;
  readonly port: number;
  readonly clock: HandClock;
  /** Every line that was logged. */
  readonly lines: string[];
  close(): Promise<void>;
}

/** A served toy application; limits are on, the clock stands at a full hour. */
export const toyApp = async (options: Partial<HttpOptions> = {}): Promise<Toy> => {
  const clock = new HandClock(1_800_000_000_000);
  const lines: string[] = [];
  const log = createLog({ level: 'debug', clock, destination: { write: (line: string) => { lines.push(line); } } });
  const app = await createHttpApp(ToyModule, {
    clock, log, timers: new SystemTimers(), ids: new CountedIds(), node: 'toy:7001:0.1', proxyHops: 1, rateLimits: { enabled: true }, ...options,
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  return { app, port, clock, lines, close: () => app.close() };
};
