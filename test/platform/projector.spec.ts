import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Projection } from '../../src/kernel/projection.js';
import { decode } from '../../src/platform/event-log/codec.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { LogUnavailable } from '../../src/platform/event-log/event-log.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { PLATFORM_MIGRATIONS } from '../../src/platform/postgres/platform-migrations.js';
import { CheckpointWatcher } from '../../src/platform/projecting/freshness.js';
import { Projector, type ProjectorOptions } from '../../src/platform/projecting/projector.js';
import { SystemClock, SystemTimers } from '../../src/platform/system/system.js';
import { SettableClock } from '../support/ports.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { MemoryFeed } from './memory-feed.js';

const PATIENCE_MS = 30_000;
const clock = new SystemClock();
const timers = new SystemTimers();
/** Back-off and standby pass fifty times as fast. */
class QuickTimers extends SystemTimers {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(ms / 50, signal);
  }
}

/** A rest that nobody ends lasts for ever; the clock stands still, so that rests alone take 50 ms. */
class CalmTimers extends SystemTimers {
  #begun: () => void = () => undefined;
  readonly resting = new Promise<void>((resolve) => (this.#begun = resolve));
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms !== 50) return super.sleep(ms, signal);
    this.#begun();
    return super.sleep(PATIENCE_MS * 10, signal);
  }
}

interface Deposited {
  readonly account: string;
  readonly amount: number;
  readonly kill?: true;
}

/** Sums per account. Increments make every event that is handled twice, or never, visible. */
const balances = (version = 1, extra: Partial<Projection> = {}): Projection => ({
  name: 'balances',
  version,
  tables: ['balance'],
  schema: 'CREATE TABLE balance (account text PRIMARY KEY, amount bigint NOT NULL CHECK (amount >= 0), events bigint NOT NULL);',
  handles: (type) => type === 'Deposited.v1',
  project: (events) => {
    const sums = new Map<string, { amount: number; events: number }>();
    for (const { data } of events) {
      const { account, amount } = data as Deposited;
      const sum = sums.get(account) ?? { amount: 0, events: 0 };
      sums.set(account, { amount: sum.amount + amount, events: sum.events + 1 });
    }
    return [{
      text: `INSERT INTO rm.balance AS b SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
             ON CONFLICT (account) DO UPDATE SET amount = b.amount + excluded.amount, events = b.events + excluded.events`,
      values: [[...sums.keys()], [...sums.values()].map(({ amount }) => amount), [...sums.values()].map(({ events: count }) => count)],
    }];
  },
  ...extra,
});
const counter = (name: string): Projection => ({
  name,
  version: 1,
  tables: [name],
  schema: `CREATE TABLE ${name} (position bigint PRIMARY KEY)`,
  handles: (type) => type !== 'Ignored.v1',
  project: (events) => [{ text: `INSERT INTO rm.${name} SELECT unnest($1::bigint[])`, values: [events.map(({ position }) => position)] }],
});

let db: TestDatabase;
let feed: MemoryFeed;
let errors: { message: string; details: object | undefined }[];
const projectors: Projector[] = [];

const projector = (projections: readonly Projection[], options: Partial<ProjectorOptions> = {}): Projector => {
  const made = new Projector({
    projections, eventLog: feed, database: db.database, clock, timers, storeId: 'store-1', decode,
    log: { info: () => undefined, error: (message, details) => void errors.push({ message, details }) },
    ...options,
  });
  projectors.push(made);
  return made;
};
const started = (projections: readonly Projection[], options: Partial<ProjectorOptions> = {}): Projector => {
  const made = projector(projections, options);
  made.start();
  return made;
};
const deposit = (account: string, amount: number, more: object = {}): Promise<number> => feed.record(`account-${account}`, 'Deposited.v1', { account, amount, ...more });
const rows = (database: Database = db.database): Promise<object[]> => database.query('SELECT account, amount, events FROM rm.balance ORDER BY account');
const caughtUp = async (made: Projector): Promise<void> => expect(await made.waitFor(await feed.head(), PATIENCE_MS)).toBe(true);
const stateOf = (made: Projector, name = 'balances') => made.status().find((status) => status.name === name)!;
const eventually = async (claim: () => boolean): Promise<void> => {
  const deadline = clock.monotonic() + PATIENCE_MS;
  while (!claim()) {
    if (clock.monotonic() > deadline) throw new Error(`never came true: ${String(claim)}`);
    await timers.sleep(5);
  }
};

beforeAll(async () => {
  db = await freshDatabase('projector');
  await migrate(db.database, PLATFORM_MIGRATIONS);
}, 60_000);
beforeEach(async () => {
  feed = new MemoryFeed();
  errors = [];
  await db.database.script('DELETE FROM rm.checkpoint');
});
afterEach(async () => {
  for (const made of projectors.splice(0)) await made.stop();
});
afterAll(() => db.close());

describe('a read model', () => {
  it('shows history and what happens next, each event once', async () => {
    for (let i = 0; i < 12_000; i++) await deposit(`a${i % 3}`, 1);
    const made = started([balances()]);
    await caughtUp(made);
    await deposit('a0', 5);
    await caughtUp(made);
    expect(await rows()).toEqual([{ account: 'a0', amount: 4005, events: 4001 }, { account: 'a1', amount: 4000, events: 4000 }, { account: 'a2', amount: 4000, events: 4000 }]);
    expect(stateOf(made)).toMatchObject({ state: 'live', position: await feed.head(), events: 12_001 });
  }, 60_000);

  it('goes on where it was after a stop', async () => {
    await deposit('a', 1);
    const first = started([balances()]);
    await caughtUp(first);
    await first.stop();
    await deposit('a', 2);
    const second = started([balances()]);
    await caughtUp(second);
    expect(await rows()).toEqual([{ account: 'a', amount: 3, events: 2 }]);
    expect(stateOf(second).events).toBe(1);
  });

  it('wakes who waited before it knew that there is nothing left to do', async () => {
    await deposit('a', 1);
    const first = started([balances()]);
    await caughtUp(first);
    await first.stop();
    const second = started([balances()]);
    expect(await second.waitFor(await feed.head(), 30_000)).toBe(true);
  });

  it('takes its time while nobody waits, and none once somebody does', async () => {
    const calm = new CalmTimers();
    const running = started([balances()], { timers: calm, clock: new SettableClock() });
    await running.waitFor(await deposit('a', 1), PATIENCE_MS);
    await calm.resting; // nothing ends this rest but a reader
    expect(await running.waitFor(await deposit('a', 2), PATIENCE_MS)).toBe(true);
    expect(await rows()).toEqual([{ account: 'a', amount: 3, events: 2 }]);
  });
  it('has rows and checkpoint together when its connection dies in the middle of a transaction', async () => {
    let killed = 0;
    const fragile = balances(1, {
      project: (events) => [...balances().project(events), ...(events.some(({ data }) => (data as Deposited).kill) && killed++ < 3 ? [{ text: 'SELECT pg_terminate_backend(pg_backend_pid())', values: [] }] : [])],
    });
    const made = started([fragile, counter('sequence')], { timers: new QuickTimers() });
    await deposit('a', 1);
    await deposit('a', 2, { kill: true });
    await deposit('a', 4);
    expect(await made.waitFor(await feed.head(), PATIENCE_MS * 50)).toBe(true);
    expect(killed).toBeGreaterThan(3);
    expect(await rows()).toEqual([{ account: 'a', amount: 7, events: 3 }]);
    expect(await db.database.query('SELECT count(*) AS n FROM rm.sequence')).toEqual([{ n: 3 }]);
    expect(errors[0]?.message).toMatch(/wait 100 ms: PostgreSQL is not available/);
  });

  it('waits for the log to come back', async () => {
    const made = started([balances()], { timers: new QuickTimers() });
    feed.faults = [new LogUnavailable('away'), new LogUnavailable('away')];
    await deposit('a', 1);
    expect(await made.waitFor(await feed.head(), PATIENCE_MS * 50)).toBe(true);
    expect(await rows()).toEqual([{ account: 'a', amount: 1, events: 1 }]);
  });

  it('moves past events that do not concern it, and other processes see that', async () => {
    const made = started([balances(), counter('sequence')]);
    await deposit('a', 1);
    await caughtUp(made);
    const last = await feed.record('other-1', 'Ignored.v1', {});
    expect(await made.waitFor(last, PATIENCE_MS)).toBe(true);
    const elsewhere = new CheckpointWatcher(db.database, { clock, timers }, ['balances', 'sequence']);
    expect(await elsewhere.waitFor(last, PATIENCE_MS)).toBe(true);
  });

  it('answers no, not never, when a position is not reached in time', async () => {
    const made = started([balances()]);
    expect(await made.waitFor(1_000_000, 20)).toBe(false);
    expect(await new CheckpointWatcher(db.database, { clock, timers }, ['balances']).waitFor(1_000_000, 20)).toBe(false);
  });

  it('sees events revealed when the vault reveals them', async () => {
    const made = started([balances()], { reveal: (events) => Promise.resolve(events.map((event) => ({ ...event, data: { ...event.data, account: 'revealed' } }))) });
    await deposit('sealed', 3);
    await caughtUp(made);
    expect(await rows()).toEqual([{ account: 'revealed', amount: 3, events: 1 }]);
  });

  it('tells how late it is', async () => {
    const made = started([balances()]);
    await deposit('a', 1);
    await caughtUp(made);
    await deposit('a', 1);
    await caughtUp(made);
    await eventually(() => stateOf(made).state === 'live');
    expect(await made.lag()).toEqual([expect.objectContaining({ name: 'balances', positionsBehind: 0, behindMs: 0 })]);
  });
});

describe('two projectors of the same read model', () => {
  it('write each event once, and one of them stands by', async () => {
    const one = started([balances()]);
    await deposit('a', 1);
    await caughtUp(one);
    const other = started([balances()], { database: db.connect() });
    for (let i = 0; i < 300; i++) {
      const position = await deposit('a', 1);
      if (i % 10 === 0) await Promise.all([one.waitFor(position, PATIENCE_MS), other.waitFor(position, PATIENCE_MS)]);
    }
    await Promise.all([caughtUp(one), caughtUp(other)]);
    expect(await rows()).toEqual([{ account: 'a', amount: 301, events: 301 }]);
    expect([stateOf(one).state, stateOf(other).state].sort()).toEqual(['live', 'standby']);
    expect(errors).toEqual([]);
  }, 60_000);

  it('hand over when the one that writes is gone', async () => {
    const quick = new QuickTimers();
    const one = started([balances()], { timers: quick });
    const other = started([balances()], { timers: quick });
    const both = [one, other];
    while (!both.some((made) => stateOf(made).state === 'standby')) {
      await deposit('a', 1);
      await timers.sleep(1);
    }
    const standby = both.find((made) => stateOf(made).state === 'standby')!;
    await both.find((made) => made !== standby)!.stop();
    await deposit('a', 1);
    await eventually(() => stateOf(standby).state === 'live');
    await caughtUp(standby);
    expect(await rows()).toEqual([{ account: 'a', amount: feed.events.length, events: feed.events.length }]);
  }, 60_000);

  it('stand by through an outage of the log, and take over after it', async () => {
    const quick = new QuickTimers();
    const both = [started([balances()], { timers: quick }), started([balances()], { timers: quick })];
    while (!both.some((made) => stateOf(made).state === 'standby')) {
      await deposit('a', 1);
      await timers.sleep(1);
    }
    const standby = both.find((made) => stateOf(made).state === 'standby')!;
    const asked = feed.away(5);
    await asked; // the standby has looked, and nobody was there
    expect(stateOf(standby).state).toBe('standby');
    await both.find((made) => made !== standby)!.stop();
    await deposit('a', 1);
    await eventually(() => stateOf(standby).state === 'live');
  }, 60_000);

  it('fence a zombie that wakes up after a rebuild', async () => {
    const zombie = started([balances()]);
    await deposit('a', 1);
    await caughtUp(zombie);
    const cli = projector([balances()]);
    await cli.rebuild('all');
    await cli.stop();
    await deposit('a', 1);
    await eventually(() => stateOf(zombie).state === 'standby');
    expect(await rows()).toEqual([{ account: 'a', amount: 1, events: 1 }]);
    await eventually(() => stateOf(zombie).state === 'live'); // nobody else is left, so it takes over
    await caughtUp(zombie);
    expect(await rows()).toEqual([{ account: 'a', amount: 2, events: 2 }]);
  }, 60_000);
});

describe('a poison event', () => {
  it('stops its read model there, loudly, with everything before it stored; the others go on', async () => {
    for (let i = 0; i < 20; i++) await deposit('a', 1);
    const poison = await deposit('b', -1); // violates the table's CHECK
    for (let i = 0; i < 20; i++) await deposit('a', 1);
    const made = started([balances(), counter('sequence')]);
    expect(await made.waitFor(await feed.head(), PATIENCE_MS, ['sequence'])).toBe(true);
    await eventually(() => stateOf(made).state === 'stopped');
    expect(await rows()).toEqual([{ account: 'a', amount: 20, events: 20 }]);
    expect(stateOf(made).fault).toEqual({ reason: expect.stringMatching(/violates check/), event: { position: poison, type: 'Deposited.v1', stream: 'account-b' } });
    expect(errors).toEqual([{ message: expect.stringMatching(/balances has stopped/), details: expect.objectContaining({ position: poison, type: 'Deposited.v1', stream: 'account-b' }) }]);
    expect(await made.waitFor(await feed.head(), PATIENCE_MS)).toBe(false);
    expect(stateOf(made, 'sequence').state).toBe('live');
  });

  it('may also be one that the projection itself cannot handle', async () => {
    await deposit('a', 1);
    const poison = await deposit('a', 2);
    const made = started([balances(1, { project: (events) => {
      if (events.some(({ data }) => (data as Deposited).amount === 2)) throw new Error('two is too much');
      return balances().project(events);
    } })]);
    await eventually(() => stateOf(made).state === 'stopped');
    expect(stateOf(made).fault).toMatchObject({ reason: 'two is too much', event: { position: poison } });
    expect(await rows()).toEqual([{ account: 'a', amount: 1, events: 1 }]);
  });

  it('stops all when nobody can read it, with everything before it stored', async () => {
    await deposit('a', 1);
    await feed.append('account-a', 'no_stream', [{ id: '00000000-0000-4000-8000-00000000ffff', type: 'Deposited.v1', data: Buffer.from('{'), metadata: Buffer.from('{}') }]);
    await deposit('a', 1);
    const made = started([balances(), counter('sequence')]);
    await eventually(() => made.status().every(({ state }) => state === 'stopped'));
    expect(await rows()).toEqual([{ account: 'a', amount: 1, events: 1 }]);
  });
});

describe('a rebuild', () => {
  it('makes the same rows again, while others go on', async () => {
    for (let i = 0; i < 11_000; i++) await deposit(`a${i % 7}`, i);
    const made = started([balances(), counter('sequence')]);
    await caughtUp(made);
    const before = await rows();
    const told: number[] = [];
    await made.rebuild(['balances'], ({ events }) => told.push(events));
    expect(await rows()).toEqual(before);
    expect(told.at(-1)).toBe(11_000);
    expect(stateOf(made)).toMatchObject({ epoch: 2, state: 'live' });
    expect(stateOf(made, 'sequence')).toMatchObject({ epoch: 1 });
    await deposit('a0', 1);
    await caughtUp(made);
    expect(stateOf(made).events).toBe(11_001);
  }, 60_000);

  it('happens by itself when the version has changed', async () => {
    await deposit('a', 1);
    const old = started([balances(1)]);
    await caughtUp(old);
    await old.stop();
    const made = started([balances(2, { schema: balances().schema.replace('events bigint', 'note text, events bigint').replace('note text, ', '') })]);
    await caughtUp(made);
    expect(await rows()).toEqual([{ account: 'a', amount: 1, events: 1 }]);
    expect(stateOf(made)).toMatchObject({ version: 2, epoch: 2 });
  });

  it('is not done by an older release to the tables of a newer one', async () => {
    const newer = started([balances(2)]);
    await deposit('a', 1);
    await caughtUp(newer);
    const older = started([balances(1)]);
    await eventually(() => stateOf(older).state === 'stopped');
    expect(stateOf(older).fault?.reason).toMatch(/newer release/);
    expect(await rows()).toEqual([{ account: 'a', amount: 1, events: 1 }]);
  });

  it('fails when the read model stops on the way', async () => {
    const made = started([balances()]);
    await deposit('a', -1);
    await eventually(() => stateOf(made).state === 'stopped');
    await expect(made.rebuild('all')).rejects.toThrow(/balances has stopped/);
  });
});

describe('a checkpoint that is not of this log', () => {
  it('stops the read model when it is of another event store', async () => {
    const made = started([balances()]);
    await deposit('a', 1);
    await caughtUp(made);
    await made.stop();
    const wrong = started([balances()], { storeId: 'store-2' });
    await eventually(() => stateOf(wrong).state === 'stopped');
    expect(stateOf(wrong).fault?.reason).toMatch(/made from event store store-1, and this is store-2/);
  });

  it('stops the read model when it is beyond the head of the log', async () => {
    const made = started([balances()]);
    await deposit('a', 1);
    await caughtUp(made);
    await made.stop();
    feed = new MemoryFeed();
    const ahead = started([balances()]);
    await eventually(() => stateOf(ahead).state === 'stopped');
    expect(stateOf(ahead).fault?.reason).toMatch(/beyond the log/);
  });
});
