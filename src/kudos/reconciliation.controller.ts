import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { inKudos, kudos } from '../kernel/kudos.js';
import { Int, Num, Str } from '../platform/http/body/body-decorators.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, StrictBody } from '../platform/http/parameters.js';
import { InvalidInput } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { Reconciliations } from './reconciliations.js';

/** Beyond any supply there will ever be; keeps `amount × 100` a safe integer. */
const AMOUNT_MAX = 10_000_000_000_000;
const REFERENCE_MAX = 255;
const USER_ID_MAX = 2_147_483_647;

class ReconciliationBody {
  @Int({ min: 1, max: USER_ID_MAX }) account!: number;
  /** Kudos, at most two decimals: more than 0 is given, less is taken. */
  @Num({ min: -AMOUNT_MAX, max: AMOUNT_MAX }) amount!: number;
  @Str({ min: 1, max: REFERENCE_MAX }) reference!: string;
}

@Controller('v1/ledger/reconciliations')
export class ReconciliationController {
  constructor(private readonly reconciliations: Reconciliations) {}

  @Post() @HttpCode(200) @Callers('operator') @RateLimit('RL-D')
  async reconcile(@ApiKey() apiKey: string, @StrictBody(ReconciliationBody) body: ReconciliationBody, @Res({ passthrough: true }) reply: FastifyReply) {
    const { account, reference } = body;
    const amount = kudos(body.amount);
    if (inKudos(amount) !== body.amount || amount === 0) throw new InvalidInput({ amount: 'Not an amount other than 0 with at most two decimals' }, 'body');
    const { transaction, moved, receivable, position, replayed } = await this.reconciliations.reconcile({ apiKey, account, amount, reference });
    setKudosPosition(reply, position);
    if (replayed) void reply.header('Idempotency-Replayed', 'true');
    return { transaction, account, unit: 'kudos', moved: inKudos(moved), receivable: inKudos(receivable) };
  }
}
