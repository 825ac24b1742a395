import { Controller, Get, Param } from '@nestjs/common';
import { statementPage, type StatementEntry } from '../../projections/statement/queries.js';
import { inKudos, type Kudos } from '../kernel/kudos.js';
import { KudosCap } from '../kudos/kudos-cap.message.js';
import { decodePosition, encodePosition } from '../platform/http/kudos-position.js';
import { ApiKey } from '../platform/http/parameters.js';
import { QueryInt, QueryText } from '../platform/http/query.js';
import { InvalidInput, Refused } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { Database } from '../platform/postgres/database.js';
import { UserDirectory, type KnownUser } from '../users/directory.message.js';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;

/** What happened to one account, oldest first, with its balance after each entry; for its owner and for moderators. */
@Controller('v1/ledger/accounts')
export class StatementController {
  constructor(private readonly database: Database, private readonly directory: UserDirectory, private readonly cap: KudosCap) {}

  @Get(':id/statement') @Callers('owner', 'moderator') @RateLimit('RL-D')
  async statement(
    @Param('id') id: string, @QueryText('after') after: string | undefined,
    @QueryInt('limit', { min: 1, max: LIMIT_MAX, default: LIMIT_DEFAULT }) limit: number, @ApiKey() apiKey: string,
  ) {
    const user = await this.#accountFor(id, apiKey);
    const entries = await statementPage(this.database, user.id, { after: positionOf(after), limit });
    const last = entries.at(-1);
    return {
      account: user.id, unit: 'kudos', cap: capOf(this.cap.limitOf(user.id)), entries: entries.map(entryView),
      next: last && entries.length === limit ? encodePosition(last.position) : null,
    };
  }

  /** The account of this number, if the caller may look into it. */
  async #accountFor(id: string, apiKey: string): Promise<KnownUser> {
    const caller = await this.directory.byKey(apiKey);
    if (!caller || caller.id === 0) throw new Refused('InvalidAPIKey', 401, 'This key belongs to no account.');
    const user = /^\d+$/.test(id) ? await this.directory.byAlias(id) : undefined;
    if (caller.id !== user?.id && !caller.roles.has('moderator')) throw new Refused('NotOwner', 403, 'A statement is shown to its owner and to moderators only.');
    if (!user || user.id === 0) throw new Refused('UserNotFound', 404, 'There is no such account.');
    return user;
  }
}

const capOf = (limit: Kudos | undefined): number | null => (limit === undefined ? null : inKudos(limit));

const positionOf = (after: string | undefined): number => {
  if (after === undefined || after === '') return -1;
  const position = decodePosition(after);
  if (position === undefined) throw new InvalidInput({ after: 'Not a position that this server has named' });
  return position;
};

const entryView = (entry: StatementEntry): object => ({
  position: encodePosition(entry.position), tx_id: entry.txId, kind: entry.kind, at: new Date(entry.effectiveAt).toISOString(),
  amount: inKudos(entry.spendable), escrow: inKudos(entry.escrow), balance: inKudos(entry.spendableAfter), escrow_balance: inKudos(entry.escrowAfter),
  event_id: entry.eventId, event: entry.eventType, stream: entry.stream, revision: entry.revision,
  request: entry.request, job: entry.job, reverses: entry.reverses, receivable: entry.receivable === null ? null : inKudos(entry.receivable),
  counterparties: entry.counterparties.map(({ account, amount }) => ({ account, amount: inKudos(amount) })),
});
