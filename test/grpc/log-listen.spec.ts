import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { EventStoreDBClient, eventTypeFilter, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { freePort } from '../../src/cli/free-port.js';
import { ConfigError, readConfig } from '../../src/config.js';
import { rejection } from '../contract/contract-run.js';
import { startHorde, startOn } from '../support/app.js';

const lines: string[] = [];
const port = await freePort();
const horde = await startHorde('log_listen', { settings: { LOG_LISTEN: `127.0.0.1:${port}`, LOG_LEVEL: 'info' }, logTo: (line) => void lines.push(line) });
const auditor = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);

describe('LOG_LISTEN', () => {
  afterAll(() => auditor.dispose());

  it('says where the log can be read', () => {
    expect(lines.join('\n')).toContain(`esdb://127.0.0.1:${port}?tls=false`);
  });

  it('shows every event of the living ledger to an official client, and new ones as they happen', async () => {
    const subscription = auditor.subscribeToAll({ filter: eventTypeFilter({ prefixes: ['UserRegistered.'] }) });
    const seen: string[] = [];
    let [hear, wanted] = [(): void => undefined, ''];
    subscription.on('data', ({ event }) => {
      seen.push(event!.streamId);
      if (event!.streamId === wanted) hear();
    });
    const heard = new Promise<void>((resolve) => (hear = resolve));
    await new Promise((resolve) => subscription.on('caughtUp', resolve));
    const { id } = await horde.client.register('Ada');
    wanted = `user-${id}`;
    if (!seen.includes(wanted)) await heard;
    await subscription.unsubscribe();
    const types: string[] = [];
    for await (const { event } of auditor.readStream(`account-${id}`)) types.push(event!.type);
    expect(types).toEqual(['AccountOpened.v1']);
  });

  it('takes no appends', async () => {
    const forged = jsonEvent({ type: 'BalanceAdjusted.v1', data: {} });
    expect(await rejection(auditor.appendToStream('account-1', forged, { expectedRevision: NO_STREAM }))).toMatchObject({ type: 'access-denied' });
  });

  it.each([
    ['0.0.0.0:2113', { LOG_LISTEN: '0.0.0.0:2113' }, 'LOG_LISTEN is for loopback addresses'],
    ['a port that is taken', { LOG_LISTEN: `127.0.0.1:${port}` }, 'LOG_LISTEN cannot be listened on'],
  ])('refuses to start on %s, with a sentence', async (_what, settings, sentence) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'horde-log-listen-'));
    const error = await rejection(startOn(dataDir, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', ...settings }, { onFatal: () => undefined }));
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain(sentence);
    rmSync(dataDir, { recursive: true });
  });

  it.each(['2113', 'localhost', '127.0.0.1:70000', ':2113'])('cannot be "%s"', (text) => {
    expect(() => readConfig({ LOG_LISTEN: text })).toThrow('LOG_LISTEN is not an address such as 127.0.0.1:2113');
  });
});
