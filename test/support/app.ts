import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, jest } from '@jest/globals';
import { CommandBus, type ICommand } from '@nestjs/cqrs';
import { reconcile } from '../../src/audit/reconcile.js';
import { refold } from '../../src/audit/refold.js';
import type { SystemPorts } from '../../src/boot/platform.js';
import { startServer, type Server } from '../../src/boot/server.js';
import { readConfig } from '../../src/config.js';
import type { Recorded } from '../../src/kernel/event.js';
import { Reaper } from '../../src/dispatch/reaper.js';
import type { Clock } from '../../src/kernel/clock.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { SystemClock, SystemIds, SystemTimers } from '../../src/platform/system/system.js';
import { Client, type Person } from './client.js';
import { freshDatabase } from './postgres.js';

/** A test walks through many requests, on a machine that does other things as well. */
const TEST_MAX_MS = 60_000;
const CATCH_UP_MAX_MS = 30_000;
const PAGE_EVENTS = 4_096;

export interface Horde {
  readonly client: Client;
  readonly port: number;
  readonly server: Server;
  readonly dataDir: string;
  readonly operatorKey: string;
  /** Returns once reads show everything that was written before the call. */
  caughtUp(): Promise<void>;
  /** As of everything that was written before the call. */
  kudosOf(person: Pick<Person, 'id'>): Promise<number>;
  /** Asks as a moderator's route will, where there is no such route yet. */
  command(message: object): Promise<unknown>;
  /** The server's time goes on by so much at once, and what has become due happens. */
  pass(ms: number): Promise<void>;
  /** The whole log, oldest first. */
  events(): Promise<readonly Recorded[]>;
  /** What a call appended, with its answer; nobody else may call meanwhile. */
  appendedBy<Answered>(call: () => Promise<Answered>): Promise<{ readonly answer: Answered; readonly events: readonly Recorded[] }>;
}

export interface HordeSettings {
  /** Of the environment, over those of tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Takes the lines that the server logs. */
  readonly logTo?: (line: string) => void;
}

/** The time of the machine, and a little more. */
class ShiftedClock extends SystemClock {
  aheadMs = 0;
  override now(): number {
    return super.now() + this.aheadMs;
  }
}

/** Where this horde keeps its ledger. In a store that others use as well, under a name of its own. */
const storeSettings = (dataDir: string): Readonly<Record<string, string>> => {
  const url = process.env['HORDE_TEST_EVENTSTORE_URL'];
  if (process.env['HORDE_TEST_STORE'] !== 'eventstoredb' || url === undefined) return {};
  return { EVENTSTORE_URL: url, EVENTSTORE_NAMESPACE: `${createHash('sha256').update(dataDir).update(String(process.pid)).digest('hex').slice(0, 16)}.` };
};

/** Of this process, as `main.ts` starts it. The caller closes it. */
export const startOn = (
  dataDir: string, settings: Readonly<Record<string, string>>, { clock = new SystemClock(), ...ports }: Omit<SystemPorts, 'clock' | 'timers' | 'ids'> & { readonly clock?: Clock },
): Promise<Server> =>
  startServer(readConfig({
    DATA_DIR: dataDir, LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent', HORDE_TEST_APIKEYS: '1', HORDE_TEST_RATELIMIT_DISABLED: '1', HORDE_TEST_SPEEDLIMIT_DISABLED: '1', NODE_NAME: 'test',
    // What is handed out next shall follow from a test alone; test/e2e/v2/generate/fairness.spec.ts has the defaults.
    FAIR_SHARE: '0', FAIR_AGES: 'off', FAIR_BATCHES: 'off', ANONYMOUS_LIMITS: 'off', ...storeSettings(dataDir), ...settings,
  }), { clock, timers: new SystemTimers(), ids: new SystemIds(), ...ports });

/**
 * The whole server in this process, on a data directory of its own, for one spec file; `name` as for `freshDatabase`. It
 * ends with the file, and then its books must balance and every read model must agree with a second fold of the log.
 */
export const startHorde = async (name: string, { settings = {}, logTo }: HordeSettings = {}): Promise<Horde> => {
  jest.setTimeout(TEST_MAX_MS);
  const dataDir = mkdtempSync(join(tmpdir(), `horde-e2e-${name}-`));
  const database = await freshDatabase(`e2e_${name}`);
  const port = await freePort();
  const fatal: unknown[] = [];
  const clock = new ShiftedClock();
  const server = await startOn(dataDir, { PORT: String(port), DATABASE_URL: database.url, ...settings }, {
    clock, onFatal: (error) => void fatal.push(error), ...(logTo ? { logTo: { write: logTo } } : {}),
  });
  afterAll(async () => {
    try {
      await proveBooks(server);
      expect(fatal).toEqual([]);
    } finally {
      await server.close();
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  }, TEST_MAX_MS);
  return hordeOf(server, { port, dataDir, clock });
};

const hordeOf = (server: Server, { port, dataDir, clock }: { port: number; dataDir: string; clock: ShiftedClock }): Horde => {
  const { app, platform: { log, projector } } = server;
  const client = new Client(server.url);
  const caughtUp = async (): Promise<void> => expect(await projector.waitFor(await log.head(), CATCH_UP_MAX_MS)).toBe(true);
  const eventsAfter = async (after: number): Promise<readonly Recorded[]> => {
    const found: Recorded[] = [];
    for (let from = after; ; ) {
      const { events, position, end } = await log.readAll({ from, limit: PAGE_EVENTS });
      found.push(...events.map(decode));
      if (end) return found;
      from = position;
    }
  };
  return {
    client, port, server, dataDir, operatorKey: server.genesis?.operatorKey ?? '',
    caughtUp,
    command: (message) => app.get(CommandBus, { strict: false }).execute(message as ICommand),
    pass: async (ms) => {
      clock.aheadMs += ms;
      await app.get(Reaper, { strict: false }).round();
      await caughtUp();
    },
    kudosOf: async (person) => {
      await caughtUp();
      return client.kudosOf(person);
    },
    events: () => eventsAfter(-1),
    appendedBy: async (call) => {
      const before = await log.head();
      const answer = await call();
      return { answer, events: await eventsAfter(before) };
    },
  };
};

/** Every invariant that the log can prove, and no read model that says anything else (spec/ledger.md §3.4). */
export const proveBooks = async ({ platform: { log, database, projector } }: Server): Promise<void> => {
  const caughtUp = await projector.waitFor(await log.head(), CATCH_UP_MAX_MS);
  expect({ caughtUp, stopped: projector.status().filter(({ state }) => state === 'stopped') }).toEqual({ caughtUp: true, stopped: [] });
  const { violations, unsettledJobs } = await refold(log);
  expect({ violations, unsettledJobs }).toEqual({ violations: [], unsettledJobs: [] });
  const { projections, missing, driftTotal } = await reconcile(log, database);
  expect({ missing, driftTotal, drift: projections.flatMap(({ drift }) => drift) }).toEqual({ missing: [], driftTotal: 0, drift: [] });
};

/** A port that was free a moment ago: the server must know it before it listens, for its upload URLs name it. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
