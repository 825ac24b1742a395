import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { parseUuid } from '../kernel/ids.js';
import { NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import type { RatingGiven } from '../kudos/grant.events.js';
import { grantKeys, OnGrant } from '../kudos/grant.message.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { Pricing } from '../pricing/pricing.js';
import { ratingRefusals } from './request.refusals.js';
import { ratingRefusal, ratingReward, type RatingAsked } from './rules/rating.js';
import { Status } from './status.js';
import { StatusRows } from './status-rows.js';

const CATCH_UP_MAX_MS = 1_000;

@Injectable()
export class RatingParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing, readonly rows: StatusRows) {}
}

/** Ratings of the images of a shared request, once for each request; whoever knows its id may give them, and its requester earns by them. */
@Injectable()
export class Ratings {
  constructor(private readonly statuses: Status, private readonly commands: CommandBus, private readonly parts: RatingParts) {}

  /** @throws Refused in the order of horde-api C1.7 */
  async rate(text: string, sent: RatingAsked): Promise<{ reward: Kudos; position: number }> {
    const asked = normalised(sent);
    await this.#settlementsSeen();
    const { row, delivered } = await this.statuses.full(text, 'image');
    const rc = ratingRefusal(asked, { done: row.done, shared: row.shared, images: new Set(delivered.map(({ id }) => id)) });
    if (rc) throw refusedBy(ratingRefusals, rc);
    const { ports: { clock, ids }, pricing } = this.parts;
    // The anonymous user has no account that could be credited (spec/ledger.md §4.1).
    const amount = row.payer === 0 ? NO_KUDOS : ratingReward(asked, row.consumed);
    const outcome = await this.commands.execute(new OnGrant(grantKeys.rating(row.id), {
      type: 'GrantRating', user: row.payer, amount, rating: givenOf(row.id, asked), at: iso(clock.now()), policy: pricing.policy.version,
    }, { actor: { kind: 'anonymous' }, correlationId: ids.uuid() }));
    if (outcome.outcome !== 'appended') throw refusedBy(ratingRefusals, 'AestheticsAlreadyExist');
    return { reward: amount, position: outcome.position };
  }

  /** What a request has consumed stands in its payer's stream, of which its own status does not wait for anything. */
  async #settlementsSeen(): Promise<void> {
    const { rows, ports: { feed } } = this.parts;
    if (!(await rows.waitFor(await feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater('the list of requests is catching up with the log');
  }
}

/** Ids in the form in which we give them. */
const normalised = ({ best, ratings }: RatingAsked): RatingAsked => ({
  best: best === undefined ? undefined : (parseUuid(best) ?? best),
  ratings: ratings?.map((each) => ({ ...each, id: parseUuid(each.id) ?? each.id })),
});

const givenOf = (request: string, { best, ratings = [] }: RatingAsked): RatingGiven => ({
  request, ...(best === undefined ? {} : { best }),
  ratings: ratings.map(({ id, rating, artifacts }) => ({ id, rating, ...(artifacts === undefined ? {} : { artifacts }) })),
});
