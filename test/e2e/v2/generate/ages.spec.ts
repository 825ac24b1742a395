import { expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';

const MINUTE_MS = 60_000;
/** Without the lane, whose turns begin anywhere. */
const horde = await startHorde('ages', { settings: { FAIR_AGES: 'on' } });
const { client } = horde;

it('serves who asks for more together with what was saved, and what more there is after whoever came later', async () => {
  const [owner, busy, modest] = [await client.person('owner', 25, { trusted: true }), await client.person('busy', 1_000), await client.person('modest', 1_000)];
  const ask = async (key: string) => (await client.askImage(key, { params: { n: 1, steps: 20 }, models: ['Deliberate'] })).body.id;
  const many: string[] = [];
  for (let nth = 0; nth < 5; nth += 1) {
    many.push(await ask(busy.key));
    await horde.pass(10_000);
  }
  await horde.pass(MINUTE_MS);
  const later = await ask(modest.key);
  await horde.pass(8 * MINUTE_MS);
  for (let nth = 0; nth < 6; nth += 1) expect((await client.popImage(owner.key, { name: 'Even', models: ['Deliberate'] })).body.ids).toHaveLength(1);
  const handedOut = (await horde.events()).filter(({ type }) => type === 'JobAssigned.v1').map(({ data }) => data as { request: string; assignedAt: string; payerAgesFrom: string });
  // Each takes its nine minutes and a half, of twenty that everybody has saved.
  expect(handedOut.map(({ request }) => request)).toEqual([many[0], many[1], many[2], later, many[3], many[4]]);
  const saved = handedOut.map(({ assignedAt, payerAgesFrom }) => Math.round((Date.parse(assignedAt) - Date.parse(payerAgesFrom)) / MINUTE_MS));
  expect(saved).toEqual([20, 10, 1, 20, 0, 0]);
});
