import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';

const horde = await startHorde('concurrency');
const { client } = horde;

describe('how much may wait at once', () => {
  it('grows with kudos: fifty images of a member with 2,000 are all accepted, all served and all paid', async () => {
    const [member, volunteer] = [await client.person('member', 2_000), await client.person('volunteer', 25, { trusted: true })];
    const asked = [];
    for (const n of [20, 20, 10]) asked.push(await client.askImage(member.key, { params: { n } }));
    expect(asked.map(({ status }) => status)).toEqual([202, 202, 202]);
    let reward = 0;
    for (let popped = 0; popped < 50; ) {
      const { body: { ids } } = await client.popImage(volunteer.key, { name: 'Fifty', amount: 20, threads: 20 });
      expect(ids.length).toBeGreaterThan(0);
      for (const answer of await Promise.all(ids.map((id) => client.submitImage(volunteer.key, id)))) reward += answer.body.reward;
      popped += ids.length;
    }
    await horde.caughtUp();
    const ends = await Promise.all(asked.map(async ({ body: { id } }) => (await client.status(id)).body));
    expect(ends.map(({ finished, done, faulted }) => [finished, done, faulted])).toEqual([[20, true, false], [20, true, false], [10, true, false]]);
    const settled = (await horde.events()).filter(({ type }) => type === 'JobSettled.v1').map(({ data }) => data as { payer: number; price: number; forgiven: number });
    expect([settled.length, settled.every(({ payer, forgiven }) => payer === member.id && forgiven === 0)]).toEqual([50, true]);
    const earned = settled.reduce((sum, { price }) => sum + price, 0);
    expect(await horde.kudosOf(volunteer)).toBeCloseTo(25 + earned / 100, 8);
    expect(reward).toBeCloseTo(earned / 100, 8);
    expect(2_000 - (await horde.kudosOf(member))).toBeGreaterThan(earned / 100);
  });

  it('stays at thirty without them, and one more waits for every fifty kudos that are available', async () => {
    const [poor, richer] = [await client.register('poor'), await client.person('richer', 25 + 3 + 3 + 250)];
    const ask = async (key: string, n: number) => {
      const { status, body: { rc } } = await client.askImage(key, { params: { n }, models: ['Deliberate'] });
      return [status, rc];
    };
    expect([await ask(poor.key, 20), await ask(poor.key, 11), await ask(poor.key, 10)]).toEqual([[202, undefined], [429, 'TooManyPrompts'], [202, undefined]]);
    expect([await ask(richer.key, 20), await ask(richer.key, 16), await ask(richer.key, 15), await ask(richer.key, 1)]).toEqual([
      [202, undefined], [429, 'TooManyPrompts'], [202, undefined], [429, 'TooManyPrompts'],
    ]);
  });

  it('stays below thirty where a moderator has set it so, whatever the account has', async () => {
    const [member, moderator] = [await client.person('restricted', 1_000_000), await client.person('moderating', 25, { moderator: true })];
    expect((await client.send('PUT', `/api/v2/users/${member.id}`, { key: moderator.key, body: { concurrency: 2 } })).body).toMatchObject({ concurrency: 2 });
    await horde.caughtUp();
    const ask = async (n: number) => (await client.askImage(member.key, { params: { n }, models: ['Deliberate'] })).status;
    expect([await ask(3), await ask(2), await ask(1)]).toEqual([429, 202, 429]);
    expect((await client.get('/api/v2/find_user', member.key)).body['concurrency']).toBe(2);
  });

  it('is what the account is shown, and never more than two hundred', async () => {
    const [poor, rich] = [await client.person('shown', 25 + 149), await client.person('very rich', 1_000_000)];
    await horde.caughtUp();
    const shown = async (key: string) => (await client.get('/api/v2/find_user', key)).body['concurrency'];
    expect([await shown(poor.key), await shown(rich.key)]).toEqual([32, 200]);
  });
});
