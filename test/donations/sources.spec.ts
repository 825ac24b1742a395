import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { MemberSource } from '../../src/donations/member-source.js';
import { Members } from '../../src/donations/members.message.js';
import { PatreonMembers } from '../../src/donations/patreon-members.js';
import { StripeMembers } from '../../src/donations/stripe-members.js';
import { kudos } from '../../src/kernel/kudos.js';
import { FetchOutbound } from '../../src/platform/outbound/outbound.js';
import { SettableClock } from '../support/ports.js';
import { patreon, stripe } from './recorded.js';
import { SupportersServer } from './supporters-server.js';

const [TOKEN, KEY] = ['patreon-token-of-the-creator', 'rk_test_of_the_horde'];
const LIMITS = { timeoutMs: 20_000, bytesMax: 20_000 };
/** For those who let one wait. */
const IMPATIENT = { ...LIMITS, timeoutMs: 200 };
const STARTED = '2025-06-03T18:41:09.214Z';
const SUBSCRIBED = '2025-06-03T18:41:09.000Z';

let patrons: SupportersServer;
let subscribers: SupportersServer;
beforeAll(async () => {
  patrons = await SupportersServer.start(patreon({ ada: 7, grace: 'grace#8', formerly: 9 }));
  subscribers = await SupportersServer.start(stripe({ ada: 7, grace: 'grace#8' }));
});
afterEach(() => {
  for (const server of [patrons, subscribers]) {
    server.asked.splice(0);
    server.override = undefined;
  }
});
afterAll(() => Promise.all([patrons.stop(), subscribers.stop()]));

const onPatreon = (limits = LIMITS): PatreonMembers => new PatreonMembers(new FetchOutbound(limits), { url: patrons.url, token: TOKEN });
const onStripe = (limits = LIMITS): StripeMembers => new StripeMembers(new FetchOutbound(limits), { url: subscribers.url, key: KEY });

describe('Patreon', () => {
  it('names active patrons of all pages whose note says who they are', async () => {
    expect(await onPatreon().members()).toEqual([
      { holder: { alias: 'ada#7' }, thanks: kudos(900_000), since: STARTED },
      { holder: { alias: 'grace#8' }, thanks: kudos(30_000), since: STARTED },
      { holder: { alias: '7' }, thanks: kudos(0), since: STARTED },
    ]);
    expect(patrons.asked.map(({ path, query }) => [path, query['page[cursor]']])).toEqual([
      ['/api/oauth2/v2/campaigns', undefined], ['/api/oauth2/v2/campaigns/4410381/members', undefined], ['/api/oauth2/v2/campaigns/4410381/members', '01:c2Vjb25k'],
    ]);
    expect(new Set(patrons.asked.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(patrons.asked[1]!.query['fields[member]']).toContain('currently_entitled_amount_cents');
  });
});

describe('Stripe', () => {
  it('names active subscribers of all pages, by metadata or by their address', async () => {
    expect(await onStripe().members()).toEqual([
      { holder: { alias: '7' }, thanks: kudos(75_000), since: SUBSCRIBED }, { holder: { contact: 'grace@example.org' }, thanks: kudos(200_000), since: SUBSCRIBED },
      { holder: { alias: 'grace#8' }, thanks: kudos(0), since: SUBSCRIBED },
    ]);
    expect(subscribers.asked.map(({ path, query }) => [path, query['status'], query['starting_after']])).toEqual([
      ['/v1/products', undefined, undefined], ['/v1/subscriptions', 'active', undefined], ['/v1/subscriptions', 'active', 'sub_2'],
    ]);
    expect(new Set(subscribers.asked.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${KEY}`]));
  });
});

describe('a source that does not answer as it should', () => {
  const failures: readonly (readonly [string, SupportersServer['override'], RegExp])[] = [
    ['refuses the key', (response) => response.writeHead(401).end('{"error":"bad token"}'), /answered 401/],
    ['is broken', (response) => response.writeHead(500).end('oops'), /answered 500/],
    ['sends its caller elsewhere', (response) => response.writeHead(302, { location: 'https://elsewhere.example/' }).end(), /could not be reached/],
    ['sends no JSON', (response) => response.writeHead(200).end('<html>'), /answered something else than JSON/],
    ['sends JSON of another shape', (response) => response.writeHead(200).end('{"data":7}'), /is no list/],
    ['sends a list of something else', (response) => response.writeHead(200).end('{"data":[1]}'), /is no object/],
    ['sends nothing but null', (response) => response.writeHead(200).end('null'), /is no object/],
    ['sends more than anybody reads', (response) => response.writeHead(200).end(JSON.stringify({ data: ['x'.repeat(LIMITS.bytesMax)] })), /answered more than 20000 bytes/],
    ['hangs up', (response) => response.destroy(), /could not be reached/],
    ['never answers', () => undefined, /did not answer within 200 ms/],
    ['never ends its answer', (response) => { response.writeHead(200).write('{"data":['); }, /did not answer within 200 ms/],
    ['has no end', (response) => response.writeHead(200).end('{"data":[],"has_more":true,"meta":{"pagination":{"cursors":{"next":"again"}}}}'), /has no end|not say after what/],
  ];
  it.each(failures)('and %s fails, with the place and without a secret', async (name, override, reason) => {
    const limits = name.startsWith('never') ? IMPATIENT : LIMITS;
    for (const [server, source] of [[patrons, onPatreon(limits)], [subscribers, onStripe(limits)]] as const) {
      server.override = override;
      const error = await source.members().then(() => undefined, (thrown: unknown) => thrown as Error);
      expect(error?.message).toMatch(reason);
      expect(`${error?.message} ${error?.stack} ${JSON.stringify(error)} ${String(error?.cause)}`).not.toMatch(new RegExp(`${TOKEN}|${KEY}`));
    }
  });
  it('is not there at all', async () => {
    const gone = new PatreonMembers(new FetchOutbound(LIMITS), { url: 'http://127.0.0.1:9', token: TOKEN });
    await expect(gone.members()).rejects.toThrow('http://127.0.0.1:9/api/oauth2/v2/campaigns: could not be reached');
  });
});

describe('the supporters of the horde', () => {
  const clock = new SettableClock();
  const warnings: string[] = [];
  const make = (...sources: MemberSource[]): Members => new Members({
    sources, clock, logger: { warn: (details, message) => void warnings.push(`${message} ${JSON.stringify(details)}`) },
    holders: {
      byAlias: (alias) => Promise.resolve(/^(\w+#)?\d+$/.test(alias) ? Number(alias.split('#').at(-1)) : undefined),
      byContact: (contact) => Promise.resolve(contact === 'grace@example.org' ? 8 : undefined),
    },
  });

  it('are those of all sources, each with everything to thank for', async () => {
    const members = make(onPatreon(), onStripe());
    expect(members.isPatron(7)).toBe(false);
    expect(await members.refresh()).toBe(2);
    expect([...members.users()].sort()).toEqual([7, 8]);
    expect(members.reasonsOf(7).map(({ amount }) => amount)).toEqual([kudos(900_000), kudos(0), kudos(75_000)]);
    expect(members.reasonsOf(8).map(({ amount }) => amount)).toEqual([kudos(30_000), kudos(200_000), kudos(0)]);
    expect([members.isPatron(7), members.isPatron(8), members.isPatron(9)]).toEqual([true, true, false]);
    expect(warnings.splice(0)).toEqual([
      'supporters with a tier that is not known are not thanked {"source":"Patreon","supporters":1}', 'supporters with a tier that is not known are not thanked {"source":"Stripe","supporters":1}',
    ]);
  });

  it('are asked for once an hour, and on Stripe twice', async () => {
    const members = make(onPatreon(), onStripe());
    await members.refresh();
    expect(await members.refresh()).toBe(0);
    clock.pass(30 * 60_000);
    expect(await members.refresh()).toBe(1);
    clock.pass(30 * 60_000);
    expect(await members.refresh()).toBe(2);
  });

  it('are known once they register, although the list was read before', async () => {
    const accounts = new Map<string, number>();
    const members = new Members({
      sources: [onPatreon()], clock, logger: { warn: () => undefined },
      holders: { byAlias: (alias) => Promise.resolve(accounts.get(alias)), byContact: () => Promise.resolve(undefined) },
    });
    await members.refresh();
    expect([...members.users()]).toEqual([]);
    accounts.set('grace#8', 8).set('7', 0);
    expect(await members.refresh()).toBe(0);
    expect([...members.users()]).toEqual([8]);
  });

  it('stay who they were while a source does not answer, and nothing secret or personal is logged', async () => {
    const members = make(onPatreon(), onStripe());
    await members.refresh();
    warnings.splice(0);
    patrons.override = (response) => response.writeHead(500).end(TOKEN);
    subscribers.override = (response) => response.writeHead(200).end('{"data":[{"id":"grace@example.org"}]}');
    clock.pass(60 * 60_000);
    expect(await members.refresh()).toBe(0);
    expect([members.isPatron(7), members.isPatron(8)]).toEqual([true, true]);
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).not.toMatch(new RegExp(`${TOKEN}|${KEY}|example.org`));
    expect(warnings[0]).toContain('answered 500');
    patrons.override = (response) => response.writeHead(200).end('{"data":[]}');
    clock.pass(60 * 60_000);
    expect(await members.refresh()).toBe(1);
    expect(members.reasonsOf(7).map(({ amount }) => amount)).toEqual([kudos(75_000)]);
  });
});
