import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualTimers, SeededIds } from '../../../test/support/ports.js';
import { WatchedLog } from '../../../test/support/watched-log.js';
import type { Recorded } from '../../kernel/event.js';
import { encode } from './codec.js';
import { BEGINNING, type Position } from './event-log.js';
import { NodeFeed, type NodeFold } from './node-feed.js';

const ids = new SeededIds(3);
let log: WatchedLog;
let timers: ManualTimers;
let fatal: unknown[];
let errors: string[];
let feeds: NodeFeed[];
beforeEach(async () => {
  log = await WatchedLog.open();
  [timers, fatal, errors, feeds] = [new ManualTimers(), [], [], []];
});
afterEach(async () => {
  for (const feed of feeds) await feed.close();
  await log.remove();
});

const feedOf = (...folds: NodeFold[]): NodeFeed => {
  const feed = new NodeFeed({
    log, timers, logger: { error: (details: unknown, message?: string) => void errors.push(`${message}: ${(details as { view?: string }).view}`) }, onFatal: (error) => void fatal.push(error),
  });
  for (const fold of folds) feed.register(fold);
  feeds.push(feed);
  return feed;
};
/** Remembers what it was fed. */
const fold = (after: Position = BEGINNING, refuses?: number) => {
  const seen: number[] = [];
  return { name: 'seen', seen, open: () => Promise.resolve(after), apply: ({ data }: Recorded) => {
    const { count } = data as { count: number };
    if (count === refuses) throw new Error('an event that cannot be');
    seen.push(count);
  } };
};
let written = 0;
const write = async (count: number, stream = `toy-${written}`): Promise<Position> => {
  const events = Array.from({ length: count }, (_, k) => encode({ type: 'Toy.v1', data: { count: written + k } }, {
    stream, revision: k, id: ids.uuid(), metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
  }).event);
  written += count;
  return (await log.append(stream, 'no_stream', events)).position;
};
const from = (start: number, count: number): number[] => Array.from({ length: count }, (_, k) => start + k);

describe('the feed of a process', () => {
  it('has folded everything that was there when it started', async () => {
    const start = written;
    for (let k = 0; k < 5; k++) await write(30);
    const [one, other] = [fold(), fold()];
    const feed = feedOf(one, other);
    await feed.start();
    expect(one.seen).toEqual(from(start, 150));
    expect(other.seen).toEqual(one.seen);
    expect(feed.position).toBe(await feed.head());
  });

  it('feeds what comes, in the order of the log, however many batches it takes', async () => {
    const one = fold();
    const feed = feedOf(one);
    await feed.start();
    const start = written;
    for (let k = 0; k < 3; k++) await write(1_200, `big-${written}`);
    expect(await feed.waitFor(await log.head())).toBe(true);
    expect(one.seen).toEqual(from(start, 3_600));
  });

  it('feeds each view what comes after the place that it has read to', async () => {
    const start = written;
    await write(2);
    const middle = await write(3);
    await write(4);
    const [whole, rest, nothing] = [fold(), fold(middle), fold(await log.head())];
    await feedOf(whole, rest, nothing).start();
    expect(whole.seen).toEqual(from(start, 9));
    expect(rest.seen).toEqual(from(start + 5, 4));
    expect(nothing.seen).toEqual([]);
  });

  it('starts at once on an empty log, and without any view at the head', async () => {
    await feedOf(fold()).start();
    await write(1);
    const feed = feedOf();
    await feed.start();
    expect(feed.position).toBe(await log.head());
  });
});

describe('who waits for a position', () => {
  it('is told at once when it is reached already, and as soon as it is otherwise', async () => {
    const one = fold();
    const feed = feedOf(one);
    await feed.start();
    const position = await write(1);
    const last = written - 1;
    expect(await feed.waitFor(position, 1_000)).toBe(true);
    expect(one.seen).toContain(last);
    expect(await feed.waitFor(position)).toBe(true);
    expect(await feed.waitFor(BEGINNING)).toBe(true);
  });

  it('is told when the time is up first', async () => {
    const feed = feedOf(fold());
    await feed.start();
    const waiting = feed.waitFor((await log.head()) + 1_000, 1_000);
    expect(timers.sleepers).toEqual([1_000]);
    timers.wakeAll();
    expect(await waiting).toBe(false);
  });

  it('is told apart from others that wait', async () => {
    const feed = feedOf(fold());
    await feed.start();
    const far = feed.waitFor((await log.head()) + 1_000_000, 1_000);
    expect(await feed.waitFor(await write(1), 1_000)).toBe(true);
    timers.wakeAll();
    expect(await far).toBe(false);
  });

  it('is told "no" when the process ends', async () => {
    const feed = feedOf(fold());
    await feed.start();
    const waiting = feed.waitFor((await log.head()) + 1_000);
    await feed.close();
    expect(await waiting).toBe(false);
    expect(fatal).toEqual([]);
  });
});

it('ends with the process, and folds nothing afterwards', async () => {
  const one = fold();
  const feed = feedOf(one);
  await feed.start();
  await feed.close();
  const seen = one.seen.length;
  await write(1);
  expect(one.seen).toHaveLength(seen);
});

it('a view that cannot fold an event ends the process: it would answer from the past for ever', async () => {
  const start = written;
  const one = fold(BEGINNING, start + 2);
  const feed = feedOf(one);
  await feed.start();
  const before = feed.position;
  const bad = await write(5);
  const waiting = feed.waitFor(bad, 1_000);
  for (let turns = 0; turns < 100 && fatal.length === 0; turns++) await new Promise(setImmediate);
  expect(fatal).toEqual([expect.objectContaining({ message: 'an event that cannot be' })]);
  expect(errors).toEqual(['the in-memory views cannot follow the log any more: seen']);
  timers.wakeAll();
  expect(await waiting).toBe(false);
  expect(feed.position).toBe(before);
  expect(one.seen).toEqual(from(start, 2));
});
