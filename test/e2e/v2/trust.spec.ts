import { describe, expect, it } from '@jest/globals';
import { PromoteTrusted } from '../../../src/kudos/promote-trusted.reactor.js';
import { SweepExcess } from '../../../src/kudos/sweep-excess.reactor.js';
import { startHorde } from '../../support/app.js';
import type { Fields, Person } from '../../support/client.js';

const WEEK_MS = 7 * 24 * 3_600_000;
const horde = await startHorde('trust', { settings: { KUDOS_TRUST_THRESHOLD: '8', KUDOS_CAP: '5000' } });
const { client } = horde;
const moderator = await client.person('moderator', 25, { moderator: true });
const payer = await client.person('payer', 4_000);

/** What the timers do every few seconds. */
const rounds = async (): Promise<void> => {
  await horde.caughtUp();
  await horde.server.platform.feed.waitFor(await horde.server.platform.log.head());
  await horde.server.app.get(PromoteTrusted, { strict: false }).round();
  await horde.server.app.get(SweepExcess, { strict: false }).round();
  await horde.caughtUp();
};
const works = async (owner: Person, jobs: number): Promise<void> => {
  for (let job = 0; job < jobs; job++) {
    await client.askImage(payer.key);
    const { body: { id } } = await client.popImage(owner.key, { name: `worker of ${owner.id}` });
    expect((await client.submitImage(owner.key, id)).status).toBe(200);
  }
};
const seen = async (user: Person): Promise<Fields> => {
  await horde.caughtUp();
  return (await client.get(`/api/v2/users/${user.id}`, moderator.key)).body;
};
const changes = async (stream: string, ...types: string[]) => (await horde.events()).filter((event) => event.stream === stream && types.includes(event.type));

describe('a volunteer', () => {
  it('has half of what was earned in escrow, which nothing shows but the moderators\' view, and gets it once trusted', async () => {
    const volunteer = await client.person('volunteer', 25);
    await works(volunteer, 3);
    const before = await seen(volunteer);
    const [kudos, escrow] = [before['kudos'] as number, before['evaluating_kudos'] as number];
    expect(escrow).toBeGreaterThan(8);
    expect(before).toMatchObject({ trusted: false, kudos_details: { accumulated: expect.closeTo(kudos - 25, 2) } });
    await rounds();
    expect(await seen(volunteer)).toMatchObject({ trusted: false, evaluating_kudos: escrow });

    await horde.pass(WEEK_MS);
    await rounds();
    const after = await seen(volunteer);
    expect(after).toMatchObject({ trusted: true, evaluating_kudos: 0, kudos: expect.closeTo(kudos + escrow, 2) });
    expect((after['kudos_details'] as Fields)['accumulated']).toBeCloseTo(kudos + escrow - 25, 2);
    expect(await changes(`user-${volunteer.id}`, 'TrustGranted.v1')).toHaveLength(1);

    await works(volunteer, 1);
    expect(await seen(volunteer)).toMatchObject({ evaluating_kudos: 0 });
    await rounds();
    expect(await changes(`account-${volunteer.id}`, 'EscrowReleased.v1')).toHaveLength(1);
  });

  it('whom a moderator trusts gets it without waiting', async () => {
    const early = await client.person('early', 25);
    await works(early, 1);
    const before = await seen(early);
    await client.post('/api/v2/dev/test-user', undefined, { username: 'early', oauth_id: 'e2e-early', trusted: true, moderator: false, kudos: null });
    await rounds();
    expect(await seen(early)).toMatchObject({ evaluating_kudos: 0, kudos: expect.closeTo((before['kudos'] as number) + (before['evaluating_kudos'] as number), 2) });
  });
});

describe('the published cap', () => {
  const published = async () => (await client.get('/v1/ledger/supply')).body;
  it('refuses a gift that would exceed it, to the last kudos', async () => {
    const rich = await client.person('rich', 4_900);
    expect(await client.transfer(payer.key, rich.alias, 101)).toMatchObject({ status: 400, body: { rc: 'KudosTransferAboveCap' } });
    expect((await client.transfer(payer.key, rich.alias, 100)).status).toBe(200);
    expect(await horde.kudosOf(rich)).toBe(5_000);
    expect(await client.transfer(payer.key, rich.alias, 1)).toMatchObject({ status: 400, body: { rc: 'KudosTransferAboveCap' } });
  });

  it('has no more say in the queue at once, and is swept to pool:commons, in the owner\'s statement', async () => {
    const richer = await client.person('richer', 7_500);
    const asked = await client.askImage(richer.key);
    const [opened] = await changes(`account-${richer.id}`, 'AuthorizationOpened.v1');
    expect(opened?.data).toMatchObject({ request: asked.body.id, priority: 500_000 });
    await rounds();
    const { body } = await client.get<{ cap: number; entries: readonly Fields[] }>(`/v1/ledger/accounts/${richer.id}/statement`, richer.key);
    expect(body.cap).toBe(5_000);
    const [swept, ...more] = body.entries.filter(({ kind }) => kind === 'overflow');
    expect([swept, more]).toMatchObject([{ balance: 5_000, event: 'CapExcessSwept.v1', stream: `account-${richer.id}` }, []]);
    expect(await published()).toMatchObject({ cap: 5_000, commons: -(swept!['amount'] as number) });
    expect((await seen(richer))['kudos']).toBeLessThanOrEqual(5_000);
  });
});
