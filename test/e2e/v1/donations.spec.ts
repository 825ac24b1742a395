import { afterAll, describe, expect, it } from '@jest/globals';
import { MonthlyThanks } from '../../../src/donations/monthly-thanks.reactor.js';
import { RepayThanks } from '../../../src/donations/repay-thanks.reactor.js';
import { startHorde } from '../../support/app.js';
import { V2, type Fields } from '../../support/client.js';
import { patreon } from '../../donations/recorded.js';
import { SupportersServer } from '../../donations/supporters-server.js';

const DAY_MS = 24 * 60 * 60_000;
/** Users of this horde, in the order in which they come. */
const [ADA, GRACE, SOURCE] = [2, 3, 4];

const patrons = await SupportersServer.start(patreon({ ada: ADA, grace: `grace#${GRACE}`, formerly: SOURCE }));
const lines: string[] = [];
const horde = await startHorde('donations', {
  settings: { PATREON_CREATOR_ACCESS_TOKEN: 'a-very-secret-token', PATREON_URL: patrons.url, DONATION_SOURCE_USER: `source#${SOURCE}`, LOG_LEVEL: 'debug' },
  logTo: (line) => void lines.push(line),
});
const { client } = horde;
afterAll(() => patrons.stop());
const ada = await client.person('ada', 25);
const grace = await client.person('grace', 25);
const source = await client.person('source', 200_025);

/** An hour passes, and what is due happens. */
const hour = async (): Promise<number> => {
  await horde.pass(60 * 60_000);
  const granted = await horde.server.app.get(MonthlyThanks, { strict: false }).round();
  const { feed, log } = horde.server.platform;
  await feed.waitFor(await log.head());
  await horde.server.app.get(RepayThanks, { strict: false }).round();
  await horde.caughtUp();
  return granted;
};
const donations = async (): Promise<Fields> => (await client.get('/v1/ledger/donations')).body;
const recurring = async (person: { id: number }): Promise<unknown> => ((await client.get(`${V2}/users/${person.id}`)).body['kudos_details'] as Fields)['recurring'];

describe('thanks for donations', () => {
  it('come to each supporter and moderator, once a month, and are repaid as far as there is something to repay them with', async () => {
    expect(await donations()).toEqual({ unit: 'kudos', repaid_by: SOURCE, issued: 0, repaid: 0, shortfall: 0, months: [] });
    expect(await hour()).toBe(3); // Ada, Grace, and the operator, who is a moderator
    expect([await horde.kudosOf(ada), await horde.kudosOf(grace), await horde.kudosOf(source)]).toEqual([900_025, 30_025, 25]);
    expect([await recurring(ada), await recurring(grace), await recurring({ id: 1 }), await recurring(source)]).toEqual([900_000, 30_000, 300_000, -200_000]);
    const seen = await donations();
    expect(seen).toMatchObject({ issued: 1_230_000, repaid: 200_000, shortfall: 1_030_000 });
    expect(seen['months']).toEqual([{ month: expect.stringMatching(/^\d{4}-\d\d$/), grants: 3, issued: 1_230_000, repaid: 200_000, shortfall: 1_030_000 }]);
  });

  it('come once: a round again, and again, earns nothing', async () => {
    const { answer, events } = await horde.appendedBy(async () => [await hour(), await hour(), await hour()]);
    expect([answer, events]).toEqual([[0, 0, 0], []]);
  });

  it('come again when a calendar month has passed, and months that were missed follow hour by hour', async () => {
    await horde.pass(31 * DAY_MS);
    expect(await hour()).toBe(3);
    expect(await horde.kudosOf(ada)).toBe(1_800_025);
    await horde.pass(92 * DAY_MS);
    expect([await hour(), await hour(), await hour(), await hour()]).toEqual([3, 3, 3, 0]);
    expect(await recurring(ada)).toBe(5 * 900_000);
    expect(await donations()).toMatchObject({ issued: 5 * 1_230_000, repaid: 200_000 });
  });

  it('come for an entitlement: what is added at once, the whole of it each month, and moderators see what and when', async () => {
    const put = (monthly: number) => client.send('PUT', `${V2}/users/${source.id}`, { key: horde.operatorKey, body: { monthly_kudos: monthly } });
    const shown = async () => (await client.get(`${V2}/users/${source.id}`, horde.operatorKey)).body['monthly_kudos'];
    const repaid = -200_000;
    expect(await shown()).toEqual({ amount: 0 });
    expect((await put(1_000)).body).toEqual({ monthly_kudos: 1_000 });
    await horde.caughtUp();
    expect(await recurring(source)).toBe(repaid + 1_000);
    const first = await shown();
    expect(first).toEqual({ amount: 1_000, last_received: expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d -0000$/) });
    const { events } = await horde.appendedBy(hour);
    expect(events.map(({ type }) => type)).toEqual(['DonationOffset.v1']); // of what was added: it repays itself
    expect(await recurring(source)).toBe(repaid);
    await put(500);
    await horde.caughtUp();
    expect(await shown()).toEqual({ amount: 1_500, last_received: (first as Fields)['last_received'] });
    await horde.pass(31 * DAY_MS);
    const later = await horde.appendedBy(hour);
    expect(later.events.filter(({ stream }) => stream.startsWith(`grant-monthly-${source.id}-`)).map(({ data }) => (data as { amount: number }).amount)).toEqual([150_000]);
    expect(await shown()).not.toEqual({ amount: 1_500, last_received: (first as Fields)['last_received'] });
  });

  it('tell nobody of the creator\'s key', () => {
    expect(patrons.asked.length).toBeGreaterThan(0);
    expect(lines.join('\n')).not.toContain('a-very-secret-token');
  });

  it('let supporters do a little more than others', async () => {
    const batch = { params: { n: 2 }, disable_batching: true };
    expect((await client.askImage(ada.key, batch)).status).toBe(202);
    expect((await client.askImage(source.key, batch)).body).toMatchObject({ rc: 'RequiresTrust' });
  });
});
