import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { account, AT, FLOOR, INCOME, ME, opened, POLICY } from '../../test/support/an-account.js';
import { folded } from '../../test/support/given.js';
import { transactionId } from '../kernel/ids.js';
import { centikudos, kudos, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import type { OffsetDonation } from './account.commands.js';
import { accountDecider } from './account.decider.js';
import type { AccountEvent, DonationOffset } from './account.events.js';

const GRANT = 'monthly-9-202603';
const offset = (amount: Kudos, parts: Partial<OffsetDonation> = {}): OffsetDonation => ({
  type: 'OffsetDonation', grant: GRANT, month: '202603', amount, creditsElsewhere: INCOME, creditsComplete: true, at: AT, policy: POLICY, ...parts,
});
const repaid = (amount: Kudos, gave: Kudos, grant = GRANT): DonationOffset => ({
  type: 'DonationOffset.v1', data: {
    user: ME, grant, month: '202603', amount, repaid: gave, shortfall: centikudos(amount - gave), offsetAt: AT, policy: POLICY, ...(gave === 0 ? {} : { ledger: {
      txId: transactionId('offset', grant), kind: 'monthly_offset', effectiveAt: AT, policy: POLICY, reverses: null,
      postings: [{ account: `user:${ME}:spendable`, amount: centikudos(-gave) }, { account: 'issue:monthly', amount: gave }],
    } }),
  },
});

describe('the account that thanks for donations', () => {
  it('repays what was issued', () => account(opened()).when(offset(kudos(60))).then(repaid(kudos(60), kudos(60))));
  it('repays what it can, and names the shortfall', () => account(opened()).when(offset(kudos(150))).then(repaid(kudos(150), INCOME)));
  it('keeps its floor, and says so when it has nothing', () =>
    account(opened()).when(offset(kudos(150), { creditsElsewhere: NO_KUDOS })).then(repaid(kudos(150), NO_KUDOS)));
  it('repays a grant once, however often it is asked, also one it could not repay', () => {
    account(opened(), repaid(kudos(60), kudos(60))).when(offset(kudos(60))).thenNothing();
    account(opened(), repaid(kudos(150), NO_KUDOS)).when(offset(kudos(150))).thenNothing();
  });
  it('repays all that it has on a view that lags', () => account(opened()).when(offset(INCOME, { creditsComplete: false })).then(repaid(INCOME, INCOME)));
  it('finds no shortfall in a view that lags', () => account(opened()).when(offset(kudos(150), { creditsComplete: false })).thenRefused('CreditsBehind'));
  it('must be open', () => account().when(offset(kudos(1))).thenRefused('AccountNotOpen'));

  it('never falls below its floor, and repays no grant twice, in any order of grants and income', () => {
    const steps = fc.array(fc.record({ grant: fc.constantFrom('a', 'b', 'c', 'd'), amount: fc.integer({ min: 1, max: 9_000 }), income: fc.integer({ min: 0, max: 4_000 }) }), { maxLength: 30 });
    fc.assert(fc.property(steps, (asked) => {
      let income = 0;
      const events: AccountEvent[] = [opened()];
      for (const step of asked) {
        income += step.income;
        const decision = accountDecider.decide(offset(centikudos(step.amount), { grant: step.grant, creditsElsewhere: centikudos(income) }), folded(accountDecider, String(ME), events));
        expect(decision.outcome).toBe('accepted');
        if (decision.outcome === 'accepted') events.push(...decision.events);
        const { own } = folded(accountDecider, String(ME), events);
        expect(own + income).toBeGreaterThanOrEqual(FLOOR);
      }
      const grants = events.filter((event): event is DonationOffset => event.type === 'DonationOffset.v1').map(({ data }) => data);
      expect(new Set(grants.map(({ grant }) => grant)).size).toBe(grants.length);
      for (const { amount, repaid: gave, shortfall } of grants) expect(gave + shortfall).toBe(amount);
    }), { seed: 29, numRuns: 300 });
  });
});
