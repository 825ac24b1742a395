import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projections } from '../../projections/index.js';
import { reconcile } from '../../src/audit/reconcile.js';
import { refold } from '../../src/audit/refold.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { PLATFORM_MIGRATIONS } from '../../src/platform/postgres/platform-migrations.js';
import { Projector } from '../../src/platform/projecting/projector.js';
import { SystemClock, SystemIds, SystemTimers } from '../../src/platform/system/system.js';
import { writeHistory } from '../support/history.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { rowsIn } from './delivery.js';

const PATIENCE_MS = 60_000;
/** Of these the random histories make less than of everything else. */
const FEW: Readonly<Record<string, number>> = { 'shared-keys': 2, teams: 2, 'worker-messages': 5 };

describe('the read models and a second fold of the log', () => {
  const directory = mkdtempSync(join(tmpdir(), 'horde-reconcile-'));
  const [clock, timers] = [new SystemClock(), new SystemTimers()];
  let log: EmbeddedLog;
  let test: TestDatabase;
  let written: number;

  beforeAll(async () => {
    test = await freshDatabase('reconcile');
    await migrate(test.database, PLATFORM_MIGRATIONS);
    log = await EmbeddedLog.open({ directory, mode: 'write', clock, ids: new SystemIds() });
    written = await writeHistory(log, { seed: 23, events: 2_500 });
  }, PATIENCE_MS);
  afterAll(async () => {
    await log.close();
    await test.close();
    rmSync(directory, { recursive: true });
  });

  const running = async (work: (projector: Projector) => Promise<unknown>): Promise<void> => {
    const quiet = { info: () => undefined, error: () => undefined };
    const projector = new Projector({ projections, eventLog: log, database: test.database, clock, timers, log: quiet, storeId: log.storeId, decode });
    projector.start();
    try {
      await work(projector);
    } finally {
      await projector.stop();
    }
  };
  const caughtUp = async (projector: Projector): Promise<void> => expect(await projector.waitFor(await log.head(), PATIENCE_MS)).toBe(true);
  /** Another horde beside the ones before, so that there is something to catch up with. */
  const grow = (events: number): Promise<number> => writeHistory(log, { seed: (hordes += 1), events, firstUser: hordes * 1_000 });
  let hordes = 0;
  const everything = async (): Promise<unknown[]> => Promise.all(projections.map((projection) => rowsIn(test.database, projection)));

  it('agree in every row', async () => {
    await running(caughtUp);
    const report = await reconcile(log, test.database);
    expect(report.projections.flatMap(({ drift }) => drift)).toEqual([]);
    expect(report).toMatchObject({ driftTotal: 0, missing: [] });
    expect(report.log.violations).toEqual([]);
    for (const { projection, rows } of report.projections) expect({ projection, isFilled: rows > (FEW[projection] ?? 10) }).toEqual({ projection, isFilled: true });
  }, PATIENCE_MS);

  it('agree while the log grows and each read model is somewhere else', async () => {
    await running(async (projector) => {
      const growing = grow(1_000);
      const report = await reconcile(log, test.database);
      expect(report.projections.flatMap(({ drift }) => drift)).toEqual([]);
      await growing;
      await caughtUp(projector);
    });
    expect((await reconcile(log, test.database)).driftTotal).toBe(0);
  }, PATIENCE_MS);

  it('make the same rows from zero as step by step', async () => {
    await running(async (projector) => {
      await grow(200);
      await caughtUp(projector);
      const stepByStep = await everything();
      await projector.rebuild('all');
      expect(await everything()).toEqual(stepByStep);
    });
  }, PATIENCE_MS);

  it('make the same rows after checkpoint and tables were lost', async () => {
    const before = await everything();
    await test.database.script('TRUNCATE rm.checkpoint');
    await running(caughtUp);
    expect(await everything()).toEqual(before);
  }, PATIENCE_MS);

  it.each([
    ['balances', 'UPDATE rm.balance SET spendable = spendable + 1 WHERE user_id = 3', 'spendable'],
    ['balances', "UPDATE rm.system_account SET balance = balance - 1 WHERE account = 'burn:activation'", 'balance'],
    ['balances', 'UPDATE rm.balance SET accumulated = accumulated + 1 WHERE user_id = 4', 'explained'],
    ['statement', 'DELETE FROM rm.entry WHERE user_id = 3 AND position = (SELECT max(position) FROM rm.entry WHERE user_id = 3)', 'entries'],
    ['statement', 'UPDATE rm.entry SET spendable_after = spendable_after + 1 WHERE position = (SELECT min(position) FROM rm.entry)', 'unsteady'],
    ['requests', "UPDATE rm.request SET finished = finished + 1 WHERE id = (SELECT id FROM rm.request WHERE outcome = 'done' ORDER BY id LIMIT 1)", 'finished'],
    ['requests', "UPDATE rm.job SET state = 'faulted' WHERE id = (SELECT id FROM rm.job WHERE state = 'done' ORDER BY id LIMIT 1)", 'jobs'],
    ['requests', 'DELETE FROM rm.request WHERE id = (SELECT min(id::text)::uuid FROM rm.request)', '*'],
    ['queue', 'UPDATE rm.queue SET revision = revision + 1 WHERE request = (SELECT min(request::text)::uuid FROM rm.queue)', 'revision'],
    ['queue', 'DELETE FROM rm.open_authorization WHERE request = (SELECT min(request::text)::uuid FROM rm.open_authorization)', '*'],
    ['users', "UPDATE rm.user SET roles = '{moderator}' WHERE id = (SELECT min(id) FROM rm.user WHERE roles = '{}')", 'roles'],
    ['shared-keys', 'UPDATE rm.shared_key SET utilised = utilised + 1 WHERE key = (SELECT min(key) FROM rm.shared_key)', 'utilised'],
    ['workers', 'UPDATE rm.worker SET samples = samples[2:] WHERE id = (SELECT min(id::text)::uuid FROM rm.worker WHERE fulfilled > 0)', 'samples'],
  ])('differ in %s after: %s', async (projection, damage, column) => {
    const [, table] = /(?:UPDATE|FROM) (rm\.\w+)/.exec(damage)!;
    await test.database.script(`CREATE TABLE public.copy AS TABLE ${table}; ${damage}`);
    const report = await reconcile(log, test.database);
    expect(report.projections.filter(({ driftTotal }) => driftTotal > 0).map(({ projection: name }) => name)).toEqual([projection]);
    expect(report.projections.flatMap(({ drift }) => drift.map((one) => one.column))).toContain(column);
    await test.database.script(`TRUNCATE ${table}; INSERT INTO ${table} TABLE public.copy; DROP TABLE public.copy`);
  }, PATIENCE_MS);

  it('names what was never built', async () => {
    await test.database.execute("DELETE FROM rm.checkpoint WHERE name = 'users'");
    expect((await reconcile(log, test.database)).missing).toEqual(['users']);
  }, PATIENCE_MS);

  it('can be stopped short: an audit up to a position sees nothing behind it', async () => {
    const { events: half } = await log.readAll({ limit: Math.floor(written / 2) });
    const report = await refold(log, { upTo: half.at(-1)!.position });
    expect(report).toMatchObject({ events: half.length, violationsTotal: 0 });
  });
});
