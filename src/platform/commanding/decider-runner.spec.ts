import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SeededIds, SettableClock } from '../../../test/support/ports.js';
import { WatchedLog } from '../../../test/support/watched-log.js';
import { personal, type AnyEvent, type Recorded } from '../../kernel/event.js';
import { userDecider } from '../../users/user.decider.js';
import { decode, leafOf } from '../event-log/codec.js';
import { AppendTooLarge, LogUnavailable, OutcomeUnknown, WrongExpectedRevision } from '../event-log/event-log.js';
import { CommandCounts } from './command-counts.js';
import { DeciderRunner, TooManyConflicts, type RunnerOptions } from './decider-runner.js';
import type { CommandContext } from './outcome.js';
import { add, crash, look, TALLY_MAX, tallyDecider, type Added, type TallyCommand } from './tally.fixture.js';

const STREAM = 'tally-x';
const context: CommandContext = { actor: { kind: 'user', user: 7 }, correlationId: 'correlation-1' };

let log: WatchedLog;
let nodes = 0;
beforeEach(async () => {
  log = await WatchedLog.open();
});
afterEach(() => log.remove());

/** A runner of its own is a node of its own: they share nothing but the log. */
const node = (options: Partial<RunnerOptions> = {}) => {
  nodes += 1;
  const runner = new DeciderRunner(tallyDecider, { log, ids: new SeededIds(nodes), clock: new SettableClock(), node: `node-${nodes}`, cachedStreamsMax: 100, ...options });
  return { runner, ask: (command: TallyCommand, id = 'x') => runner.execute(id, command, context) };
};
const stored = async (stream = STREAM): Promise<Recorded<Added>[]> => (await log.all(stream)).map((event) => decode(event) as Recorded<Added>);
const sumOf = (events: readonly Recorded<Added>[]): number => events.reduce((sum, { data }) => sum + data.amount, 0);
const keys = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, k) => `${prefix}${k}`);

/** Links of the chain, as an auditor follows them: nothing of the runner is used. */
const expectUnbrokenChain = async (stream = STREAM): Promise<void> => {
  let previous: string | null = null;
  for (const [revision, event] of (await log.all(stream)).entries()) {
    expect(event.revision).toBe(revision);
    expect(decode(event).metadata.prevHash).toBe(previous);
    previous = leafOf(event);
  }
};

describe('one node', () => {
  it('answers a command with its events and where they can be seen', async () => {
    const outcome = await node().ask(add('k', 5));
    const [event] = await log.all(STREAM);
    expect(outcome).toMatchObject({ outcome: 'appended', revision: 0, position: event!.position, state: { sum: 5 } });
    expect(outcome.outcome === 'appended' && outcome.events).toEqual([{ ...decode(event!), id: event!.id }]);
  });

  it('stores why an event was written, and nothing that is not known', async () => {
    const { runner } = node();
    await runner.execute('x', add('a'), context);
    await runner.execute('x', add('b'), { ...context, causationId: 'cause', idem: { key: 'k', fingerprint: 'f' }, traceparent: '00-1-2-01' });
    const [first, second] = await stored();
    expect(first!.metadata).toEqual({
      $correlationId: 'correlation-1', $causationId: 'correlation-1', prevHash: null, actor: { kind: 'user', user: 7 }, schema: 1, node: `node-${nodes}`,
    });
    expect(second!.metadata).toMatchObject({ $causationId: 'cause', idem: { key: 'k', fingerprint: 'f' }, traceparent: '00-1-2-01' });
  });

  it('names the one stream of a category without ids by the category', async () => {
    await node().ask(add('k'), '');
    expect(await stored('tally')).toHaveLength(1);
  });

  it('gathers what comes while an append is under way: 200 commands, a handful of appends', async () => {
    const { ask } = node();
    const outcomes = await Promise.all(keys('k', 200).map((key) => ask(add(key))));
    expect(log.appends.length).toBeLessThanOrEqual(4);
    expect(outcomes.map((outcome) => outcome.outcome === 'appended' && outcome.events.map(({ data }) => data.key))).toEqual(keys('k', 200).map((key) => [key]));
    expect(new Set((await stored()).map(({ id }) => id)).size).toBe(200);
    for (const outcome of outcomes) if (outcome.outcome === 'appended') expect(outcome.position).toBeGreaterThanOrEqual((await log.all(STREAM))[outcome.events[0]!.revision]!.position);
    await expectUnbrokenChain();
  });

  it('gives every command of a batch its own answer', async () => {
    const { ask } = node();
    await ask(add('warm up', 900));
    const rounds = keys('', 40).map(async (round) => Promise.all([
      ask(add(`a${round}`)), ask(add(`a${round}`)), ask(add(`b${round}`, TALLY_MAX)), ask(look), ask(crash).catch((error: unknown) => ({ outcome: 'failed', error })),
    ]));
    for (const [round, [added, again, refused, looked, failed]] of (await Promise.all(rounds)).entries()) {
      expect(added).toMatchObject({ outcome: 'appended', events: [{ data: { key: `a${round}` }, revision: round + 1 }] });
      expect(again).toMatchObject({ outcome: 'unchanged' });
      expect(refused).toMatchObject({ outcome: 'refused', rc: 'TooMuch', detail: { sum: 901 + round } });
      expect(looked).toMatchObject({ outcome: 'unchanged' });
      expect(failed).toMatchObject({ outcome: 'failed', error: { message: 'a bug in the rules' } });
    }
    expect(sumOf(await stored())).toBe(940);
  });

  it('appends nothing for answers that change nothing', async () => {
    const { ask } = node();
    await ask(add('k'));
    await Promise.all([ask(look), ask(add('k')), ask(add('too much', TALLY_MAX))]);
    expect(log.appends).toHaveLength(1);
  });

  it('splits a batch before it grows beyond what an append may carry', async () => {
    const { ask } = node();
    const note = 'n'.repeat(100_000);
    await Promise.all(keys('k', 30).map((key) => ask(add(key, 1, note))));
    const sizes = log.appends.map(({ events }) => events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(700_000);
    expect((await stored()).map(({ data }) => data.key)).toEqual(keys('k', 30));
    await expectUnbrokenChain();
  });

  it('takes 128 commands at most into one append', async () => {
    const { ask } = node();
    await Promise.all(keys('k', 400).map((key) => ask(add(key))));
    expect(Math.max(...log.appends.map(({ events }) => events.length))).toBe(128);
  });

  it('goes on after an append that is too large for the log', async () => {
    const { ask } = node();
    await expect(ask(add('huge', 1, 'n'.repeat(1_200_000)))).rejects.toBeInstanceOf(AppendTooLarge);
    expect(await ask(add('k'))).toMatchObject({ outcome: 'appended', state: { sum: 1 } });
    expect(await stored()).toHaveLength(1);
  });

  it('tells of every acknowledged append, in order, before anybody is answered', async () => {
    const told: string[] = [];
    const { ask } = node({ onAppended: (events) => told.push(...events.map(({ data }) => (data as Added['data']).key)) });
    await Promise.all(keys('k', 50).map(async (key) => {
      await ask(add(key));
      expect(told).toContain(key);
    }));
    expect(told).toEqual(keys('k', 50));
  });

  it('keeps what streams say apart', async () => {
    const { ask, runner } = node();
    await Promise.all(keys('s', 20).flatMap((stream) => [ask(add('k', 1), stream), ask(add('l', 2), stream), ask(add('k', 4), stream)]));
    for (const stream of keys('s', 20)) expect((await runner.state(stream)).sum).toBe(3);
  });

  it('forgets idle streams beyond its limit, and is no less right for it', async () => {
    const { ask } = node({ cachedStreamsMax: 2 });
    for (let round = 0; round < 4; round++) {
      await Promise.all(keys('s', 7).map((stream) => ask(add(`r${round}`), stream)));
      for (const stream of keys('s', 7)) expect(await ask(add(`r${round}`), stream)).toMatchObject({ outcome: 'unchanged', state: { sum: round + 1 } });
    }
    for (const stream of keys('s', 7)) {
      expect(await stored(`tally-${stream}`)).toHaveLength(4);
      await expectUnbrokenChain(`tally-${stream}`);
    }
  });

  it('reads a busy stream once', async () => {
    const { ask } = node();
    for (const key of keys('k', 20)) await ask(add(key));
    expect(log.reads).toHaveLength(1);
  });
});

describe('a command that opens its stream', () => {
  const opening = () => {
    const runner = new DeciderRunner({ ...tallyDecider, opens: ({ type }) => type === 'Add' }, { log, ids: new SeededIds(900), clock: new SettableClock(), node: 'opener', cachedStreamsMax: 100 });
    return (command: TallyCommand) => runner.execute('x', command, context);
  };

  it('is decided without a look at the log', async () => {
    expect(await opening()(add('a'))).toMatchObject({ outcome: 'appended', revision: 0 });
    expect(log.reads).toHaveLength(0);
  });

  it('is decided anew when the stream was there after all', async () => {
    await node().ask(add('a', 5));
    expect(await opening()(add('b', 7))).toMatchObject({ outcome: 'appended', revision: 1, state: { sum: 12 } });
    await expectUnbrokenChain();
  });

  it('that was taken before by another is told so, not written twice', async () => {
    await node().ask(add('a', 5));
    expect(await opening()(add('a', 5))).toMatchObject({ outcome: 'unchanged', state: { sum: 5 } });
    expect(await stored()).toHaveLength(1);
  });

  it('is refused only on what the log says', async () => {
    expect(await opening()(add('a', TALLY_MAX + 1))).toMatchObject({ outcome: 'refused', rc: 'TooMuch', detail: { sum: 0 } });
    expect(log.reads).toHaveLength(1);
  });
});

describe('two nodes', () => {
  it('both get through, and neither overwrites what the other wrote', async () => {
    const [one, other] = [node(), node()];
    await Promise.all([...keys('a', 60).map((key) => one.ask(add(key))), ...keys('b', 60).map((key) => other.ask(add(key)))]);
    const events = await stored();
    expect(sumOf(events)).toBe(120);
    expect(new Set(events.map(({ data }) => data.key)).size).toBe(120);
    expect(new Set(events.map(({ metadata }) => metadata.node)).size).toBe(2);
    await expectUnbrokenChain();
  });

  it('never break a rule together: the log lets one decide after the other', async () => {
    const all = [node(), node(), node()];
    const outcomes = await Promise.all(keys('k', 90).map((key, k) => all[k % 3]!.ask(add(key, 100))));
    expect(outcomes.filter(({ outcome }) => outcome === 'appended')).toHaveLength(TALLY_MAX / 100);
    expect(sumOf(await stored())).toBe(TALLY_MAX);
  });

  it('count what they decide, and where another was faster', async () => {
    const counts = new CommandCounts();
    const [one, other] = [node({ counts }), node()];
    await one.ask(add('a'));
    await other.ask(add('b'));
    await Promise.all([one.ask(add('c')), one.ask(add('d')), one.ask(add('e', TALLY_MAX))]);
    await one.ask(look);
    await expect(one.ask(crash)).rejects.toThrow();
    const none = { appended: 0, unchanged: 0, refused: 0, failed: 0, conflicts: 0 };
    expect(counts.figures).toEqual({
      commands: [
        { ...none, command: 'tally Add', appended: 3, refused: 1, conflicts: 1 }, { ...none, command: 'tally Look', unchanged: 1 }, { ...none, command: 'tally Crash', failed: 1 },
      ],
      appends: [{ category: 'tally', appends: 3, conflicts: 1 }],
    });
  });

  it('meet no conflict where the feed has told them first, and leave an unbroken chain', async () => {
    const counts = new CommandCounts();
    const [one, other] = [node({ counts }), node({ counts })];
    const told = async (): Promise<void> => {
      for (const event of await log.all(STREAM)) for (const { runner } of [one, other]) runner.follow('x', event); // some of it not for the first time
    };
    for (let round = 0; round < 5; round++) {
      for (const { ask } of [one, other]) {
        await ask(add(`${round} a ${nodes}`));
        await ask(add(`${round} b`));
        await told();
      }
    }
    expect(counts.figures.appends).toEqual([{ category: 'tally', appends: 10, conflicts: 0 }]);
    expect(sumOf(await stored())).toBe(10);
    expect(await one.ask(look)).toMatchObject({ revision: 9, state: { sum: 10 } });
    await expectUnbrokenChain();
  });

  it('forget what they remember when the feed leaves something out, or brings what they cannot read', async () => {
    const [one, other] = [node(), node()];
    await one.ask(add('a'));
    for (const key of ['b', 'c']) await other.ask(add(key));
    const [, , last] = await log.all(STREAM);
    one.runner.follow('x', last!);
    expect(await one.ask(add('d'))).toMatchObject({ revision: 3, state: { sum: 4 } });
    await other.ask(add('e'));
    one.runner.follow('x', { ...last!, revision: 4, data: Buffer.from('{') });
    expect(await one.ask(look)).toMatchObject({ revision: 4, state: { sum: 5 } });
  });

  it('take no "already done" and no refusal from what one of them remembers', async () => {
    const [one, other] = [node(), node()];
    await one.ask(add('a', TALLY_MAX - 1));
    await other.ask(add('b'));
    expect(await one.ask(add('b'))).toMatchObject({ outcome: 'unchanged', state: { sum: TALLY_MAX } });
    expect(await other.ask(look)).toMatchObject({ outcome: 'unchanged', state: { sum: TALLY_MAX } });
    await one.ask(add('c', -500)); // what the other remembers is full; the log is not any more
    expect(await other.ask(add('d', 400))).toMatchObject({ outcome: 'appended', state: { sum: 900 } });
  });

  it.each(['look', 'refusal', 'bug'] as const)('answer a %s from what is in the log now, although nothing was known of it a moment ago', async (kind) => {
    const [one, other] = [node(), node()];
    expect(await one.ask(look)).toMatchObject({ outcome: 'unchanged', revision: -1, state: { sum: 0 } });
    await other.ask(add('a', 900));
    if (kind === 'look') expect(await one.ask(look)).toMatchObject({ revision: 0, state: { sum: 900 } });
    else if (kind === 'refusal') expect(await one.ask(add('b', 101))).toMatchObject({ rc: 'TooMuch', detail: { sum: 900 } });
    else await expect(one.ask(crash)).rejects.toThrow('a bug in the rules');
  });

  it('confirm a silent answer that shares its batch with an append', async () => {
    const [one, other] = [node(), node()];
    await one.ask(add('a'));
    await other.ask(add('b', 5));
    const [refused, added] = await Promise.all([one.ask(add('c', TALLY_MAX - 3)), one.ask(add('d'))]);
    expect(refused).toMatchObject({ rc: 'TooMuch', detail: { sum: 6 } });
    expect(added).toMatchObject({ outcome: 'appended', revision: 2, state: { sum: 7 } });
  });

  it('give up after ten conflicts in a row, having changed nothing, and work again once they are alone', async () => {
    const [one, other] = [node(), node()];
    let intruders = 0;
    log.beforeAppend = async ({ events }) => {
      if (!Buffer.from(events[0]!.data).includes('"mine"')) return;
      intruders += 1;
      await other.ask(add(`intruder-${intruders}`));
    };
    await expect(one.ask(add('mine'))).rejects.toBeInstanceOf(TooManyConflicts);
    expect(intruders).toBe(10);
    expect((await stored()).map(({ data }) => data.key)).not.toContain('mine');
    log.beforeAppend = undefined;
    expect(await one.ask(add('mine'))).toMatchObject({ outcome: 'appended', state: { sum: 11 } });
    await expectUnbrokenChain();
  });
});

describe('when the log fails', () => {
  it('everybody in the batch hears of it, and nothing that was not written is remembered', async () => {
    const { ask } = node();
    await ask(add('a', 1));
    log.beforeAppend = () => { throw new LogUnavailable('the disk is full'); };
    const asked = await Promise.allSettled([ask(add('b', 2)), ask(add('c', 4)), ask(add('d', 8))]);
    for (const { status, ...rest } of asked) {
      expect(status).toBe('rejected');
      expect((rest as { reason: unknown }).reason).toBeInstanceOf(LogUnavailable);
    }
    log.beforeAppend = undefined;
    expect(await ask(look)).toMatchObject({ state: { sum: 1 } });
    expect(await ask(add('b', 16))).toMatchObject({ outcome: 'appended', state: { sum: 17 } });
    await expectUnbrokenChain();
  });

  it('an answer that is lost after the write is "already done" the next time', async () => {
    const { ask } = node();
    log.afterAppend = () => { throw new OutcomeUnknown('the connection went away'); };
    await expect(ask(add('a', 5))).rejects.toBeInstanceOf(OutcomeUnknown);
    log.afterAppend = undefined;
    expect(await ask(add('a', 5))).toMatchObject({ outcome: 'unchanged', state: { sum: 5 } });
    expect(await stored()).toHaveLength(1);
  });

  it('commands that wait behind the failure are decided on what is really there', async () => {
    const { ask } = node();
    let failures = 1;
    log.beforeAppend = () => { if (failures-- > 0) throw new LogUnavailable('once'); };
    const [first, ...others] = await Promise.allSettled(keys('k', 5).map((key) => ask(add(key, 300))));
    expect(first!.status).toBe('rejected');
    expect(others.map((each) => each.status === 'fulfilled' && each.value.outcome)).toEqual(['appended', 'appended', 'appended', 'refused']);
    expect(sumOf(await stored())).toBe(900);
  });

  it('a conflict that is none of ours is no reason to write twice', async () => {
    const { ask } = node();
    let tries = 0;
    log.beforeAppend = ({ stream, expected }) => { if (++tries === 1) throw new WrongExpectedRevision(stream, expected, 41); };
    expect(await ask(add('a'))).toMatchObject({ outcome: 'appended', revision: 0 });
    expect(await stored()).toHaveLength(1);
  });
});

it('the chain is unbroken across nodes and restarts', async () => {
  await Promise.all(keys('a', 10).map((key) => node().ask(add(key))));
  await log.reopen();
  const { ask } = node();
  await Promise.all(keys('b', 10).map((key) => ask(add(key))));
  await log.reopen();
  await node().ask(add('c'));
  expect(await stored()).toHaveLength(21);
  await expectUnbrokenChain();
});

it('personal text is sealed before anything is stored, bound to the id of its event; the rules still see it', async () => {
  const sealedUnder: string[] = [];
  const seal = (event: AnyEvent, eventId: string): Promise<AnyEvent> => {
    sealedUnder.push(eventId);
    if (event.type !== 'UserRegistered.v1') return Promise.resolve(event);
    return Promise.resolve({ ...event, data: { ...event.data, name: { subject: 'user-2', sealed: `under ${eventId}` } } });
  };
  const told: Recorded[] = [];
  const runner = new DeciderRunner(userDecider, {
    log, ids: new SeededIds(5), clock: new SettableClock(), node: 'n', cachedStreamsMax: 10, seal, onAppended: (events) => told.push(...events),
  });
  const outcome = await runner.execute('2', {
    type: 'RegisterUser', accountClass: 'oauth', name: personal('user-2', 'Ada'), keyHash: 'h', lastFour: 'abcd', at: '2026-03-01T12:00:00.000Z',
  }, context);
  const events = await log.all('user-2');
  expect(sealedUnder).toEqual(events.map(({ id }) => id));
  expect(decode(events[0]!).data).toMatchObject({ name: { sealed: `under ${events[0]!.id}` } });
  expect(events.map(({ data }) => data.toString()).join()).not.toContain('Ada');
  expect(JSON.stringify([told, outcome.outcome === 'appended' && outcome.events])).not.toContain('Ada');
});
