import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { inKudos, kudos } from '../kernel/kudos.js';
import { Int, Str } from '../platform/http/body/body-decorators.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, IdempotencyKey, LooseBody } from '../platform/http/parameters.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { Transfers } from './transfers.js';

/** Beyond any supply there will ever be; keeps `amount × 100` a safe integer. */
export const AMOUNT_MAX = 10_000_000_000_000;

class TransferKudosBody {
  @Str() username!: string;
  @Int({ default: 100, null: 'refuse', min: -AMOUNT_MAX, max: AMOUNT_MAX }) amount!: number;
}

@Controller('api/v2/kudos/transfer')
export class TransferController {
  constructor(private readonly transfers: Transfers) {}

  @Post() @HttpCode(200) @Callers('user') @RateLimit('RL-K')
  async transfer(
    @ApiKey() apiKey: string, @IdempotencyKey() key: string | undefined, @LooseBody(TransferKudosBody) body: TransferKudosBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const amount = kudos(body.amount);
    const { position, replayed } = await this.transfers.transfer({ apiKey, key, username: body.username, amount });
    setKudosPosition(reply, position);
    if (replayed) void reply.header('Idempotency-Replayed', 'true');
    return { transferred: inKudos(amount) };
  }
}
