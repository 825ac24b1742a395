import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { records } from '../../projections/records/project.js';
import { recordsOf } from '../../projections/records/queries.js';
import type { Recorded } from '../../src/kernel/event.js';
import { NO_KUDOS } from '../../src/kernel/kudos.js';
import type { JobSettled } from '../../src/kudos/account.events.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { imageFacts, textFacts } from '../support/request-facts.js';
import { deliver, emptied } from './delivery.js';

const AT = '2026-01-01T00:00:00.000Z';
const ARTIST = 7;
const WRITER = 8;
const WORKER = 9;

const recorded = (facts: readonly { type: string; data: object }[]): Recorded[] => facts.map(({ type, data }, index) => ({
  stream: 'any-1', revision: index, position: index, id: String(index), type, data,
  metadata: { $correlationId: '', $causationId: '', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'test' },
}));

const imageOf = (payer: number) => ({ type: 'RequestAccepted.v1', data: imageFacts({ request: 'r-1', payer, acceptedAt: AT }) });
const textOf = (payer: number) => ({ type: 'RequestAccepted.v1', data: textFacts({ request: 'r-2', payer, acceptedAt: AT }) });
const settled = (given: Pick<JobSettled['data'], 'kind' | 'payer' | 'things'>) => ({
  type: 'JobSettled.v1',
  data: {
    request: 'r', job: 'j', owner: WORKER, worker: 'w', model: 'm', price: NO_KUDOS, debit: NO_KUDOS, forgiven: NO_KUDOS, captured: NO_KUDOS,
    spendable: NO_KUDOS, escrow: NO_KUDOS, settledAt: AT, policy: 1, ...given,
  } satisfies JobSettled['data'],
});

const HISTORY = recorded([
  imageOf(ARTIST), settled({ kind: 'image', payer: ARTIST, things: 1_330_000 }), settled({ kind: 'image', payer: ARTIST, things: 1_330_000 }),
  settled({ kind: 'image', payer: ARTIST, things: 1_330_000 }), settled({ kind: 'image', payer: ARTIST, things: 4_999 }),
  textOf(WRITER), settled({ kind: 'text', payer: WRITER, things: 80 }), imageOf(0), settled({ kind: 'image', payer: 0, things: 7_864_320 }),
]);
const NONE = { image: 0, text: 0, interrogation: 0 };
const NOTHING = { megapixelsteps: 0, tokens: 0 };

describe('the records of users', () => {
  let test: TestDatabase;
  beforeAll(async () => (test = await freshDatabase('records')), 60_000);
  afterAll(() => test.close());

  const filled = async (sizes: readonly number[] = []): Promise<void> => {
    await emptied(test.database, [records]);
    await deliver(test.database, records, { events: HISTORY, sizes });
  };

  it.each([[[]], [[1, 1, 1, 1, 1, 1, 1, 1]], [[2, 3]]])('are the same in batches of %j', async (sizes) => {
    await filled(sizes);
    // Requests count when accepted and with each job (Q21); every job is rounded to hundredths before it is added.
    expect(await recordsOf(test.database, ARTIST)).toEqual({
      usage: { megapixelsteps: 3.99, tokens: 0 }, contribution: NOTHING, fulfillment: NONE, request: { ...NONE, image: 5 }, style: NONE,
    });
    expect(await recordsOf(test.database, WRITER)).toEqual({
      usage: { megapixelsteps: 0, tokens: 80 }, contribution: NOTHING, fulfillment: NONE, request: { ...NONE, text: 2 }, style: NONE,
    });
    expect(await recordsOf(test.database, WORKER)).toEqual({
      usage: NOTHING, contribution: { megapixelsteps: 11.85, tokens: 80 }, fulfillment: { ...NONE, image: 5, text: 1 }, request: NONE, style: NONE,
    });
  });

  it('count everybody without a key as user 0', async () => {
    await filled();
    expect(await recordsOf(test.database, 0)).toMatchObject({ usage: { megapixelsteps: 7.86, tokens: 0 }, request: { ...NONE, image: 2 } });
  });

  it('are zero for somebody who did nothing', async () => {
    await filled();
    expect(await recordsOf(test.database, 1)).toEqual({ usage: NOTHING, contribution: NOTHING, fulfillment: NONE, request: NONE, style: NONE });
  });
});
