import { describe, expect, it } from '@jest/globals';
import { SettableClock } from '../../../test/support/ports.js';
import { type AllPage, LogUnavailable, type RecordedEvent } from '../event-log/event-log.js';
import { DatabaseUnavailable } from '../postgres/database-errors.js';
import type { Checkpoint } from '../projecting/checkpoints.js';
import type { ProjectionStatus } from '../projecting/projection-worker.js';
import { SystemTimers } from '../system/system.js';
import { Readiness, type ReadinessOptions } from './readiness.js';

/** A patient caller of a test waits no longer than this for what is promised within two seconds. */
const BOUND_MS = 4_000;
const HEAD = 100;
const never = (): Promise<never> => new Promise<never>(() => undefined);
const clock = new SettableClock();
const at = (name: string, position: number): Checkpoint => ({ name, position, version: 1, storeId: 's', epoch: 1 });
const own = (name: string, state: ProjectionStatus['state']): ProjectionStatus => ({ name, state, version: 1, position: 0, epoch: 1, events: 0 });
/** The log ends at HEAD; each of its events was written as many seconds ago as positions come after it. */
const after = (position: number): AllPage => {
  const created = clock.now() - (HEAD - (position + 1)) * 1_000;
  return { events: position < HEAD ? [{ created } as RecordedEvent] : [], position: position + 1, end: false };
};

const readiness = (given: Partial<ReadinessOptions> = {}): Readiness => new Readiness({
  log: { head: () => Promise.resolve(HEAD), readAll: ({ from = -1 } = {}) => Promise.resolve(after(from)) },
  checkpoints: { all: () => Promise.resolve([at('users', HEAD), at('queue', HEAD - 3)]) },
  clock, timers: new SystemTimers(), names: ['users', 'queue'], own: () => [], views: undefined, ...given,
});
const log = (given: Partial<ReadinessOptions['log']>): ReadinessOptions['log'] => ({ head: () => Promise.resolve(HEAD), readAll: ({ from = -1 } = {}) => Promise.resolve(after(from)), ...given });

describe('a process is ready', () => {
  it('when log, database and read models are there, and says how far behind each is', async () => {
    expect(await readiness().health()).toEqual({
      status: 'ready', missing: [], log: 'reachable', database: 'reachable',
      readModels: [{ name: 'users', state: 'elsewhere', behindMs: 0 }, { name: 'queue', state: 'elsewhere', behindMs: 2_000 }],
    });
  });
  it('when it keeps some read models, stands by for others, and its views in memory follow', async () => {
    const health = await readiness({ own: () => [own('users', 'live'), own('queue', 'standby')], views: () => HEAD - 1 }).health();
    expect(health).toMatchObject({ status: 'ready', readModels: [{ state: 'live' }, { state: 'standby' }], views: { behindMs: 0 } });
  });
  it('while its notary has something to sign, or another one signs', async () => {
    const signing = await readiness({ notary: () => ({ state: 'signing', reason: undefined, position: HEAD - 2 }) }).health();
    expect(signing).toMatchObject({ status: 'ready', notary: { state: 'signing', behindMs: 1_000 } });
    const standby = await readiness({ notary: () => ({ state: 'standby', reason: 'another signs', position: undefined }) }).health();
    expect(standby).toMatchObject({ status: 'ready', notary: { state: 'standby', reason: 'another signs', behindMs: null } });
  });
});

describe('a process is not ready, and says why', () => {
  const cases: readonly (readonly [what: string, given: Partial<ReadinessOptions>, missing: readonly string[]])[] = [
    ['the log is away', { log: log({ head: () => Promise.reject(new LogUnavailable('log.example:2113 is away')) }) }, ['the event log']],
    ['the log hangs', { log: log({ head: never }) }, ['the event log']],
    ['the database is away', { checkpoints: { all: () => Promise.reject(new DatabaseUnavailable('postgres://secret@db is away')) } }, ['the database']],
    ['the database hangs', { checkpoints: { all: never } }, ['the database']],
    ['both hang', { log: log({ head: never }), checkpoints: { all: never } }, ['the event log', 'the database']],
    ['a read model has stopped', { own: () => [own('users', 'stopped')] }, ['the read model users is stopped']],
    ['nobody has made a read model', { checkpoints: { all: () => Promise.resolve([at('users', HEAD)]) } }, ['the read model queue is missing']],
    ['a read model is far behind', { checkpoints: { all: () => Promise.resolve([at('users', HEAD), at('queue', 10)]) } }, ['the read model queue is far behind']],
    ['its notary refuses to sign', { notary: () => ({ state: 'refusing', reason: 'the log is another', position: 3 }) }, ['the notary refuses to sign: the log is another']],
    ['its views in memory are far behind', { views: () => 10 }, ['the views in memory are far behind']],
  ];
  it.each(cases)('when %s', async (_what, given, missing) => {
    const health = await readiness(given).health();
    expect({ status: health.status, missing: health.missing }).toEqual({ status: 'unready', missing });
    expect(JSON.stringify(health)).not.toMatch(/secret|example/);
  }, BOUND_MS);

  it('without an age where the log lets one wait for it', async () => {
    const { readModels } = await readiness({ log: log({ readAll: never }) }).health();
    expect(readModels.map(({ behindMs }) => behindMs)).toEqual([0, null]);
  }, BOUND_MS);
});

describe('questions', () => {
  it('that hang are not asked again by everybody who comes, and not waited for forever', async () => {
    let asked = 0;
    const asking = readiness({ log: log({ head: () => {
      asked += 1;
      return never();
    } }) });
    await Promise.all([asking.health(), asking.health()]);
    await asking.health();
    expect(asked).toBe(1);
    clock.pass(10_000);
    await asking.health();
    expect(asked).toBe(2);
  }, 2 * BOUND_MS);
});
