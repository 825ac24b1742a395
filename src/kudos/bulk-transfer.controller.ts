import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { inKudos, kudos } from '../kernel/kudos.js';
import { Arr, Int, Str } from '../platform/http/body/body-decorators.js';
import { obj } from '../platform/http/body/rules.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, IdempotencyKey, StrictBody } from '../platform/http/parameters.js';
import { missingHeader } from '../platform/http/refusals.js';
import { BodyLimit, Callers, RateLimit } from '../platform/http/route-spec.js';
import { BulkTransfers, type BulkResult } from './bulk-transfers.js';
import { bulkRefusals } from './kudos.refusals.js';
import { AMOUNT_MAX } from './transfer.controller.js';

/** One append takes them all and stays well below what a store takes at once (spec/ledger.md §4.6). */
const TRANSFERS_MAX = 256;
/** As long as an alias can be, or the id of a shared key. */
const USERNAME_MAX = 255;
/** 256 aliases of the longest kind, escaped. */
const BODY_BYTES_MAX = 512 * 1024;

class BulkTransferItem {
  @Str({ min: 1, max: USERNAME_MAX }) username!: string;
  @Int({ min: -AMOUNT_MAX, max: AMOUNT_MAX }) amount!: number;
}
class BulkTransferBody {
  @Arr(obj(() => BulkTransferItem), { min: 1, max: TRANSFERS_MAX }) transfers!: readonly BulkTransferItem[];
}

/** Kudos to many at once (design.md §6): one call, one append, one answer for each. */
@Controller('v1/ledger/transfers')
export class BulkTransferController {
  constructor(private readonly bulk: BulkTransfers) {}

  @Post() @HttpCode(200) @Callers('user') @RateLimit('RL-K') @BodyLimit(BODY_BYTES_MAX)
  async transfer(
    @StrictBody(BulkTransferBody) body: BulkTransferBody, @ApiKey() apiKey: string, @IdempotencyKey() key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (key === undefined) throw missingHeader('Idempotency-Key');
    const items = body.transfers.map(({ username, amount }) => ({ username, amount: kudos(amount) }));
    const { position, results } = await this.bulk.transfer({ apiKey, key, items });
    setKudosPosition(reply, position);
    const isReplayed = results.some((result) => result.rc === undefined) && results.every((result) => result.rc !== undefined || result.isRepeated);
    if (isReplayed) void reply.header('Idempotency-Replayed', 'true');
    const moved = results.reduce((sum, result) => (result.rc === undefined ? sum + result.amount : sum), 0);
    return { unit: 'kudos', transferred: moved / 100, results: results.map(shown) };
  }
}

const shown = (result: BulkResult): object => {
  if (result.rc === undefined) return { transferred: inKudos(result.amount), tx_id: result.txId, replayed: result.isRepeated };
  return { rc: result.rc, detail: bulkRefusals[result.rc][1] };
};
