import { afterEach, describe, expect, it } from '@jest/globals';
import grpc from '@grpc/grpc-js';
import { BEGINNING, type NewEvent } from '../../src/platform/event-log/event-log.js';
import { idsOf, json, range } from '../contract/contract-run.js';
import { eventually } from '../reliability/eventually.js';
import { Follower, hurried, opened, scene, tidyUp, type Scene } from './scene.js';
import { TOO_SLOW, type CallError, type Subscription } from './scripted-server.js';

afterEach(tidyUp);

const { status } = grpc;
const PATIENCE_MS = 10_000;

const arrived = (follower: Follower, ids: readonly string[]): Promise<true> => (
  eventually('everything has come', PATIENCE_MS, () => (follower.ids.length >= ids.length ? true : undefined))
);
const open = ({ server }: Scene): Promise<Subscription> => eventually('a subscription is open', PATIENCE_MS, () => [...server.subscriptions].at(-1));
/** The store writes for itself. */
const own = ({ server, run }: Scene, stream = `$stats-127.0.0.1:${server.port}`, type = '$statsCollected'): number => {
  const revision = server.store.stream(stream)?.length ?? 0;
  const outcome = server.store.append(stream, revision === 0 ? 'no_stream' : revision - 1, [{ id: run.id(), type, data: json({}), metadata: json({}) }]);
  return outcome.kind === 'appended' ? outcome.position! : -1;
};
/** Ids of a ledger's events that were appended from now on, by the follower's order. */
const writer = ({ log, run }: Scene): { ids: string[]; append: (count?: number) => Promise<void> } => {
  const ids: string[] = [];
  return {
    ids,
    append: async (count = 1) => {
      const events: NewEvent[] = run.events(count);
      await log.append(run.stream(), 'no_stream', events);
      ids.push(...idsOf(events));
    },
  };
};

describe('a subscription that the store drops', () => {
  it('because we read too slowly goes on at once: counted, no alarm, nothing lost or doubled', async () => {
    const here = await scene();
    const { server, log, said } = here;
    const { ids, append } = writer(here);
    const follower = Follower.of(log, { after: await log.head() });
    for (const k of range(0, 60)) {
      await append(1 + (k % 3));
      if (k % 5 === 0) (await open(here)).fail(TOO_SLOW);
    }
    await arrived(follower, ids);
    expect(follower.ids).toEqual(ids);
    await eventually('the last resume', PATIENCE_MS, () => (log.figures.resumes === 12 ? true : undefined));
    expect(log.figures).toMatchObject({ dropped: 12, outages: 0 });
    expect(log.figures.resumeP99Ms).toBeLessThan(1_000);
    expect({ subscriptions: server.subscriptions.size, warnings: said.warnings }).toEqual({ subscriptions: 1, warnings: [] });
  });

  it.each<[string, CallError | undefined]>([
    ['UNAVAILABLE', { code: status.UNAVAILABLE, details: 'Connection dropped' }],
    ['INTERNAL', { code: status.INTERNAL, details: 'Received RST_STREAM with code 2' }],
    ['CANCELLED', { code: status.CANCELLED, details: 'Call canceled by the server' }],
    ['ABORTED for another reason', { code: status.ABORTED, details: 'Operation timed out: Expired' }],
    ['a clean end', undefined],
  ])('with %s goes on where it was', async (_how, error) => {
    const here = await scene();
    const { ids, append } = writer(here);
    const follower = Follower.of(here.log, { after: await here.log.head() });
    for (const _ of range(0, 5)) {
      await append();
      const subscription = await open(here);
      if (error) subscription.fail(error);
      else subscription.end();
      await append(3);
    }
    await arrived(follower, ids);
    expect(follower.ids).toEqual(ids);
    expect(here.log.figures.dropped).toBe(0);
    if (error?.code !== status.UNAVAILABLE && error?.code !== status.CANCELLED) expect(here.log.figures.outages).toBe(0);
  });

  it('and serves events again that we have hands out none of them twice', async () => {
    const here = await scene();
    const { ids, append } = writer(here);
    const follower = Follower.of(here.log, { after: BEGINNING });
    await append(5);
    const subscription = await open(here);
    for (const event of here.server.store.all) subscription.repeat(event);
    await append(2);
    await arrived(follower, [here.log.storeId, ...ids]);
    expect(follower.ids).toEqual([here.log.storeId, ...ids]);
  });
});

describe('a subscription that leaves out an event in silence, because its start is gone', () => {
  it('leaves out none that a follower has not got', async () => {
    const here = await scene();
    const { server, log, run } = here;
    const { ids, append } = writer(here);
    const follower = Follower.of(log, { after: await log.head() });
    server.onSubscribe = (subscription) => {
      const [event] = run.events(1);
      server.store.append(run.stream(), 'no_stream', [event!]); // between our last look and the subscription
      ids.push(event!.id);
      server.store.remove(({ position }) => position === subscription.start);
      subscription.serve();
    };
    for (const _ of range(0, 8)) {
      await append(2);
      (await open(here)).fail(TOO_SLOW);
    }
    await arrived(follower, ids);
    expect(follower.ids).toEqual(ids);
  });

  it('nor where the newest events were the store\'s own, and all of these are gone', async () => {
    const here = await scene();
    const { server, log, run } = here;
    const { ids, append } = writer(here);
    own(here);
    own(here);
    const follower = Follower.of(log, { after: await log.head() });
    await open(here);
    for (const _ of range(0, 4)) {
      const between = run.event();
      server.onSubscribe = (subscription) => {
        server.store.remove(({ stream }) => stream.startsWith('$'));
        server.store.append(run.stream(), 'no_stream', [between]);
        subscription.serve();
        server.onSubscribe = (next) => next.serve();
      };
      own(here);
      own(here);
      (await open(here)).fail(TOO_SLOW);
      await eventually('it is open again', PATIENCE_MS, () => (server.store.all.some(({ id }) => id === between.id) ? true : undefined));
      ids.push(between.id);
      await append();
    }
    await arrived(follower, ids);
    expect(follower.ids).toEqual(ids);
  });
});

describe('a subscription that says nothing', () => {
  it('is not waited for when it is never confirmed', async () => {
    const here = await scene(hurried);
    const { server, log } = here;
    const { ids, append } = writer(here);
    const asked = new Promise<void>((resolve) => {
      server.onSubscribe = () => {
        server.onSubscribe = (next) => next.serve();
        resolve();
      };
    });
    const follower = Follower.of(log, { after: await log.head() });
    await asked;
    await append(3);
    await arrived(follower, ids);
    expect(follower.ids).toEqual(ids);
    expect(log.figures).toMatchObject({ dropped: 0, outages: 0 });
  });

  it('any more is ended when it owes us what we know to be there', async () => {
    const here = await scene(hurried);
    const { server, log } = here;
    const { ids, append } = writer(here);
    const follower = Follower.of(log, { after: await log.head() });
    await append(2);
    await arrived(follower, ids);
    (await open(here)).isMute = true;
    await append(2);
    await eventually('everything has come', PATIENCE_MS, async () => {
      await log.head(); // as whoever decides on a view does
      return follower.ids.length === ids.length ? true : undefined;
    });
    expect(follower.ids).toEqual(ids);
    expect(server.subscriptions.size).toBe(1);
    expect(log.figures).toMatchObject({ dropped: 0, outages: 0 });
  });

  it('because nothing happens is left alone', async () => {
    const here = await scene(hurried);
    const { log, server } = here;
    const { append } = writer(here);
    Follower.of(log, { after: await log.head() });
    const subscription = await open(here);
    await append();
    const until = hurried.clock.monotonic() + 12_000;
    while (hurried.clock.monotonic() < until) {
      await log.head();
      await hurried.timers.sleep(200);
    }
    expect([...server.subscriptions]).toEqual([subscription]);
  });
});

describe('what the store writes for itself', () => {
  it('is not seen by followers, nor by pages; positions go on', async () => {
    const here = await scene();
    const { server, log, run } = here;
    const { ids, append } = writer(here);
    const before = await log.head();
    const follower = Follower.of(log, { after: before, batchMax: 7 });
    const isOpen = await open(here);
    for (const k of range(0, 40)) {
      await append(2);
      own(here);
      if (k % 4 === 0) own(here, '$ce-account', '$>');
      if (k % 5 === 0) own(here, `$$${run.stream()}`, '$metadata');
      if (k % 8 === 0) own(here, '$persistentSubscriptionConfig', 'PersistentConfig1'); // a type without the sign
      if (k === 20) isOpen.fail(TOO_SLOW);
    }
    await arrived(follower, ids);
    expect(follower.ids).toEqual(ids);
    expect(idsOf(await run.between(before, Infinity, 9))).toEqual(ids);
    const down = await log.readAll({ direction: 'backwards', limit: ids.length });
    expect(idsOf(down.events)).toEqual(ids.toReversed());
    const positions = follower.batches.map(({ position }) => position);
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
    const newest = server.store.all.findLast(({ id }) => id === ids.at(-1))!;
    expect({ head: await log.head(), fed: follower.position }).toEqual({ head: newest.position, fed: newest.position });
  });

  it('may be the newest thousand: the head is ours, and so is what comes after them', async () => {
    const here = await scene();
    const { server, log, run } = here;
    const { ids, append } = writer(here);
    await append(3);
    const head = server.store.all.at(-1)!.position;
    for (const _ of range(0, 2_500)) own(here);
    const late = await opened(server.url);
    const reads = { count: 0 };
    server.onRead = (read) => {
      reads.count += 1;
      read.serve();
    };
    expect([await log.head(), await late.head()]).toEqual([head, head]);
    expect(idsOf((await late.readAll({ direction: 'backwards', limit: 1 })).events)).toEqual(ids.slice(-1));
    expect(idsOf((await late.readAll({ from: head - 1, limit: 2 })).events)).toEqual(ids.slice(-1));
    expect(reads.count).toBeLessThan(30); // not one for each that is skipped
    const followers = [log, late].map((each) => Follower.of(each, { after: BEGINNING }));
    await Promise.all(followers.map((follower) => arrived(follower, [log.storeId, ...ids])));
    for (const follower of followers) await eventually('it is live', PATIENCE_MS, () => (follower.batches.at(-1)!.live ? true : undefined));
    const [event] = [run.event()];
    await log.append(run.stream(), 'no_stream', [event]);
    ids.push(event.id);
    await Promise.all(followers.map((follower) => arrived(follower, [log.storeId, ...ids])));
    expect(followers.map((follower) => follower.ids)).toEqual([[log.storeId, ...ids], [log.storeId, ...ids]]);
    expect(await log.head()).toBe(server.store.all.at(-1)!.position);
  });

  it('may be all there is behind a position: the feed is live there', async () => {
    const here = await scene();
    const { ids, append } = writer(here);
    await append(1);
    const after = await here.log.head();
    own(here);
    const follower = Follower.of(here.log, { after });
    await open(here);
    await append(1);
    await arrived(follower, ids.slice(1));
    expect(follower.ids).toEqual(ids.slice(1));
    expect(follower.batches.at(-1)!.live).toBe(true);
  });
});
