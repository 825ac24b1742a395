import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projections } from '../../projections/index.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { Seeded } from '../support/seeded.js';
import { deliver, emptied, history, randomSizes, rowsIn } from './delivery.js';

describe('every read model', () => {
  let test: TestDatabase;
  beforeAll(async () => (test = await freshDatabase('any_split')), 60_000);
  afterAll(() => test.close());

  it.each(projections.map((projection) => [projection.name, projection] as const))(
    '%s has the same rows however the log was cut into batches', async (_name, projection) => {
      const { events } = history({ seed: 10, events: 3_000 });
      const random = new Seeded(1);
      const outcomes: unknown[] = [];
      for (const most of [events.length, 1, 3, 25, 400]) {
        await emptied(test.database, [projection]);
        await deliver(test.database, projection, { events, sizes: most === events.length ? [] : randomSizes(random, events.length, most) });
        outcomes.push(await rowsIn(test.database, projection));
      }
      const [inOneGo, ...cut] = outcomes;
      for (const rows of cut) expect(rows).toEqual(inOneGo);
    }, 120_000);

  it('meets everything that can happen to a request', () => {
    const { events } = history({ seed: 10, events: 6_000 });
    const types = new Set(events.map(({ type }) => type));
    for (const type of ['JobFaulted.v1', 'JobExpired.v1', 'RequestCancelled.v1', 'RequestFaulted.v1', 'RequestExpired.v1', 'RequestAbandoned.v1', 'TransactionReversed.v1', 'HoldReleased.v1', 'SharedKeyChanged.v1', 'SharedKeyDeleted.v1', 'UptimeAccrued.v1', 'UptimeRewarded.v1', 'KudosGranted.v1', 'DonationOffset.v1', 'MonthlyEntitlementChanged.v1', 'TrustGranted.v1',
      'EscrowReleased.v1', 'CapExcessSwept.v1', 'BalanceReconciled.v1'])
      expect(types).toContain(type);
    const tests = events.filter(({ data }) => (data as { selfTest?: true }).selfTest).map(({ type }) => type);
    expect(tests).toEqual(expect.arrayContaining(['JobAssigned.v1', 'JobSubmitted.v1', 'JobSettled.v1', 'JobFaulted.v1']));
  });
});
