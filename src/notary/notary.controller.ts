import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock, iso } from '../kernel/clock.js';
import { encodePosition } from '../platform/http/kudos-position.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Callers, NoMask, RateLimit } from '../platform/http/route-spec.js';
import { originOf } from './checkpoint.js';
import { notaryRefusals } from './notary.refusals.js';
import { PublishedCheckpoints, type PublishedCheckpoint } from './published-checkpoints.js';

/** The signed state of the ledger, for anybody to keep: from any process, whoever the notary is. */
@Controller('v1/ledger')
export class NotaryController {
  constructor(private readonly published: PublishedCheckpoints, private readonly clock: Clock) {}

  /** The signed note and nothing else, so that it can be saved as it came. */
  @Get('checkpoint') @Callers('anyone') @RateLimit('RL-60s') @NoMask()
  async checkpoint(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { note } = await this.#newest();
    void reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache');
    return note;
  }

  /** Whose signature it is, and how old. */
  @Get('notary') @Callers('anyone') @RateLimit('RL-60s')
  async notary(): Promise<object> {
    const { verifierKey, size, position, signedAt } = await this.#newest();
    return {
      verifier_key: verifierKey, origin: originOf(this.published.storeId), size, position: encodePosition(position),
      signed_at: iso(signedAt), age_ms: Math.max(0, this.clock.now() - signedAt),
    };
  }

  async #newest(): Promise<PublishedCheckpoint> {
    const newest = await this.published.find();
    if (!newest) throw refusedBy(notaryRefusals, 'NothingSignedYet');
    return newest;
  }
}
