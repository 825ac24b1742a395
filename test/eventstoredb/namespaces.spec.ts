import { afterEach, describe, expect, it } from '@jest/globals';
import { BEGINNING } from '../../src/platform/event-log/event-log.js';
import { EventStoreDbLog } from '../../src/platform/event-log/eventstoredb/eventstoredb-log.js';
import { SystemIds } from '../../src/platform/system/system.js';
import { ContractRun, idsOf, range, rejection } from '../contract/contract-run.js';
import { eventually } from '../reliability/eventually.js';
import { Follower, opened, real, tidyUp, undoing } from './scene.js';
import { ScriptedServer } from './scripted-server.js';

afterEach(tidyUp);

const SEED = 20_260_818;
const PATIENCE_MS = 10_000;

const ledgers = async (...namespaces: string[]) => {
  const server = undoing(await ScriptedServer.start(), (each) => each.stop());
  const logs: EventStoreDbLog[] = [];
  for (const namespace of namespaces) logs.push(await opened(server.url, { namespace }));
  return { server, logs, run: new ContractRun(SEED) };
};
const everythingIn = async (log: EventStoreDbLog): Promise<{ stream: string; id: string }[]> => {
  const run = new ContractRun(SEED);
  run.log = log;
  return (await run.between(BEGINNING, Infinity, 5)).map(({ stream, id }) => ({ stream, id }));
};

describe('ledgers that share a store', () => {
  it.each([
    ['one.', 'other.'],
    ['horde', 'horde2'], // each begins as the other
    ['horde', 'horde_test.'],
    ['a.', 'ab'],
    ['', 'other'],
  ])('as %p and %p see only what is theirs, under the names that they gave', async (...namespaces) => {
    const { server, logs, run } = await ledgers(...namespaces);
    const followers = logs.map((log) => Follower.of(log, { after: BEGINNING }));
    const written: { stream: string; id: string }[][] = logs.map(({ storeId }) => [{ stream: 'ledger', id: storeId }]);
    for (const k of range(0, 30)) {
      const stream = `account-${k % 4}`;
      for (const [which, log] of logs.entries()) {
        const event = run.event();
        await log.append(stream, k < 4 ? 'no_stream' : Math.floor(k / 4) - 1, [event]);
        written[which]!.push({ stream, id: event.id });
      }
    }
    expect(logs[0]!.storeId).not.toBe(logs[1]!.storeId);
    for (const [which, log] of logs.entries()) {
      const mine = written[which]!;
      expect(await everythingIn(log)).toEqual(mine);
      await eventually('everything has come', PATIENCE_MS, () => (followers[which]!.ids.length >= mine.length ? true : undefined));
      expect(followers[which]!.events.map(({ stream, id }) => ({ stream, id }))).toEqual(mine);
      expect(idsOf((await log.readStream('account-1')).events)).toEqual(mine.filter(({ stream }) => stream === 'account-1').map(({ id }) => id));
      expect(await log.head()).toBe(server.store.all.at(-1)!.position); // of the store: nothing of ours comes after it
    }
  });

  it('move each other\'s heads, and feeds reach them', async () => {
    const { logs: [mine, theirs], run } = await ledgers('mine', 'theirs');
    const follower = Follower.of(mine!, { after: await mine!.head() });
    for (const _ of range(0, 20)) await theirs!.append(run.stream(), 'no_stream', run.events(3));
    const head = await mine!.head();
    await eventually('the feed is there', PATIENCE_MS, () => (follower.position >= head ? true : undefined));
    expect(follower.ids).toEqual([]);
    expect(follower.batches.at(-1)).toMatchObject({ live: true });
  });

  it('are not fooled by a stream that is named as another\'s would be', async () => {
    const { server, logs: [mine, theirs], run } = await ledgers('mine', 'theirs');
    const event = run.event();
    await theirs!.append('mine.account-1', 'no_stream', [event]);
    await theirs!.append('mine.ledger', 'no_stream', [run.event()]);
    expect((await mine!.readStream('account-1')).exists).toBe(false);
    expect(await everythingIn(mine!)).toHaveLength(1);
    expect((await theirs!.readStream('mine.account-1')).events[0]).toMatchObject({ stream: 'mine.account-1', id: event.id });
    expect(server.store.stream('theirs.mine.account-1')).toHaveLength(1);
  });

  it('are the same with and without the full stop at the end', async () => {
    const { server, logs } = await ledgers('horde', 'horde.');
    expect(logs[0]!.storeId).toBe(logs[1]!.storeId);
    expect(server.store.stream('horde.ledger')).toHaveLength(1);
  });

  it.each(['.', 'a.b', 'a.b.', '.a', 'A', 'a-b', 'a/', '$a', 'é', ' ', 'a'.repeat(41)])('are not called %p', async (namespace) => {
    const error = await rejection(EventStoreDbLog.open({ url: 'esdb://127.0.0.1:1?tls=false', namespace, ...real, ids: new SystemIds() }));
    expect(error).toMatchObject({ name: 'LogUnavailable' });
    expect((error as Error).message).toMatch(/^a namespace has/);
  });
});
