import { chmodSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startServer } from '../../src/boot/server.js';
import { freePort } from '../../src/cli/free-port.js';
import { HordeClient } from '../../src/cli/load/horde-client.js';
import { Story } from '../../src/cli/demo/story.js';
import { Progress } from '../../src/cli/progress.js';
import { readConfig } from '../../src/config.js';
import { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import { Database } from '../../src/platform/postgres/database.js';
import { startPostgres } from '../../src/platform/postgres/start-postgres.js';
import { SystemClock, SystemIds, SystemTimers } from '../../src/platform/system/system.js';
import { horde } from './terminal.fixture.js';

const [clock, timers, ids] = [new SystemClock(), new SystemTimers(), new SystemIds()];
const MAX_MS = 60_000;
const SEED = 11;

/** One horde with a history of its own, whose server is stopped half way; the tests after that plant faults in what it left. */
describe('the operator', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'horde-operator-'));
  const environment: Record<string, string> = { DATA_DIR: dataDir, LOG_LEVEL: 'error', HORDE_TEST_APIKEYS: '1', HORDE_TEST_RATELIMIT_DISABLED: '1', HORDE_TEST_SPEEDLIMIT_DISABLED: '1', NODE_NAME: 'operator' };
  let stopServer: () => Promise<void> = () => Promise.resolve();

  beforeAll(async () => {
    environment['PORT'] = String(await freePort());
    const fail = (error: unknown): void => {
      throw error;
    };
    const server = await startServer(readConfig(environment), { clock, timers, ids, onFatal: fail });
    let closing: Promise<void> | undefined;
    stopServer = () => (closing ??= server.close());
    const client = new HordeClient(server.url);
    await new Story(client, { timers, progress: new Progress(clock, { write: () => undefined }) }, SEED).tell();
    client.close();
  }, MAX_MS);
  afterAll(async () => {
    await stopServer();
    rmSync(dataDir, { recursive: true });
  }, MAX_MS);

  /** Works on the database of the stopped server. */
  const inDatabase = async (work: (database: Database) => Promise<unknown>): Promise<void> => {
    const postgres = await startPostgres({ dataDirectory: join(dataDir, 'postgres'), clock, timers, log: () => undefined });
    const database = new Database({ url: postgres.url, log: () => undefined, poolMax: 1 });
    await work(database);
    await database.close();
    await postgres.stop();
  };

  describe('beside a running server', () => {
    it('sees that all is well', async () => {
      const { code, said } = await horde(environment, 'doctor', '--verify');
      expect(said).toMatch(/✓ lock +process \d+ writes the log: the server runs/);
      expect(said).toMatch(/✓ PostgreSQL +\d+.*the embedded one, running/);
      expect(said).toMatch(/✓ event log +every event was read/);
      expect({ code, wrong: said.split('\n').filter((line) => line.startsWith('✗')) }).toEqual({ code: 0, wrong: [] });
    }, MAX_MS);

    it('compensates an error once for each reference, and says what it could not take', async () => {
      expect(await horde(environment, 'compensate', '2', '12.5', 'INC-7')).toMatchObject({ code: 0, said: expect.stringMatching(/^Account 2: 12\.5 kudos, transaction [0-9a-f-]{36}\.\s*$/) });
      expect(await horde(environment, 'compensate', '2', '12.5', 'INC-7')).toMatchObject({ code: 0, said: expect.stringContaining('nothing has moved now') });
      expect(await horde(environment, 'compensate', '2', '--', '-1000000000', 'INC-8')).toMatchObject({ code: 0, said: expect.stringContaining('could not be taken without going below the floor') });
      expect(await horde(environment, 'compensate', '2', '5', 'INC-7')).toMatchObject({ code: 1, said: expect.stringMatching(/^Refused \(422\)/) });
    }, MAX_MS);

    it('proves the books', async () => {
      const { code, said } = await horde(environment, 'reconcile');
      expect(said).toContain('PostgreSQL: that of the running server.');
      expect(said).toMatch(/✓ I16 +no gaps/);
      expect(said).toMatch(/✓ balances +1\d\d/);
      expect(said).toContain('The books balance.');
      expect(code).toBe(0);
    }, MAX_MS);

    it('is refused a rebuild, and told why', async () => {
      const { code, complained } = await horde(environment, 'rebuild');
      expect({ code, complained }).toEqual({ code: 2, complained: expect.stringMatching(/^A rebuild needs the server stopped: process \d+ writes/) });
    }, MAX_MS);
  });

  describe('without a server', () => {
    beforeAll(() => stopServer(), MAX_MS);

    it('cannot compensate, and is told why', async () =>
      expect(await horde(environment, 'compensate', '2', '5', 'INC-9')).toMatchObject({ code: 2, complained: expect.stringMatching(/^No server answers at http/) }), MAX_MS);

    it('sees that all is well, and that nobody holds the log', async () => {
      const { code, said } = await horde(environment, 'doctor');
      expect(said).toMatch(/✓ lock +nobody holds it: the server is stopped/);
      expect({ code, wrong: said.split('\n').filter((line) => line.startsWith('✗')) }).toEqual({ code: 0, wrong: [] });
    }, MAX_MS);

    it('is told of a row that somebody changed, and heals it by a rebuild', async () => {
      await inDatabase((database) => database.execute('UPDATE rm.balance SET spendable = spendable + 100 WHERE user_id = 2'));
      const drifted = await horde(environment, 'reconcile');
      expect(drifted.code).toBe(1);
      expect(drifted.said).toMatch(/✗ balances/);
      expect(drifted.said).toMatch(/rm\.balance 2, spendable: expected \d+, found \d+/);
      expect(drifted.said).toContain('The books do NOT balance. The log is sound');

      const rebuilt = await horde(environment, 'rebuild', 'balances');
      expect({ code: rebuilt.code, said: rebuilt.said }).toEqual({ code: 0, said: expect.stringMatching(/^✓ balances: filled again from 1,\d\d\d events in .* events\/s$/) });
      expect((await horde(environment, 'reconcile')).code).toBe(0);
    }, MAX_MS);

    it('is told of a read model that was never built', async () => {
      await inDatabase((database) => database.execute("DELETE FROM rm.checkpoint WHERE name = 'queue'"));
      expect(await horde(environment, 'doctor')).toMatchObject({ code: 1, said: expect.stringMatching(/✗ read model queue +it was never built/) });
      expect(await horde(environment, 'reconcile')).toMatchObject({ code: 1, said: expect.stringMatching(/✗ queue +never built/) });
      expect((await horde(environment, 'rebuild', 'all')).code).toBe(0);
      expect((await horde(environment, 'reconcile')).code).toBe(0);
    }, MAX_MS);

    it('is told of keys that others may read, and of a master key that is not the vault\'s', async () => {
      const file = join(dataDir, 'operator.key');
      chmodSync(file, 0o644);
      const { code, said } = await horde({ ...environment, HORDE_MASTER_KEY: 'ab'.repeat(32) }, 'doctor');
      chmodSync(file, 0o600);
      expect(code).toBe(1);
      expect(said).toMatch(/✗ operator key .*mode 0644\n +→ chmod 600/);
      expect(said).toMatch(/✗ master key and vault/);
      expect(said).not.toContain(readFileSync(file, 'utf8').trim());
    }, MAX_MS);

    it('is told of an event that breaks the rules, with its invariant and its place', async () => {
      const log = await EmbeddedLog.open({ directory: join(dataDir, 'log'), mode: 'write', clock, ids });
      const forged = {
        user: 2, accountClass: 'oauth',
        ledger: { txId: 'forged', kind: 'opening', effectiveAt: '2026-01-01T00:00:00.000Z', policy: 1, reverses: null, postings: [{ account: 'user:2:spendable', amount: 100 }, { account: 'issue:opening', amount: -99 }] },
      };
      const metadata = { $correlationId: 'x', $causationId: 'x', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'forger' };
      await log.append('account-999999', 'no_stream', [{ id: ids.uuid(), type: 'AccountOpened.v1', data: Buffer.from(JSON.stringify(forged)), metadata: Buffer.from(JSON.stringify(metadata)) }]);
      await log.close();
      const { code, said } = await horde(environment, 'reconcile');
      expect(code).toBe(1);
      expect(said).toMatch(/✗ I1 /);
      expect(said).toMatch(/I1 at position \d+, account-999999: transaction forged does not balance/);
      expect(said).toContain('repair only by compensating events');
    }, MAX_MS);

    it('is told of a log that is damaged on the disk', async () => {
      const directory = join(dataDir, 'log');
      const segment = join(directory, readdirSync(directory).find((name) => name.endsWith('.log'))!);
      const middle = Math.floor(usedBytes(segment) / 2);
      const descriptor = openSync(segment, 'r+');
      writeSync(descriptor, Buffer.from('damage'), 0, 6, middle);
      closeSync(descriptor);
      expect(await horde(environment, 'reconcile')).toMatchObject({ code: 1, complained: expect.stringMatching(/is damaged at byte \d+/) });
      expect(await horde(environment, 'doctor', '--verify')).toMatchObject({ code: 1, said: expect.stringMatching(/✗ event log .*is damaged at byte \d+/) });
    }, MAX_MS);
  });
});

/** The newest segment may be longer than what is written in it: the rest is zeros. */
const usedBytes = (path: string): number => {
  const bytes = readFileSync(path);
  let end = statSync(path).size;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
};
