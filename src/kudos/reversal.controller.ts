import { Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { inKudos } from '../kernel/kudos.js';
import { Bool } from '../platform/http/body/body-decorators.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { MoneyKeysOf, StrictBody, type MoneyKeys } from '../platform/http/parameters.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { Reversals } from './reversals.js';

class ReversalBody {
  /** Take what the loser no longer has, too: the account goes below its floor. Admins only. */
  @Bool({ default: false }) force!: boolean;
}

@Controller('v1/ledger/transactions')
export class ReversalController {
  constructor(private readonly reversals: Reversals) {}

  @Post(':txId/reversal') @HttpCode(200) @Callers('moderator', 'admin') @RateLimit('RL-D')
  async reverse(
    @Param('txId') txId: string, @MoneyKeysOf() { apiKey, idempotencyKey: key }: MoneyKeys, @StrictBody(ReversalBody) { force }: ReversalBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { transaction, reversal, account, taken, receivable, position, replayed } = await this.reversals.reverse({ apiKey, key, txId, force });
    setKudosPosition(reply, position);
    if (replayed) void reply.header('Idempotency-Replayed', 'true');
    return { transaction, reversal, account, unit: 'kudos', taken: inKudos(taken), receivable: inKudos(receivable) };
  }
}
