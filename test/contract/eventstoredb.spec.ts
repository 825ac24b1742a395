import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDbLog } from '../../src/platform/event-log/eventstoredb/eventstoredb-log.js';
import { SystemClock, SystemIds, SystemTimers } from '../../src/platform/system/system.js';
import { LogProcess } from '../reliability/log-process.js';
import { build, freePort } from '../reliability/server-process.js';
import { eventLogContract, type EventLogBackend } from './event-log.contract.js';

const BUILD_MS = 180_000;
const clock = new SystemClock();

const adapter = (url: string, namespace: string): Promise<EventStoreDbLog> =>
  EventStoreDbLog.open({ url, namespace, clock, timers: new SystemTimers(), ids: new SystemIds() });

/** The adapter on our own protocol front, which is killed and started anew wherever the contract opens its store again. */
const overTheFront = (namespace: string): EventLogBackend => {
  let home: string;
  let port: number;
  let front: LogProcess | undefined;
  afterAll(async () => {
    await front?.end('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });
  return {
    open: async () => {
      home = mkdtempSync(join(tmpdir(), 'horde-front-contract-'));
      port = await freePort();
      front = await LogProcess.start(home, port);
      return adapter(front.url, namespace);
    },
    reopen: async () => {
      await front!.end('SIGKILL');
      front = await LogProcess.start(home, port);
      return adapter(front.url, namespace);
    },
  };
};

/**
 * The adapter on whatever the connection string names. A namespace of this run alone keeps it apart from earlier runs and
 * from a ledger that may be there, so that any seed can be repeated on the same server.
 */
const overAServer = (url: string, seed: number): EventLogBackend => {
  const namespace = `contract_${clock.now().toString(36)}.`;
  const open = (): Promise<EventStoreDbLog> => adapter(url, namespace);
  return { open, reopen: open, seed };
};

describe('through the front', () => {
  beforeAll(build, BUILD_MS);
  eventLogContract('eventstoredb over the front, in another process', overTheFront(''));
  eventLogContract('eventstoredb over the front, under a namespace', overTheFront('other_ledger.'));
});

const url = process.env['EVENTSTORE_URL'];
const seed = Number(process.env['CONTRACT_SEED'] ?? clock.now() % 2 ** 32);

(url ? describe : describe.skip)(`on a real server${url ? '' : ' (not run: EVENTSTORE_URL names none)'}`, () => {
  if (url) eventLogContract('eventstoredb over a real server', overAServer(url, seed));
  else it('the contract is kept', () => undefined);
});
