import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Maintenance } from '../../../src/requests/maintenance.reactor.js';
import { Suspecting } from '../../../src/workers/suspecting.reactor.js';
import { WorkerAddresses } from '../../../src/workers/worker-addresses.message.js';
import { startHorde } from '../../support/app.js';
import { ANONYMOUS, KOBOLD, TEXT_MODEL, V2, type Accepted, type Answer, type Fields, type Person, type Popped, type Refusal } from '../../support/client.js';
import { pngOf } from '../../support/images.js';

const PNG_BASE64 = pngOf(64, 64).toString('base64');

// Scores addresses: 198.51.100.0/24 is a VPN's, of 192.0.2.0/24 nobody can tell.
const scorer = createServer((request, response) => {
  const ip = request.url!.slice(1);
  if (ip.startsWith('192.0.2.')) response.writeHead(429).end();
  else response.end(ip.startsWith('198.51.100.') ? '0.99' : '0.1');
});
await new Promise<void>((resolve) => { scorer.listen(0, '127.0.0.1', resolve); });
afterAll(() => { scorer.closeAllConnections(); scorer.close(); });

const horde = await startHorde('operations', { settings: { TRUST_PROXY_HOPS: '1', IP_CHECKER: `http://127.0.0.1:${(scorer.address() as AddressInfo).port}/{ip}`, IP_CHECKER_ALLOW: '198.51.100.77' } });
const { client, server: { app, platform } } = horde;
const admin = { key: horde.operatorKey };
const moderator = await client.person('moderator', 25, { moderator: true });
const payer = await client.person('payer', 100_000);
const owner = await client.person('owner', 25);

type Answered<Body = Fields> = Answer<Body & Refusal>;
const from = (ip: string) => ({ 'x-forwarded-for': ip });
const put = (path: string, key: string, body: unknown): Promise<Answered> => client.send('PUT', V2 + path, { key, body });
const modes = (key: string, body: unknown): Promise<Answered> => put('/status/modes', key, body);
const askFrom = (ip: string, { key }: { key: string } = payer, body: Fields = {}): Promise<Answered<Accepted>> => client.post(`${V2}/generate/async`, key, { prompt: 'a lighthouse', ...body }, from(ip));
const popFrom = (ip: string, { key }: { key: string }, name: string, body: Fields = {}): Promise<Answered<Popped>> =>
  client.post(`${V2}/generate/pop`, key, { name, models: ['stable_diffusion'], bridge_agent: 'AI Horde Worker reGen:13.0.0:x', max_pixels: 4_194_304, ...body }, from(ip));
const popText = (ip: string, { key }: { key: string }): Promise<Answered> => client.post(`${V2}/generate/text/pop`, key, { name: 'a scribe', models: [TEXT_MODEL], bridge_agent: KOBOLD }, from(ip));
const register = (ip: string): Promise<Answered> => client.send('POST', '/register', { headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...from(ip) }, body: 'username=stranger' });
const workerSeen = async (name: string, key?: string): Promise<Fields> => {
  await horde.caughtUp();
  return (await client.get(`${V2}/workers/name/${encodeURIComponent(name)}`, key)).body;
};
const held = async (): Promise<void> => {
  await horde.caughtUp();
  await app.get(Suspecting, { strict: false }).round();
};

describe('modes', () => {
  it('are shown to everybody, the raid to moderators only', async () => {
    expect((await client.get(`${V2}/status/modes`)).body).toEqual({ maintenance_mode: false, invite_only_mode: false });
    expect((await client.get(`${V2}/status/modes`, moderator.key)).body).toEqual({ maintenance_mode: false, invite_only_mode: false, raid_mode: false });
    expect((await client.get(`${V2}/status/modes`, 'unknown')).body).toMatchObject({ rc: 'InvalidAPIKey' });
    expect((await client.get(`${V2}/status/modes`, payer.key)).body).toMatchObject({ rc: 'NotModerator' });
  });

  it.each<[string, string, unknown, number, string | undefined]>([
    ['a text that is no truth', 'operator', { maintenance_mode: 'x' }, 400, undefined], ['an unknown key', 'unknown', {}, 401, 'InvalidAPIKey'],
    ['maintenance by a moderator', 'moderator', { maintenance_mode: true, raid_mode: true }, 403, 'NotAdmin'], ['a raid by a user', 'payer', { raid_mode: true }, 403, 'NotModerator'],
    ['invitations by nobody', 'anonymous', { invite_only_mode: true }, 403, 'NotModerator'], ['nothing', 'operator', {}, 400, 'NoHordeModSelected'],
  ])('refuse %s', async (_what, who, body, status, rc) => {
    const key = { operator: admin.key, moderator: moderator.key, payer: payer.key, anonymous: ANONYMOUS }[who] ?? who;
    const { answer, events } = await horde.appendedBy(() => modes(key, body));
    expect([answer.status, answer.body.rc, events]).toEqual([status, rc, []]);
  });

  it('in maintenance nothing is taken in, waiting images are withdrawn, and what is at workers is delivered', async () => {
    const [working, waiting, text] = [await client.askImage(payer.key, { params: { n: 2 } }), await client.askImage(payer.key), await client.askText(payer.key)];
    const { body: { id: job } } = await popFrom('203.0.113.1', owner, 'at work');
    const { events } = await horde.appendedBy(() => modes(admin.key, { maintenance_mode: true }));
    expect(events.map(({ type, data }) => [type, data])).toEqual([['ModesChanged.v1', expect.objectContaining({ maintenance: true, by: 1 })]]);
    expect((await horde.appendedBy(() => modes(admin.key, { maintenance_mode: true }))).events).toEqual([]);
    for (const refused of [await client.askImage(payer.key), await client.askText(payer.key), await client.post<Fields & Refusal>(`${V2}/interrogate/async`, payer.key, { source_image: PNG_BASE64, forms: [{ name: 'caption' }] })]) {
      expect([refused.status, refused.body.rc, refused.headers.get('retry-after')]).toEqual([400, 'MaintenanceMode', '60']);
    }
    await app.get(Maintenance, { strict: false }).round();
    await app.get(Maintenance, { strict: false }).round();
    await horde.caughtUp();
    expect((await client.check(waiting.body.id)).body).toMatchObject({ done: true, waiting: 0, finished: 0 });
    expect((await client.check(working.body.id)).body).toMatchObject({ done: false, waiting: 0, processing: 1 });
    expect((await client.status(text.body.id, 'text')).body).toMatchObject({ done: false, waiting: 1 });
    expect((await client.submitImage(owner.key, job)).body.reward).toBeGreaterThan(0);
    await horde.caughtUp();
    expect((await client.check(working.body.id)).body).toMatchObject({ done: true, finished: 1 });
    expect((await modes(admin.key, { maintenance_mode: false })).body).toEqual({ maintenance_mode: false });
    expect((await client.askText(payer.key)).status).toBe(202);
    await client.cancel(text.body.id, 'text');
  });

  it('by invitation only, new workers are taken from who is invited, and known ones work on', async () => {
    await modes(moderator.key, { invite_only_mode: true });
    expect((await popFrom('203.0.113.1', owner, 'uninvited')).body.rc).toBe('WorkerInviteOnly');
    expect((await popFrom('203.0.113.1', owner, 'at work')).status).toBe(200);
    await client.send('PUT', `${V2}/users/${owner.id}`, { key: moderator.key, body: { worker_invited: 2 } });
    expect((await popFrom('203.0.113.1', owner, 'invited')).status).toBe(200);
    expect((await popFrom('203.0.113.1', owner, 'one too many')).body.rc).toBe('WorkerInviteOnly');
    await modes(moderator.key, { invite_only_mode: false });
  });
});

describe('a blocked address', () => {
  const IP = '203.0.113.50';
  const block = (ipaddr: string, hours = 2, key = moderator.key): Promise<Answered> => client.send('POST', `${V2}/operations/ipaddr`, { key, body: { ipaddr, hours } });
  const unblock = (ipaddr: string): Promise<Answered> => client.send('DELETE', `${V2}/operations/ipaddr`, { key: moderator.key, body: { ipaddr } });
  const listed = async (path = ''): Promise<unknown> => (await client.get(`${V2}/operations/ipaddr${path}`, moderator.key)).body;

  it('neither asks nor works nor registers, and watches only under a name of its own', async () => {
    const { body: { id } } = await askFrom(IP);
    const { answer, events } = await horde.appendedBy(() => block(IP));
    expect([answer.body, events.map(({ type }) => type)]).toEqual([{ message: 'OK' }, ['AddressBlocked.v1']]);
    for (const refused of [await askFrom(IP), await client.post<Fields & Refusal>(`${V2}/generate/text/async`, payer.key, { prompt: 'x' }, from(IP)), await popFrom(IP, owner, 'at work'), await popText(IP, moderator), await register(IP)]) {
      expect([refused.status, refused.body.rc, refused.body.message]).toEqual([403, 'TimeoutIP', expect.stringMatching(/timeout for another \d+ seconds/)]);
    }
    expect(await client.check(id, from(IP))).toMatchObject({ status: 403, body: { rc: 'Forbidden' } });
    expect((await client.check(id, { ...from(IP), 'client-agent': 'mine:1:me' })).status).toBe(200);
    expect((await askFrom('203.0.113.51')).status).toBe(202);
    expect(await listed()).toEqual([]);
    expect(await listed(`/${IP}`)).toEqual([{ ipaddr: IP, seconds: expect.any(Number) }]);
    expect((await unblock(IP)).body).toEqual({ message: 'OK' });
    expect((await horde.appendedBy(() => unblock(IP))).events).toEqual([]);
    expect((await askFrom(IP)).status).toBe(202);
  });

  it('may be a whole network, and ends by itself', async () => {
    await block('203.0.113.0/24', 720);
    await block(IP, 1);
    expect((await askFrom('203.0.113.99')).body.message).not.toMatch(/seconds/); // more than four days
    expect((await askFrom(IP)).body.message).toMatch(/another 3[56]\d\d seconds/); // its own comes first
    expect(await listed()).toEqual([{ ipaddr: '203.0.113.0/24', seconds: 720 * 3_600 }]);
    expect(await listed(`/${IP}`)).toEqual([{ ipaddr: '203.0.113.0/24', seconds: 720 * 3_600 }, { ipaddr: IP, seconds: 3_600 }]);
    await block('203.0.113.0/24', 1);
    await horde.pass(3_601_000);
    expect([(await askFrom(IP)).status, await listed(`/${IP}`)]).toEqual([202, []]);
  });

  it.each<[string, unknown, string, number, string | undefined]>([
    ['too short a text', { ipaddr: '::1', hours: 1 }, 'moderator', 400, undefined], ['too many hours', { ipaddr: IP, hours: 721 }, 'moderator', 400, undefined],
    ['what is no address', { ipaddr: 'localhost', hours: 1 }, 'unknown', 400, 'BadRequest'], ['bits beyond the prefix', { ipaddr: '203.0.113.7/24', hours: 1 }, 'unknown', 400, 'BadRequest'],
    ['an unknown key', { ipaddr: IP, hours: 1 }, 'unknown', 401, 'InvalidAPIKey'], ['a user', { ipaddr: IP, hours: 1 }, 'payer', 403, 'NotModerator'],
  ])('is not %s', async (_what, body, who, status, rc) => {
    const key = { moderator: moderator.key, payer: payer.key }[who] ?? who;
    for (const method of ['POST', 'DELETE'].slice(0, status === 400 && rc === undefined ? 1 : 2)) {
      const { answer, events } = await horde.appendedBy(() => client.send<Fields & Refusal>(method, `${V2}/operations/ipaddr`, { key, body }));
      expect([answer.status, answer.body.rc, events]).toEqual([status, rc, []]);
    }
  });

  it('is none if the process dies before its row is written, and is when it is asked for again', async () => {
    await platform.database.execute('ALTER TABLE platform.address_block RENAME TO away');
    const failed = await horde.appendedBy(() => block(IP)).finally(() => platform.database.execute('ALTER TABLE platform.away RENAME TO address_block'));
    expect([failed.answer.status, failed.events.map(({ type }) => type), (await askFrom(IP)).status]).toEqual([500, ['AddressBlocked.v1'], 202]);
    expect((await block(IP)).status).toBe(200);
    expect((await askFrom(IP)).body.rc).toBe('TimeoutIP');
    await unblock(IP);
  });

  it('is that of whom a service account speaks for, if its passkey is really its own', async () => {
    const service = await client.person('service', 100_000);
    await put(`/users/${service.id}`, moderator.key, { service: true });
    const { body: { proxy_passkey: passkey } } = await put(`/users/${service.id}`, service.key, { generate_proxy_passkey: true });
    await horde.caughtUp();
    await block(IP);
    const ask = (proxy: Fields, key = service.key, path = 'generate/async', body: Fields = { prompt: 'a lighthouse' }): Promise<Answered<Accepted>> =>
      client.post(`${V2}/${path}`, key, body, { ...from('203.0.113.99'), 'proxied-for': IP, ...proxy });
    const spoken = { 'proxy-authorization': String(passkey) };
    for (const [path, body] of [['generate/async', { prompt: 'a lighthouse' }], ['generate/text/async', { prompt: 'Once' }]] as const)
      expect(await ask(spoken, payer.key, path, body)).toMatchObject({ status: 403, body: { rc: 'TimeoutIP' } });
    expect((await ask(spoken, service.key, 'interrogate/async', { forms: [{ name: 'caption' }], source_image: PNG_BASE64 })).status).toBe(202); // alchemy does not ask (horde-api B.2)
    for (const proxy of [{}, { 'proxy-authorization': 'forged' }, { ...spoken, 'proxied-for': 'localhost' }]) expect((await ask(proxy as Fields)).status).toBe(202);
    await put(`/users/${service.id}`, moderator.key, { flagged: true });
    await horde.caughtUp();
    expect((await ask(spoken, payer.key)).status).toBe(202);
    await unblock(IP);
  });

  it('of a worker is seen by moderators, and blocked with its whole /64', async () => {
    expect((await popFrom('2001:db8:1:2::7', moderator, 'six')).status).toBe(200);
    const six = await workerSeen('six', moderator.key);
    expect(six).toMatchObject({ ipaddr: '2001:db8:1:2::7', owner: moderator.alias, messages: [] });
    expect(await workerSeen('six')).not.toHaveProperty('ipaddr');
    const path = `/operations/block_worker_ipaddr/${String(six['id'])}`;
    expect((await put(path, moderator.key, { days: 31 })).status).toBe(400);
    expect((await put(path, payer.key, { days: 1 })).body.rc).toBe('NotModerator');
    expect((await put('/operations/block_worker_ipaddr/x', moderator.key, { days: 1 })).body.rc).toBe('WorkerNotFound');
    expect((await put(path, moderator.key, { days: 1 })).body).toEqual({ message: 'OK' });
    expect([(await popFrom('2001:db8:1:2:ffff::1', owner, 'neighbour')).body.rc, (await popFrom('2001:db8:1:3::7', moderator, 'six')).status]).toEqual(['TimeoutIP', 200]);
    expect(await listed()).toEqual([{ ipaddr: '2001:db8:1:2::/64', seconds: 86_400 }]);
    expect((await client.send('DELETE', V2 + path, { key: moderator.key })).body).toEqual({ message: 'OK' }); // it has moved since
    expect(await listed()).toEqual([]);
  });

  it('stands in no event, and in no table that anybody could read', async () => {
    await block(IP);
    const rows = await platform.database.query('SELECT *, encode(sealed, \'escape\') AS text FROM platform.address_block UNION ALL SELECT subscriber_hash, worker, sealed, worker, seen_ms, encode(sealed, \'escape\') FROM platform.worker_address');
    expect(rows.length).toBeGreaterThan(2);
    expect(JSON.stringify(rows)).not.toMatch(/203\.0\.113|2001:db8/);
    expect(JSON.stringify(await horde.events())).not.toMatch(/203\.0\.113|2001:db8/);
    await unblock(IP);
    await horde.pass(31 * 24 * 3_600_000);
    expect(await app.get(WorkerAddresses, { strict: false }).forgetOld()).toBeGreaterThan(1);
    expect(await workerSeen('six', moderator.key)).not.toHaveProperty('ipaddr');
  });
});

describe('where a worker comes from', () => {
  const VPN = '198.51.100.7';
  it('is nobody\'s business of trusted users, of those who may use a VPN, and of what the operator allows', async () => {
    const [traveller, trusted] = [await client.person('traveller', 25), await client.person('trusted', 25, { trusted: true })];
    expect((await popFrom(VPN, traveller, 'far away')).body.rc).toBe('UnsafeIP');
    expect((await popFrom('192.0.2.7', traveller, 'far away')).body.rc).toBe('TooManyNewIPs');
    expect((await popFrom('198.51.100.77', traveller, 'allowed')).status).toBe(200);
    expect((await popFrom(VPN, trusted, 'trusted far away')).status).toBe(200);
    await client.send('PUT', `${V2}/users/${traveller.id}`, { key: moderator.key, body: { vpn: true } });
    expect((await popFrom(VPN, traveller, 'far away')).status).toBe(200);
  });

  it('is no place for too many of them, unless it is the operator\'s own network', async () => {
    const people = await Promise.all(['a', 'b', 'c'].map((name) => client.person(`crowd ${name}`, 25)));
    const pops = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => popFrom('203.0.113.200', people[index % 3]!, `crowd ${index}`)));
    expect(pops.map(({ body }) => body.rc).sort()).toEqual(['TooManySameIPs', 'TooManySameIPs', undefined, undefined, undefined, undefined]);
    expect((await popFrom('203.0.113.200', people[0]!, 'one more')).body.rc).toBe('TooManySameIPs');
    expect((await popFrom('10.0.0.7', people[0]!, 'at home')).status).toBe(200);
  });
});

describe('a raid', () => {
  it('closes registration, and hides who could serve a request', async () => {
    await modes(moderator.key, { raid_mode: true });
    expect((await client.get(`${V2}/status/modes`, moderator.key)).body).toMatchObject({ raid_mode: true });
    expect((await register('203.0.113.60')).body.rc).toBe('RegistrationClosed');
    const { body } = await askFrom('203.0.113.60', payer, { models: ['Juggernaut XL'] });
    expect([body.message, body.warnings]).toEqual([undefined, undefined]);
    await client.cancel(body.id);
  });

  it('takes no requests from unsafe addresses but of trusted users', async () => {
    const trusted = await client.person('trusted in a raid', 1_000, { trusted: true });
    expect((await askFrom('198.51.100.8')).body.rc).toBe('UntrustedUnsafeIP');
    expect((await client.post<Refusal>(`${V2}/interrogate/async`, payer.key, { source_image: PNG_BASE64, forms: [{ name: 'caption' }] }, from('198.51.100.8'))).body.rc).toBe('UntrustedUnsafeIP');
    for (const { body } of [await askFrom('198.51.100.8', trusted), await askFrom('192.0.2.9')]) {
      expect(body.rc).toBeUndefined();
      await client.cancel(body.id);
    }
  });

  it('lets workers in from there, and suspects them of it, once', async () => {
    const raider = await client.person('raider', 25);
    for (let pop = 0; pop < 3; pop++) expect((await popFrom('198.51.100.9', raider, 'raider')).status).toBe(200);
    expect(await workerSeen('raider', moderator.key)).toMatchObject({ suspicious: 1 });
    expect((await horde.events()).filter(({ data }) => (data as { reason?: string }).reason === 'UNSAFE_IP').map(({ type }) => type)).toEqual(['WorkerSuspected.v1', 'UserSuspected.v1']);
  });

  it('suspects a worker of its eleventh abort, and does not say so', async () => {
    const weak: Person = await client.person('of a weak one', 25);
    for (let job = 0; job < 11; job++) {
      const asked = await client.askImage(payer.key, { models: ['Dreamshaper'] });
      const popped = await popFrom('203.0.113.61', weak, 'weak', { models: ['Dreamshaper'] });
      await client.submitImage(weak.key, popped.body.id, { state: 'faulted' });
      await client.cancel(asked.body.id);
      await held();
      expect(await workerSeen('weak', moderator.key)).toMatchObject({ suspicious: job === 10 ? 1 : 0, maintenance_mode: false });
    }
    await held();
    expect(await workerSeen('weak', moderator.key)).toMatchObject({ suspicious: 1, maintenance_mode: false });
    await modes(moderator.key, { raid_mode: false });
  });
});
