import { Controller, Get } from '@nestjs/common';
import { supply } from '../../projections/balances/queries.js';
import { ACCOUNTS } from '../kernel/flows.js';
import { inKudos, NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import { KudosCap } from '../kudos/kudos-cap.message.js';
import { encodePosition } from '../platform/http/kudos-position.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { Database } from '../platform/postgres/database.js';

/** Why kudos were created and why they are gone: the balances of the ledger's own accounts are the statistic (spec/ledger.md §4.1). */
@Controller('v1/ledger/supply')
export class SupplyController {
  constructor(private readonly database: Database, private readonly cap: KudosCap) {}

  @Get() @Callers('anyone') @RateLimit('RL-60s')
  async supply(): Promise<object> {
    const { position, system, spendable, escrow } = await this.#read();
    const of = (account: string): Kudos => system[account] ?? NO_KUDOS;
    const [issued, burned] = [reasons('issue:'), reasons('burn:')];
    return {
      unit: 'kudos', position: position < 0 ? null : encodePosition(position), cap: this.cap.limit === undefined ? null : inKudos(this.cap.limit),
      users: { spendable: inKudos(spendable), escrow: inKudos(escrow) },
      issued: Object.fromEntries(issued.map((reason) => [reason, inKudos((-of(`issue:${reason}`) || 0) as Kudos)])),
      burned: Object.fromEntries(burned.map((reason) => [reason, inKudos(of(`burn:${reason}`))])),
      commons: inKudos(of('pool:commons')), unexplained: inKudos(of('suspense:reconciliation')),
      total: {
        issued: inKudos((-plus(...issued.map((reason) => of(`issue:${reason}`))) || 0) as Kudos),
        burned: inKudos(plus(...burned.map((reason) => of(`burn:${reason}`)))),
      },
      accounts: ACCOUNTS,
    };
  }

  /** All of one moment, which the position names. */
  #read() {
    return this.database.transaction(async (db) => {
      await db.execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const [checkpoint] = await db.query<{ position: number }>(`SELECT position FROM rm.checkpoint WHERE name = 'balances'`);
      return { position: checkpoint?.position ?? -1, ...(await supply(db)) };
    }, { durable: false });
  }
}

const reasons = (prefix: 'issue:' | 'burn:'): string[] => Object.keys(ACCOUNTS).filter((account) => account.startsWith(prefix)).map((account) => account.slice(prefix.length));
