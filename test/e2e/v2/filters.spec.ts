import { describe, expect, it } from '@jest/globals';
import { PromptFilters } from '../../../src/filters/prompt-filters.message.js';
import { AddressBlocks } from '../../../src/operations/address-blocks.message.js';
import { freePort, startHorde, startOn } from '../../support/app.js';
import { ANONYMOUS, V2, type Accepted, type Answer, type Fields, type Person, type Refusal } from '../../support/client.js';

const lines: string[] = [];
const settings = { TRUST_PROXY_HOPS: '1' };
const horde = await startHorde('filters', { settings: { ...settings, LOG_LEVEL: 'trace' }, logTo: (line) => void lines.push(line) });
const { client, server: { platform } } = horde;
const moderator = await client.person('moderator', 100_000, { moderator: true, trusted: true });
const payer = await client.person('payer', 100_000);
const owner = await client.person('owner', 25, { trusted: true });
const person = (who: string): string => ({ moderator: moderator.key, payer: payer.key, anonymous: ANONYMOUS })[who] ?? who;

type Answered<Body = Fields> = Answer<Body & Refusal>;
interface Shown { readonly id: string; readonly regex: string; readonly filter_type: number; readonly description?: string | null; readonly replacement: string; readonly user: string }
const FILTERS = `${V2}/filters`;
const send = <Body = Shown>(method: string, path: string, { who = 'moderator', body }: { who?: string; body?: unknown } = {}): Promise<Answered<Body>> =>
  client.send(method, FILTERS + path, { key: person(who), ...(body === undefined ? {} : { body }) });
const list = async (query = ''): Promise<readonly string[]> => (await send<readonly Shown[]>('GET', query)).body.map(({ regex }) => regex);
const askFrom = (ip: string, body: Fields, { key }: Pick<Person, 'key'> = payer, headers = {}): Promise<Answered<Accepted & { resolved: Fields }>> =>
  client.post(`${V2}/generate/async`, key, body, { 'x-forwarded-for': ip, ...headers });
const give = (user: Person, roles: Fields) => client.send('PUT', `${V2}/users/${user.id}`, { key: moderator.key, body: roles });
const suspicions = async (user: Person): Promise<unknown> => {
  await horde.caughtUp();
  return (await client.get(`${V2}/users/${user.id}`, moderator.key)).body['suspicious'];
};

const BAD = 'a lewd, wicked (child:1.2)!';
const REPLACED = 'a lewd wicked adult###child, infant, underage, immature, teenager, tween';
const FAULT = expect.stringMatching(/regex/);

describe('filters', () => {
  it.each<[string, string, string, unknown, string, number, string | undefined]>([
    ['a list without a key', 'GET', '', undefined, '', 400, undefined], ['a list by nobody known', 'GET', '', undefined, 'unknown', 401, 'InvalidAPIKey'], ['a list by a user', 'GET', '', undefined, 'payer', 403, 'NotModerator'],
    ['a list of what is no type', 'GET', '?filter_type=x', undefined, 'unknown', 400, undefined], ['regexes by a user', 'GET', '/regex', undefined, 'payer', 403, 'NotModerator'], ['regexes by nobody', 'GET', '/regex', undefined, 'anonymous', 403, 'NotModerator'],
    ['one by a user, before whether it is there', 'GET', '/x', undefined, 'payer', 403, 'NotModerator'], ['one by nobody known', 'GET', '/1', undefined, 'unknown', 401, 'InvalidAPIKey'], ['one that is not there', 'GET', '/99', undefined, 'moderator', 404, 'FilterNotFound'],
    ['one without a number', 'GET', '/x', undefined, 'moderator', 404, 'FilterNotFound'], ['one beyond all numbers', 'GET', '/99999999999999999999', undefined, 'moderator', 404, 'FilterNotFound'], ['one below all numbers', 'GET', '/-1', undefined, 'moderator', 404, 'FilterNotFound'],
    ['adding without a type', 'PUT', '', { regex: 'x' }, 'unknown', 400, undefined], ['adding to no type', 'PUT', '', { regex: 'x', filter_type: 30 }, 'moderator', 400, undefined], ['adding a type in words', 'PUT', '', { regex: 'x', filter_type: '10' }, 'moderator', 400, undefined],
    ['adding by a user, before the regex is read', 'PUT', '', { regex: '(', filter_type: 10 }, 'payer', 403, 'NotModerator'], ['adding what is no regex', 'PUT', '', { regex: '(', filter_type: 10 }, 'moderator', 400, 'BadRequest'],
    ['adding what matches everything', 'PUT', '', { regex: 'a*', filter_type: 10 }, 'moderator', 400, 'BadRequest'], ['adding a lookahead', 'PUT', '', { regex: '(?=a)b', filter_type: 10 }, 'moderator', 400, 'BadRequest'], ['adding NUL', 'PUT', '', { regex: 'a\0', filter_type: 10 }, 'moderator', 400, 'NulByteInPayload'],
    ['scoring without a prompt', 'POST', '', {}, 'moderator', 400, undefined], ['scoring by a user', 'POST', '', { prompt: 'x' }, 'payer', 403, 'NotModerator'], ['changing to no type', 'PATCH', '/x', { filter_type: 9 }, 'unknown', 400, undefined],
    ['changing by a user', 'PATCH', '/x', {}, 'payer', 403, 'NotModerator'], ['changing what is not there, before what is wrong with it', 'PATCH', '/x', {}, 'moderator', 404, 'FilterNotFound'], ['deleting what is not there', 'DELETE', '/x', undefined, 'moderator', 404, 'FilterNotFound'],
    ['deleting by a user', 'DELETE', '/1', undefined, 'payer', 403, 'NotModerator'],
  ])('refuse %s', async (_what, method, path, body, who, status, rc) => {
    const { answer, events } = await horde.appendedBy(() => (who === '' ? client.send<Fields & Refusal>(method, FILTERS + path) : send<Fields>(method, path, { who, body })));
    expect([answer.status, answer.body.rc, events]).toEqual([status, rc, []]);
    if (rc === 'BadRequest') expect(answer.body.message).toEqual(FAULT);
  });

  it('are added, shown, changed and deleted by moderators, and say who did it', async () => {
    const { answer, events } = await horde.appendedBy(() => send('PUT', '', { body: { regex: '\\bw[io]cked\\b', filter_type: 15 } }));
    const shown = { id: '1', regex: '\\bw[io]cked\\b', filter_type: 15, description: null, replacement: '', user: moderator.alias };
    expect([answer.status, answer.body]).toEqual([200, shown]);
    expect(events.map(({ type, stream }) => [type, stream])).toEqual([['FilterAdded.v1', 'filters']]);
    expect(JSON.stringify(events)).not.toContain('cked');
    const again = await horde.appendedBy(() => send('PUT', '', { body: { regex: '\\bw[io]cked\\b', filter_type: 15, replacement: 'ignored' } }));
    expect([again.answer.body, again.events]).toEqual([shown, []]);
    expect((await send('GET', '/1')).body).toEqual(shown);
    expect((await send<readonly Shown[]>('GET', '')).body).toEqual([{ id: '1', regex: '\\bw[io]cked\\b', filter_type: 15, replacement: '', user: moderator.alias }]);
    expect((await send('PATCH', '/1', { body: { regex: '\\bwicked\\b', filter_type: 20, description: 'bad ones', replacement: 'good' } })).body)
      .toEqual({ ...shown, regex: '\\bwicked\\b', filter_type: 20, description: 'bad ones', replacement: 'good' });
    expect((await send('PATCH', '/1', { body: { replacement: '' } })).body).toMatchObject({ description: 'bad ones', replacement: '' });
    for (const [body, rc] of [[{}, 'NoFilterModSelected'], [{ regex: 'a|' }, 'BadRequest']] as const) expect((await send('PATCH', '/1', { body })).body.rc).toBe(rc);
    expect((await horde.appendedBy(() => send('DELETE', '/1'))).answer.body).toEqual({ message: 'OK' });
    expect([(await send('DELETE', '/1')).body.rc, (await send('GET', '/1')).body.rc]).toEqual(['FilterNotFound', 'FilterNotFound']);
  });

  it('are listed by type and by part, and put together by type', async () => {
    for (const body of [{ regex: '\\bchild\\b', filter_type: 10, replacement: 'adult' }, { regex: '\\blewd\\b', filter_type: 20, description: 'as in Lewd' }, { regex: '\\bkid\\b', filter_type: 10 }]) await send('PUT', '', { body });
    expect([await list(), await list('?filter_type=10'), await list('?contains=ewd'), await list('?contains=as+in'), await list('?contains=child&filter_type=20'), await list('?filter_type=12')])
      .toEqual([['\\bchild\\b', '\\blewd\\b', '\\bkid\\b'], ['\\bchild\\b', '\\bkid\\b'], ['\\blewd\\b'], ['\\blewd\\b'], [], []]);
    expect((await send<unknown>('GET', '/regex')).body).toEqual([{ filter_type: 10, regex: '\\bchild\\b|\\bkid\\b' }, { filter_type: 11 }, { filter_type: 20, regex: '\\blewd\\b' }]);
    expect((await send<unknown>('GET', '/regex?filter_type=20')).body).toEqual([{ filter_type: 20, regex: '\\blewd\\b' }]);
    const kid = (await send<readonly Shown[]>('GET', '?contains=kid')).body[0]!.id;
    expect((await send('PATCH', `/${kid}`, { body: { regex: '\\bchild\\b' } })).body).toMatchObject({ rc: 'BadRequest', message: expect.stringMatching(/filter 2 has the same/) });
  });

  it('score prompts', async () => {
    const score = async (body: Fields) => (await send<Fields>('POST', '', { body })).body;
    expect(await score({ prompt: BAD })).toEqual({ suspicion: '2', matches: ['child', 'lewd'] });
    expect(await score({ prompt: BAD, filter_type: '20' })).toEqual({ suspicion: '1', matches: ['lewd'] });
    expect(await score({ prompt: 'a lewd 👶🏽###child' })).toEqual({ suspicion: '2', matches: ['👶', 'lewd'] });
    expect(await score({ prompt: 'a lighthouse###lewd child' })).toEqual({ suspicion: '0', matches: [] });
  });
});

describe('a prompt that both groups match', () => {
  it('is replaced for the worker, and nobody else is told', async () => {
    const { answer, events } = await horde.appendedBy(() => askFrom('203.0.113.1', { prompt: `${BAD}###rain` }));
    expect([answer.status, Object.keys(answer.body).sort()]).toEqual([202, ['id', 'kudos', 'kudos_quote', 'message', 'warnings']]);
    expect(events.map(({ type }) => type)).toEqual(['AuthorizationOpened.v1', 'RequestAccepted.v1']);
    const popped = await client.popImage(owner.key, { name: 'painter' });
    expect(popped.body.payload).toMatchObject({ prompt: `${REPLACED}, rain` });
    await client.submitImage(owner.key, popped.body.id);
    expect(await suspicions(payer)).toBe(0);
  });

  it('is resolved in a dry run, and may come from anybody, also from nobody', async () => {
    expect((await askFrom('203.0.113.1', { prompt: BAD, dry_run: true })).body.resolved).toMatchObject({ prompt: 'a lewd wicked adult', negative_prompt: 'child, infant, underage, immature, teenager, tween' });
    const nobody = await askFrom('203.0.113.1', { prompt: BAD }, { key: ANONYMOUS });
    expect(nobody.status).toBe(202);
    await client.cancel(nobody.body.id);
  });

  it('is looked at after a style was applied', async () => {
    const style = await client.post<{ id: string }>(`${V2}/styles/image`, owner.key, { name: 'lewd ones', info: 'For tests of filters.', prompt: 'lewd {p}###{np}', params: {}, models: ['stable_diffusion'] });
    expect(style.status).toBe(200);
    expect((await askFrom('203.0.113.1', { prompt: 'child', style: style.body.id, dry_run: true })).body.resolved).toMatchObject({ prompt: 'lewd adult' });
    expect((await askFrom('203.0.113.1', { prompt: 'child', dry_run: true })).body.resolved).toMatchObject({ prompt: 'child', negative_prompt: null });
  });

  it('is what text may be about', async () => {
    const asked = await client.askText(payer.key, { prompt: 'a lewd child' });
    expect(asked.status).toBe(202);
    await client.cancel(asked.body.id, 'text');
  });

  it('that is too long to be replaced is refused, and so is one that nobody can look through', async () => {
    expect((await askFrom('203.0.113.1', { prompt: BAD.padEnd(7_001, ' sea') })).body).toMatchObject({ rc: 'BadRequest', message: expect.stringMatching(/7000/) });
    expect((await askFrom('203.0.113.1', { prompt: 'sea'.repeat(17_000) })).body).toMatchObject({ rc: 'InvalidPromptSize', message: expect.stringMatching(/50000/) });
  });

  it('is never let through for flagged users and schools, who cannot say no to its replacement', async () => {
    const [flagged, school] = [await client.person('flagged', 100_000), await client.person('school', 100_000)];
    await give(flagged, { flagged: true });
    await give(school, { education: true });
    await horde.caughtUp();
    const resolved = async (prompt: string, who: Person) => (await askFrom('203.0.113.1', { prompt, dry_run: true, replacement_filter: false }, who)).body.resolved['prompt'];
    expect([await resolved(BAD, flagged), await resolved(BAD, school)]).toEqual(['a lewd wicked adult', 'a lewd wicked adult']);
    expect([await resolved('A lighthouse!', flagged), await resolved('A lighthouse!', school)]).toEqual(['A lighthouse', 'A lighthouse!']);
    expect((await askFrom('203.0.113.1', { prompt: '!!!' }, flagged)).body.rc).toBe('CorruptPrompt');
    expect([await suspicions(flagged), (await askFrom('203.0.113.1', { prompt: 'x', dry_run: true })).status]).toEqual([0, 200]);
  });

  it('that is only young is replaced for models that are for adults', async () => {
    expect((await askFrom('203.0.113.1', { prompt: 'a small boat, 1girl', models: ['Deliberate'], dry_run: true })).body.resolved).toMatchObject({ prompt: 'a adult boat adult woman' });
  });
});

describe('a prompt that must not be replaced', () => {
  const refused = { prompt: BAD, replacement_filter: false };

  it('is refused, held against its sender once, and each time keeps the address out for longer', async () => {
    const IP = '203.0.113.7';
    const sender = await client.person('sender', 100_000);
    const { answer, events } = await horde.appendedBy(() => askFrom(IP, { ...refused, dry_run: true }, sender));
    expect([answer.status, answer.body.rc]).toEqual([400, 'CorruptPrompt']);
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['UserSuspected.v1', expect.objectContaining({ user: sender.id, reason: 'CORRUPT_PROMPT' })], ['AddressTimedOut.v1', expect.objectContaining({ offence: 1 })],
    ]);
    expect(JSON.stringify(events)).not.toMatch(/203\.0\.113|wicked/);
    expect((await askFrom(IP, { prompt: 'a lighthouse' })).body).toMatchObject({ rc: 'TimeoutIP', message: expect.stringMatching(/another 1(?:80|79|78) seconds/) });
    expect((await askFrom('203.0.113.8', { prompt: 'a lighthouse', dry_run: true }, sender)).status).toBe(200);
    await horde.pass(181_000);
    expect((await horde.appendedBy(() => askFrom(IP, refused, sender))).events.map(({ type }) => type)).toEqual(['AddressTimedOut.v1']);
    expect((await askFrom(IP, refused, sender)).body).toMatchObject({ rc: 'TimeoutIP', message: expect.stringMatching(/another 5[34]\d seconds/) });
    expect(await suspicions(sender)).toBe(1);
    await client.send('DELETE', `${V2}/operations/ipaddr`, { key: moderator.key, body: { ipaddr: IP } });
    expect((await askFrom(IP, refused, sender)).body.rc).toBe('CorruptPrompt');
    expect((await askFrom(IP, refused, sender)).body.message).toMatch(/another 1\d\d seconds/); // forgotten with the time-out
  });

  it('is stored nowhere, and logged nowhere', async () => {
    const rows = await platform.database.query<{ body: string }>("SELECT body FROM content.item WHERE body LIKE '%wicked%child:%'");
    expect([rows, lines.filter((line) => line.includes('wicked'))]).toEqual([[], []]);
    expect(JSON.stringify(await horde.events())).not.toContain('wicked');
  });

  it('keeps out a whole subscriber, whoever asks, and nobody suspects nobody', async () => {
    const { answer, events } = await horde.appendedBy(() => askFrom('2001:db8:1:2::7', refused, { key: ANONYMOUS }));
    expect([answer.body.rc, events.map(({ type }) => type)]).toEqual(['CorruptPrompt', ['AddressTimedOut.v1']]);
    expect((await askFrom('2001:db8:1:2:ffff::1', { prompt: 'a lighthouse' })).body.rc).toBe('TimeoutIP');
    expect((await askFrom('2001:db8:1:3::7', { prompt: 'a lighthouse', dry_run: true })).status).toBe(200);
  });

  it('keeps out no address that may be everybody\'s, and no moderator', async () => {
    const insider = await client.person('insider', 100_000);
    expect((await horde.appendedBy(() => askFrom('10.0.0.7', refused, insider))).events.map(({ type }) => type)).toEqual(['UserSuspected.v1']);
    expect((await askFrom('10.0.0.7', { prompt: 'a lighthouse', dry_run: true })).status).toBe(200);
    const { answer, events } = await horde.appendedBy(() => askFrom('203.0.113.9', refused, moderator));
    expect([answer.body.rc, events]).toEqual(['CorruptPrompt', []]);
  });

  it('counts on every node, and a filter is known to all of them within a second', async () => {
    const fatal: unknown[] = [];
    const other = await startOn(horde.dataDir, { ...settings, PORT: String(await freePort()), DATABASE_URL: platform.config.databaseUrl!, ROLES: 'api', NODE_NAME: 'other' }, { sharedLog: platform.log, onFatal: (error) => void fatal.push(error) });
    const ask = (url: string, body: Fields): Promise<Answered> => client.post(`${url}${V2}/generate/async`, payer.key, body, { 'x-forwarded-for': '203.0.113.40' });
    const rounds = async (): Promise<void> => {
      await other.platform.feed.waitFor(await platform.log.head());
      for (const view of [AddressBlocks, PromptFilters]) await other.app.get<{ round(): Promise<number> }>(view, { strict: false }).round();
    };
    try {
      await send('PUT', '', { body: { regex: 'lighthouse', filter_type: 11 } });
      await rounds();
      const lewd = { prompt: 'a lewd lighthouse', replacement_filter: false };
      for (const [url, offence] of [[other.url, 1], [horde.server.url, 2]] as const) { // whose clock is ahead, so that the first time-out is over
        const { answer, events } = await horde.appendedBy(() => ask(url, lewd));
        expect([answer.body.rc, events.find(({ type }) => type === 'AddressTimedOut.v1')?.data]).toEqual(['CorruptPrompt', expect.objectContaining({ offence })]);
      }
      await rounds();
      for (const { url } of [other, horde.server]) expect((await ask(url, { prompt: 'a lighthouse' })).body.rc).toBe('TimeoutIP');
      expect(fatal).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('of a service keeps its own address out for five minutes at most, and whom it speaks for as anybody', async () => {
    const service = await client.person('service', 100_000);
    await give(service, { service: true });
    const { body: { proxy_passkey: passkey } } = await client.send('PUT', `${V2}/users/${service.id}`, { key: service.key, body: { generate_proxy_passkey: true } });
    await horde.caughtUp();
    const secondsOut = async (ip: string, headers = {}): Promise<number> => Number(/another (\d+) seconds/.exec((await askFrom(ip, refused, service, headers)).body.message)?.[1]);
    const spokenFor = { 'proxied-for': '203.0.113.21', 'proxy-authorization': passkey };
    for (const most of [180, 300]) {
      expect((await askFrom('203.0.113.20', refused, service)).body.rc).toBe('CorruptPrompt');
      const out = await secondsOut('203.0.113.20');
      expect(out > most - 5 && out <= most).toBe(true);
      await horde.pass(301_000);
    }
    await horde.pass(3_600_000); // an offence at the address of a service is forgotten after an hour
    expect([(await askFrom('203.0.113.20', refused, service)).body.rc, (await secondsOut('203.0.113.20')) <= 180]).toEqual(['CorruptPrompt', true]);
    for (const most of [180, 540]) {
      expect((await askFrom('203.0.113.20', refused, service, spokenFor)).body.rc).toBe('CorruptPrompt');
      const out = await secondsOut('203.0.113.20', spokenFor);
      expect(out > most - 5 && out <= most).toBe(true);
      await horde.pass(361_000);
    }
    await horde.pass(23 * 3_600_000); // and that of anybody after a day
    expect((await horde.appendedBy(() => askFrom('203.0.113.20', refused, service, spokenFor))).events.map(({ data }) => data)).toEqual([expect.objectContaining({ offence: 3 })]);
    await horde.pass(24 * 3_600_000);
    expect((await horde.appendedBy(() => askFrom('203.0.113.20', refused, service, spokenFor))).events.map(({ data }) => data)).toEqual([expect.objectContaining({ offence: 1 })]);
  });

  it('is held against its sender once, and its address is timed out, although the process died between the two', async () => {
    const sender = await client.person('in between', 100_000);
    await platform.database.execute('ALTER TABLE platform.address_offence RENAME TO away');
    const failed = await horde.appendedBy(() => askFrom('203.0.113.60', refused, sender)).finally(() => platform.database.execute('ALTER TABLE platform.away RENAME TO address_offence'));
    expect([failed.answer.status, failed.events.map(({ type }) => type)]).toEqual([500, ['UserSuspected.v1']]);
    const again = await horde.appendedBy(() => askFrom('203.0.113.60', refused, sender));
    expect([again.answer.body.rc, again.events.map(({ type }) => type), await suspicions(sender)]).toEqual(['CorruptPrompt', ['AddressTimedOut.v1'], 1]);
  });

  it('is refused at its place: after time-outs, and before what is wrong with its parameters', async () => {
    const IP = '203.0.113.30';
    const wrong = { ...refused, params: { cfg_scale: 1.234, loras: Array.from({ length: 6 }, () => ({ name: 'x' })) } };
    expect((await askFrom(IP, { ...wrong, workers: ['00000000-0000-4000-8000-000000000000'] }, payer)).body.rc).toBe('WorkerNotFound');
    expect((await askFrom(IP, wrong)).body.rc).toBe('CorruptPrompt');
    expect((await askFrom(IP, wrong)).body.rc).toBe('TimeoutIP');
    expect((await askFrom('203.0.113.31', { ...wrong, replacement_filter: true })).body.rc).toBe('TooManyLoras');
  });
});
