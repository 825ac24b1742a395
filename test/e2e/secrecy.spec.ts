import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { AlchemyClient, SOURCE } from '../support/alchemy.js';
import { startHorde, type Horde } from '../support/app.js';
import { since, V2 } from '../support/client.js';

/** Words that stand nowhere else. */
const NAME = 'Zephyrine Quill';
const WORKER_NAME = 'Obsidian Kestrel';
const PROMPT = 'vermilion cartographer of sunken bells';
const RESULT = 'an unrepeatable sentence about marzipan';
const IDEMPOTENCY_KEY = 'opalescent-trombone-4711';
const AGENT = 'Peculiar Client:1.2.3:someone@peculiar.example';

const logged: string[] = [];
const horde = await startHorde('secrecy', { settings: { LOG_LEVEL: 'trace' }, logTo: (line) => void logged.push(line) });
const { client } = horde;

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

/** An EventStoreDB keeps its files elsewhere, and shows what is in them as events. */
const isEmbedded = horde.server.platform.config.eventstoreUrl === undefined;
const logFiles = isEmbedded ? filesBelow(join(horde.dataDir, 'log')) : [];

/** Both the bytes on the disk and the events as they can be read. */
const storedText = async (all: Horde): Promise<string> =>
  logFiles.map((file) => readFileSync(file).toString('latin1')).join('\n') + JSON.stringify(await all.events());

describe('the log', () => {
  it('holds no name, key, prompt, result or address in plain text', async () => {
    const person = await client.register(NAME);
    const rich = await client.person('Magenta Oriole', 10_000, { trusted: true });
    const asked = await client.post(`${V2}/generate/text/async`, rich.key, { prompt: PROMPT, models: ['a model'] }, { 'client-agent': AGENT, 'x-forwarded-for': '198.51.100.77' });
    const popped = await client.popText(person.key, { name: WORKER_NAME, models: ['a model'] });
    await client.submitText(person.key, popped.body.id, { generation: RESULT });
    const image = await client.askImage(rich.key, { prompt: PROMPT, params: { seed: 'amaranth seed' } });
    const imagePop = await client.popImage(person.key, { name: `${WORKER_NAME} II` });
    await client.submitImage(person.key, imagePop.body.id, { gen_metadata: [{ type: 'information', value: 'see_ref', ref: RESULT }] });
    const alchemy = new AlchemyClient(client);
    const form = await alchemy.ask(rich.key, [{ name: 'caption', payload: { hint: PROMPT } }]);
    const formPop = await alchemy.pop(person.key, `${WORKER_NAME} III`, ['caption']);
    await alchemy.submit(person.key, formPop.body.forms![0]!.id, { caption: RESULT });
    const sent = await client.transfer(rich.key, person.alias, 5, { 'idempotency-key': IDEMPOTENCY_KEY });
    // What nobody may find in the log can still be read where it belongs.
    expect((await client.get(`${V2}/users/${person.id}`, undefined, since(sent))).body).toMatchObject({ username: person.alias });
    expect((await client.status((asked.body as { id: string }).id, 'text', since(sent))).body.generations).toMatchObject([{ text: RESULT, worker_name: WORKER_NAME }]);
    expect((await client.status(image.body.id, 'image', since(sent))).body.generations).toHaveLength(1);

    expect((await alchemy.status(form.body.id, since(sent))).body.forms).toEqual([{ form: 'caption', state: 'done', payload: { hint: PROMPT }, result: { caption: RESULT } }]);

    const stored = await storedText(horde);
    expect(logFiles.length > 0).toBe(isEmbedded);
    expect(stored).toContain(`account-${person.id}`);
    const secrets = [NAME, 'Magenta Oriole', 'e2e-Magenta', WORKER_NAME, PROMPT, RESULT, SOURCE, 'amaranth', IDEMPOTENCY_KEY, AGENT, '198.51.100.77', '127.0.0.1', person.key, rich.key, horde.operatorKey];
    for (const secret of secrets) {
      for (const form of [secret, secret.toLowerCase(), Buffer.from(secret).toString('base64').replace(/=+$/, ''), Buffer.from(secret).toString('hex')]) {
        expect([secret, stored.includes(form)]).toEqual([secret, false]);
      }
    }
    const log = logged.join('');
    expect(log).toContain('/api/v2/generate/text/async');
    for (const secret of secrets) expect([secret, log.includes(secret)]).toEqual([secret, false]);
  });

  it('knows keys by a hash that differs from horde to horde', async () => {
    const issued = (await horde.events()).filter(({ type }) => type === 'ApiKeyIssued.v1').map(({ data }) => data as { keyHash: string; lastFour: string });
    expect(issued.length).toBeGreaterThan(2);
    for (const { keyHash, lastFour } of issued) expect([keyHash, lastFour]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^.{4}$/)]);
    expect(issued.map(({ keyHash }) => keyHash)).not.toContain(createHash('sha256').update(horde.operatorKey).digest('hex'));
  });
});

describe('errors', () => {
  it('quote no key, and tell nothing of what is inside', async () => {
    const answers = [
      await client.get(`${V2}/find_user`, 'abcdefghijklmnopqrstuv'), await client.post(`${V2}/generate/pop`, 'abcdefghijklmnopqrstuv', { name: 'x', models: ['stable_diffusion'] }),
      await client.get('/v1/ledger/accounts/1/statement', 'abcdefghijklmnopqrstuv'), await client.post(`${V2}/generate/async`, 'abcdefghijklmnopqrstuv', '{"prompt'),
    ];
    for (const { status, body } of answers) {
      expect(status).toBeLessThan(500);
      expect(JSON.stringify(body)).not.toMatch(/abcdefghijklmnopqrstuv|node_modules|\.ts|\.js|postgres|SELECT/);
    }
  });

  it('are no answers of a cache: a stranger sees what strangers see, right after the owner', async () => {
    const owner = await client.person('cached', 100);
    expect((await client.get(`${V2}/users/${owner.id}`, owner.key)).body).toHaveProperty('worker_ids');
    expect((await client.get(`${V2}/users/${owner.id}`)).body).not.toHaveProperty('worker_ids');
    expect((await client.get(`/v1/ledger/accounts/${owner.id}/statement`, owner.key)).status).toBe(200);
    expect((await client.get(`/v1/ledger/accounts/${owner.id}/statement`, horde.operatorKey)).status).toBe(200);
    expect((await client.get(`/v1/ledger/accounts/${owner.id}/statement`, '0000000000')).status).toBe(401);
  });
});

describe('the data directory', () => {
  it('keeps keys to its owner', () => {
    for (const name of ['operator.key', 'master.key']) expect([name, statSync(join(horde.dataDir, name)).mode & 0o077]).toEqual([name, 0]);
    if (isEmbedded) expect(statSync(join(horde.dataDir, 'log')).mode & 0o077).toBe(0);
    expect(readFileSync(join(horde.dataDir, 'operator.key'), 'utf8').trim()).toBe(horde.operatorKey);
  });
});
