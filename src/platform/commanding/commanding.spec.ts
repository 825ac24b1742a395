import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { SeededIds, SettableClock } from '../../../test/support/ports.js';
import { WatchedLog } from '../../../test/support/watched-log.js';
import { Commanding } from './commanding.js';
import type { Snapshots } from './load-stream.js';
import { add, tallyDecider } from './tally.fixture.js';

const context = { actor: { kind: 'system' as const }, correlationId: 'c' };

let log: WatchedLog;
beforeEach(async () => {
  log = await WatchedLog.open();
});
afterEach(() => log.remove());
const commanding = (snapshots?: Snapshots) =>
  new Commanding({ log, ids: new SeededIds(1), clock: new SettableClock(), node: 'n', ...(snapshots ? { snapshots } : {}) });

it('hands out one runner a category: two would hold two states of one stream', () => {
  const all = commanding();
  all.runner(tallyDecider);
  expect(() => all.runner(tallyDecider)).toThrow('two runners for tally streams');
  expect(() => all.runner({ ...tallyDecider, category: 'other' })).not.toThrow();
});

it('tells every listener of every append, whichever runner made it', async () => {
  const all = commanding();
  const [one, other] = [all.runner(tallyDecider), all.runner({ ...tallyDecider, category: 'other' })];
  const told: string[][] = [[], []];
  for (const [k, list] of told.entries()) all.onAppended((events) => list.push(...events.map(({ stream, revision }) => `${k}:${stream}@${revision}`)));
  await one.execute('x', add('a'), context);
  await other.execute('y', add('a'), context);
  await one.execute('x', add('b'), context);
  for (const [k, list] of told.entries()) expect(list).toEqual([`${k}:tally-x@0`, `${k}:other-y@0`, `${k}:tally-x@1`]);
});

it('gives snapshots to those deciders that ask for them', async () => {
  const asked: string[] = [];
  const snapshots: Snapshots = { find: (stream) => Promise.resolve(void asked.push(stream)), consider: () => undefined };
  const all = commanding(snapshots);
  await all.runner(tallyDecider, { snapshots: true }).execute('x', add('a'), context);
  await all.runner({ ...tallyDecider, category: 'other' }).execute('y', add('a'), context);
  expect(asked).toEqual(['tally-x']);
});
