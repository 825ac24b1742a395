import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Server } from '../../src/boot/server.js';
import { decodePosition } from '../../src/platform/http/kudos-position.js';
import { freePort, startOn } from '../support/app.js';
import { eventually } from '../reliability/eventually.js';
import { compared } from '../support/checkpoints.js';
import { Client, type Person } from '../support/client.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { horde, type Ran } from './terminal.fixture.js';

const MAX_MS = 60_000;
const PATIENCE_MS = 15_000;

/** One ledger, from its first checkpoint to the day on which its operator puts an older backup back, and how it goes on from there. */
describe('the life of a notary', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'horde-notary-life-'));
  const [log, backup, note] = [join(dataDir, 'log'), join(dataDir, 'backup'), join(dataDir, 'saved.checkpoint')];
  const databases: TestDatabase[] = [];
  let environment: Record<string, string> = {};
  let server: Server;
  let client: Client;
  let key: string;
  let people: Person[];

  const start = async (): Promise<void> => {
    const database = await freshDatabase(`notary_life_${databases.length}`); // as after a restore: the log and the key files are all there is
    databases.push(database);
    environment = { DATA_DIR: dataDir, DATABASE_URL: database.url, PORT: String(await freePort()), NODE_NAME: 'notary' };
    await startAgain();
  };
  const startAgain = async (): Promise<void> => {
    const fatal = (error: unknown): never => {
      throw error;
    };
    server = await startOn(dataDir, environment, { onFatal: fatal });
    client = new Client(server.url);
  };
  const transfer = async (): Promise<number> => {
    const sent = await client.transfer(people[0]!.key, people[1]!.alias, 1);
    expect(sent.status).toBe(200);
    return decodePosition(sent.headers.get('kudos-position')!)!;
  };
  const signed = async (): Promise<string> => {
    expect(await server.platform.notary!.waitFor(await transfer(), PATIENCE_MS)).toBe(true);
    return (await client.get<string>('/v1/ledger/checkpoint')).body;
  };
  const verify = (source: string, by = key): Promise<Ran> => horde(environment, 'verify-checkpoint', source, '--key', by);

  beforeAll(async () => {
    await start();
    key = server.platform.notary!.verifierKey;
    people = [await client.person('alice', 1_000), await client.person('bob', 25)];
  }, MAX_MS);
  afterAll(async () => {
    await server.close();
    for (const database of databases) await database.close();
    rmSync(dataDir, { recursive: true });
  }, MAX_MS);

  it('has a key that only its owner can read', () => {
    expect(statSync(join(dataDir, 'notary.key')).mode & 0o777).toBe(0o600);
  });

  it('is verified beside the running server: what it serves, and what somebody saved', async () => {
    writeFileSync(note, await signed());
    for (const source of [note, `${server.url}/v1/ledger/checkpoint`]) {
      const { code, said } = await verify(source);
      expect({ code, said }).toEqual({ code: 0, said: expect.stringMatching(/^✓ signature {3}by horde-ledger\/.*\n✓ events {6}the first \d+ events of the log have the signed root [\w+/]{43}=$/) });
    }
  }, MAX_MS);

  it('is caught when a checkpoint was changed, or signed by somebody else', async () => {
    const changed = join(dataDir, 'changed.checkpoint');
    writeFileSync(changed, readFileSync(note, 'utf8').replace(/^(\d+)$/m, (size) => String(Number(size) - 1)));
    expect(await verify(changed)).toMatchObject({ code: 1, said: expect.stringContaining('its signature by this key is wrong') });
    const other = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    expect(await verify(note, other)).toMatchObject({ code: 1, said: expect.stringContaining('it is not signed by this key') });
  }, MAX_MS);

  it('needs a key and a checkpoint that can be read', async () => {
    expect(await verify(note, 'key')).toMatchObject({ code: 2, complained: expect.stringContaining('--key cannot be used') });
    expect(await verify(join(dataDir, 'none'))).toMatchObject({ code: 2, complained: expect.stringContaining('Cannot read') });
    expect(await verify(`${server.url}/v1/ledger/none`)).toMatchObject({ code: 2, complained: expect.stringContaining('it is answered 404') });
    expect(await horde(environment, 'verify-checkpoint', note)).toMatchObject({ code: 2, complained: expect.stringContaining('--key') });
  }, MAX_MS);

  it('goes on with the same key after a restart, over the same history', async () => {
    await server.close();
    cpSync(log, backup, { recursive: true });
    await startAgain();
    expect(server.platform.notary!.verifierKey).toBe(key);
    writeFileSync(note, await signed());
    for (let more = 0; more < 5; more++) await transfer();
    writeFileSync(note, await signed());
    expect((await verify(note)).code).toBe(0);
  }, MAX_MS);

  it('refuses to sign when an older log was put back, and says so; the horde goes on', async () => {
    await server.close();
    rmSync(log, { recursive: true });
    cpSync(backup, log, { recursive: true });
    await start();
    for (let more = 0; more < 30; more++) await transfer();
    const body = await eventually('it is not ready', PATIENCE_MS, async () => {
      const ready = await client.get('/v1/health/ready');
      return ready.status === 503 ? ready.body : undefined;
    });
    expect(body).toMatchObject({ notary: { state: 'refusing' }, missing: [expect.stringMatching(/^the notary refuses to sign: the log (ends before what|has other events than what) is signed$/)] });
    expect((await client.get('/v1/ledger/checkpoint')).body).toMatchObject({ status: 404, rc: 'NothingSignedYet' });
    expect(await client.kudosOf(people[1]!)).toBeGreaterThan(25);
    expect(await verify(note)).toMatchObject({ code: 1, said: expect.stringMatching(/✗ events {6}(the log ends after|they are not those that were signed)/) });
  }, MAX_MS);

  it('begins anew only when its operator says so, with another key, and keeps what the first one has signed', async () => {
    expect(await horde(environment, 'renew-notary')).toMatchObject({ code: 2, complained: expect.stringMatching(/^The server has to be stopped: process \d+/) });
    await server.close();
    expect(await horde({ ...environment, HORDE_NOTARY_KEY: 'ab'.repeat(32) }, 'renew-notary')).toMatchObject({ code: 2 });
    const { code, said } = await horde(environment, 'renew-notary');
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('The next start signs the log as it is then, with a new key.') });
    const [aside] = readdirSync(dataDir).filter((name) => name.startsWith('notary-until-'));
    expect(readdirSync(join(dataDir, aside!), { recursive: true }).sort()).toEqual(['notary', 'notary.key', 'notary/signed.json']);
    await startAgain();
    const { verifierKey } = server.platform.notary!;
    expect(verifierKey).not.toBe(key);
    const { signed: checkpoint, computed } = await compared(server.platform.log, await signed(), verifierKey);
    expect({ size: checkpoint.size, root: checkpoint.root }).toEqual(computed);
    expect((await client.get('/v1/health/ready')).status).toBe(200);
  }, MAX_MS);
});
