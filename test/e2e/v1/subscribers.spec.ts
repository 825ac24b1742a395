import { afterAll, describe, expect, it } from '@jest/globals';
import { MonthlyThanks } from '../../../src/donations/monthly-thanks.reactor.js';
import { startHorde } from '../../support/app.js';
import { V2, type Person } from '../../support/client.js';
import { stripe } from '../../donations/recorded.js';
import { SupportersServer } from '../../donations/supporters-server.js';

const subscribers = await SupportersServer.start(stripe({ ada: 2, grace: 'nobody#2147483647' }));
const horde = await startHorde('subscribers', { settings: { STRIPE_API_KEY: 'rk_test_secret', STRIPE_URL: subscribers.url } });
const { client } = horde;
afterAll(() => subscribers.stop());
const ada = await client.person('ada', 25);
const [grace, impostor] = [await client.person('grace', 25), await client.person('impostor', 25)];

const setContact = async (person: Person, contact: string): Promise<void> =>
  expect((await client.send('PUT', `${V2}/users/${person.id}`, { key: person.key, body: { contact } })).status).toBe(200);
const thank = async (): Promise<number> => {
  await horde.caughtUp();
  return horde.server.app.get(MonthlyThanks, { strict: false }).round();
};

describe('subscribers', () => {
  it('are thanked by the number in their subscription, or by the address that is the contact of one account alone', async () => {
    await setContact(grace, 'Grace@Example.org');
    await setContact(impostor, 'grace@example.org');
    expect(await thank()).toBe(2); // Ada, and the operator
    expect([await horde.kudosOf(ada), await horde.kudosOf(grace), await horde.kudosOf(impostor)]).toEqual([75_025, 25, 25]);
    await setContact(impostor, 'impostor@example.org');
    expect(await thank()).toBe(1);
    expect([await horde.kudosOf(ada), await horde.kudosOf(grace), await horde.kudosOf(impostor)]).toEqual([75_025, 200_025, 25]);
  });
});
