import { Controller, Get } from '@nestjs/common';
import { thanksMonths, type ThanksMonth } from '../../projections/grants/queries.js';
import { inKudos, minus, NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { Database } from '../platform/postgres/database.js';
import { DonationSource } from './repay-thanks.reactor.js';

/** What was created as thanks for donations, and what of it the operators' workers have repaid: the rest is a debt that all can see. */
@Controller('v1/ledger/donations')
export class DonationsController {
  constructor(private readonly database: Database, private readonly source: DonationSource) {}

  @Get() @Callers('anyone') @RateLimit('RL-D')
  async donations() {
    const months = await thanksMonths(this.database);
    const sum = (amount: (month: ThanksMonth) => Kudos): Kudos => plus(NO_KUDOS, ...months.map(amount));
    return {
      unit: 'kudos', repaid_by: this.source.user ?? null, ...view(sum(({ issued }) => issued), sum(({ repaid }) => repaid)),
      months: months.map(({ month, grants, issued, repaid }) => ({ month: `${month.slice(0, 4)}-${month.slice(4)}`, grants, ...view(issued, repaid) })),
    };
  }
}

const view = (issued: Kudos, repaid: Kudos) => ({ issued: inKudos(issued), repaid: inKudos(repaid), shortfall: inKudos(minus(issued, repaid)) });
