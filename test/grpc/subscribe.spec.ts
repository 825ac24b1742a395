import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventTypeFilter, streamNameFilter, type AllStreamSubscription, type Position, type StreamSubscription, type SubscribeToAllOptions } from '@eventstore/db-client';
import grpc from '@grpc/grpc-js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { NewEvent, RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { idsOf, json, range, rejection } from '../contract/contract-run.js';
import { allOptions } from './raw.js';
import { Served } from './served.js';

const TOO_SLOW = 'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.';

/** What a subscription hears, in order, to be waited for. */
class Heard {
  readonly words: string[] = [];
  readonly failed: Promise<Error & { type?: string; code?: number }>;
  private waiting: { enough: (words: readonly string[]) => boolean; resolve: () => void } | undefined;

  constructor(readonly subscription: AllStreamSubscription | StreamSubscription) {
    subscription.on('confirmation', () => this.hear('confirmed'));
    subscription.on('caughtUp', () => this.hear('caught up'));
    subscription.on('data', ({ event }) => this.hear(event!.id));
    this.failed = new Promise((resolve) => subscription.on('error', resolve));
  }

  hear(word: string): void {
    this.words.push(word);
    if (this.waiting?.enough(this.words)) this.waiting.resolve();
  }

  async until(enough: (words: readonly string[]) => boolean): Promise<void> {
    if (enough(this.words)) return;
    const isEnough = new Promise<void>((resolve) => (this.waiting = { enough, resolve }));
    await Promise.race([isEnough, this.failed.then((error) => Promise.reject(error as Error))]);
  }

  word(word: string): Promise<void> {
    return this.until((words) => words.includes(word));
  }
}

describe('subscriptions', () => {
  let served: Served;
  let opened: Heard[] = [];
  beforeAll(async () => {
    served = await Served.start();
    for (const count of [2, 700, 3]) await served.run.written(count);
  });
  afterEach(async () => {
    await Promise.all(opened.map(({ subscription }) => subscription.unsubscribe()));
    opened = [];
  });
  afterAll(() => served.stop());

  const toAll = (options: SubscribeToAllOptions = {}): Heard => {
    const heard = new Heard(served.client.subscribeToAll(options));
    opened.push(heard);
    return heard;
  };
  const toStream = (stream: string, fromRevision: 'start' | 'end' | bigint = 'start'): Heard => {
    const heard = new Heard(served.client.subscribeToStream(stream, { fromRevision }));
    opened.push(heard);
    return heard;
  };
  const at = ({ position }: RecordedEvent): Position => ({ commit: BigInt(position), prepare: BigInt(position) });
  /** One event after the other, each in an append of its own. */
  const oneByOne = async (count: number, parts: Partial<NewEvent> = {}): Promise<string[]> => {
    const ids: string[] = [];
    for (const _ of range(0, count)) ids.push(...idsOf((await served.run.written(1, parts)).events));
    return ids;
  };

  describe('to everything', () => {
    it('are confirmed, get history in order, are told that they have caught up, and follow', async () => {
      const history = idsOf(await served.everything());
      const heard = toAll();
      await heard.word('caught up');
      const live = await oneByOne(5);
      await heard.word(live[4]!);
      expect(heard.words).toEqual(['confirmed', ...history, 'caught up', ...live]);
    });

    it('begin after their position', async () => {
      const events = await served.everything();
      const heard = toAll({ fromPosition: at(events[600]!) });
      await heard.word('caught up');
      expect(heard.words).toEqual(['confirmed', ...idsOf(events.slice(601)), 'caught up']);
    });

    it('from the last event, or from the end, have caught up at once', async () => {
      const events = await served.everything();
      for (const fromPosition of [at(events.at(-1)!), 'end'] as const) {
        const heard = toAll({ fromPosition });
        await heard.word('caught up');
        const [live] = await oneByOne(1);
        await heard.word(live!);
        expect(heard.words).toEqual(['confirmed', 'caught up', live]);
      }
    });

    it('from a position that never was are an unknown error', async () => {
      const [first] = await served.everything();
      const heard = toAll({ fromPosition: { commit: BigInt(first!.position - 1), prepare: 0n } });
      expect(await heard.failed).toMatchObject({ type: 'unknown' });
    });

    it('from a position that the log has not reached get nothing before it', async () => {
      const heard = toAll({ fromPosition: { commit: 2n ** 50n, prepare: 2n ** 50n } });
      const other = toAll({ fromPosition: 'end' });
      await Promise.all([heard.word('caught up'), other.word('caught up')]);
      const [live] = await oneByOne(1);
      await other.word(live!);
      expect(heard.words).toEqual(['confirmed', 'caught up']);
    });

    it('hear everything once, in order, while many write, however often they are dropped and go on after their last', async () => {
      const before = await served.log.head();
      const heard: string[] = [];
      const written = Promise.all(range(0, 40).map(() => oneByOne(10)));
      for (let fromPosition: Position = { commit: BigInt(before), prepare: BigInt(before) }; heard.length < 400; ) {
        try {
          for await (const { event } of served.client.subscribeToAll({ fromPosition })) {
            heard.push(event!.id);
            fromPosition = event!.position!;
            if (heard.length === 400) break;
          }
        } catch (error) {
          expect(error).toMatchObject({ type: 'timeout' });
        }
      }
      await written;
      expect(heard).toEqual(idsOf(await served.run.between(before, Number.MAX_SAFE_INTEGER)));
    });
  });

  describe('to a stream', () => {
    it('get its history, are told that they have caught up, and follow it alone', async () => {
      const { stream, events } = await served.run.written(600);
      const heard = toStream(stream);
      await heard.word('caught up');
      const live = served.run.events(2);
      await served.run.written(1);
      await served.log.append(stream, 599, live);
      await heard.word(live[1]!.id);
      expect(heard.words).toEqual(['confirmed', ...idsOf(events), 'caught up', ...idsOf(live)]);
    });

    it('begin after their revision, or at the end', async () => {
      const { stream, events } = await served.run.written(5);
      const [after, end] = [toStream(stream, 2n), toStream(stream, 'end')];
      await Promise.all([after.word('caught up'), end.word('caught up')]);
      const live = served.run.event();
      await served.log.append(stream, 4, [live]);
      await Promise.all([after.word(live.id), end.word(live.id)]);
      expect(after.words).toEqual(['confirmed', ...idsOf(events.slice(3)), 'caught up', live.id]);
      expect(end.words).toEqual(['confirmed', 'caught up', live.id]);
    });

    it('that does not exist wait for it, and have caught up at its first event', async () => {
      const stream = served.run.stream();
      const heard = toStream(stream);
      await heard.word('confirmed');
      expect(heard.words).toEqual(['confirmed']);
      const events = served.run.events(2);
      await served.log.append(stream, 'no_stream', events);
      await heard.until((words) => words.length === 4);
      expect(heard.words).toEqual(['confirmed', events[0]!.id, 'caught up', events[1]!.id]);
    });
  });

  describe('with a filter', () => {
    it.each([
      ['prefixes of the type', (type: string) => eventTypeFilter({ prefixes: ['Nothing', type.slice(0, -3)] })],
      ['an expression for the type', (type: string) => eventTypeFilter({ regex: `^${type.slice(0, -3)}(\\.v1|\\.v2)$` })],
    ])('by %s get what matches', async (_how, filterOf) => {
      const type = served.run.type();
      const before = toAll({ filter: filterOf(type) });
      await before.word('caught up');
      await oneByOne(3);
      const wanted = await oneByOne(2, { type });
      await before.word(wanted[1]!);
      const after = toAll({ filter: filterOf(type) });
      await after.word('caught up');
      expect(before.words).toEqual(['confirmed', 'caught up', ...wanted]);
      expect(after.words).toEqual(['confirmed', ...wanted, 'caught up']);
    });

    it('by the name of the stream get what matches', async () => {
      const { stream, events } = await served.run.written(4);
      const heard = toAll({ filter: streamNameFilter({ prefixes: [stream] }) });
      await heard.word('caught up');
      expect(heard.words.slice(1, 5)).toEqual(idsOf(events));
      const byRegex = toAll({ filter: streamNameFilter({ regex: `${stream}$` }) });
      await byRegex.word('caught up');
      expect(byRegex.words).toEqual(['confirmed', ...idsOf(events), 'caught up']);
    });

    it('get a checkpoint for every 32 events examined, from which they can go on', async () => {
      const events = await served.everything();
      const checkpoints: Position[] = [];
      const heard = toAll({ filter: eventTypeFilter({ prefixes: ['Nothing'], checkpointReached: (_subscription, position) => void checkpoints.push(position) }) });
      await heard.word('caught up');
      const expected = events.filter((_, k) => (k + 1) % 32 === 0).map(({ position }) => ({ commit: BigInt(position), prepare: 0n }));
      expect(checkpoints).toEqual(expected);
      const resumed = toAll({ fromPosition: checkpoints.at(-1)! });
      await resumed.word('caught up');
      expect(resumed.words.slice(1, -1)).toEqual(idsOf(events.slice(checkpoints.length * 32)));
    });

    it('set how often, by the window and its multiple', async () => {
      const events = await served.everything();
      const checkpoints: bigint[] = [];
      const filter = eventTypeFilter({ prefixes: ['Nothing'], maxSearchWindow: 10, checkpointInterval: 3, checkpointReached: (_subscription, { commit }) => void checkpoints.push(commit) });
      const heard = toAll({ filter });
      await heard.word('caught up');
      expect(checkpoints).toEqual(events.filter((_, k) => (k + 1) % 30 === 0).map(({ position }) => BigInt(position)));
    });

    it('get no checkpoint right after a live event that matches', async () => {
      const type = served.run.type();
      const heard = toAll({ fromPosition: 'end', filter: eventTypeFilter({ prefixes: [type], maxSearchWindow: 4, checkpointReached: () => heard.hear('checkpoint') }) });
      await heard.word('caught up');
      await oneByOne(3);
      const [matching] = await oneByOne(1, { type });
      await oneByOne(4);
      await heard.word('checkpoint');
      expect(heard.words).toEqual(['confirmed', 'caught up', matching, 'checkpoint']);
    });

    it.each([
      ['that backtracks for ever', eventTypeFilter({ regex: '^(([a-zA-Z]+)+)+[!]$' }), 'takes too long'],
      ['that is none', eventTypeFilter({ regex: '(' }), 'is not a regular expression'],
      ['that is endless', eventTypeFilter({ regex: 'a'.repeat(300) }), 'at most 256 characters'],
      ['of nothing', eventTypeFilter({ prefixes: [] }), '1 to 256 prefixes'],
    ])('%s are an error, and the server lives', async (_what, filter, reason) => {
      await served.run.written(1, { type: 'a'.repeat(5_000) });
      const begun = performance.now();
      const { type, message } = await toAll({ filter }).failed;
      expect(type).toBe('unknown');
      expect(message).toContain(reason);
      expect(performance.now() - begun).toBeLessThan(5_000);
      const next = toAll({ fromPosition: 'end' });
      await next.word('caught up');
    });
  });

  describe('that are live are dropped', () => {
    it.each([['everything', () => toAll({ fromPosition: 'end' })], ['a stream', undefined]] as const)('by an append of 50 events at once, to %s', async (_what, open) => {
      const { stream } = await served.run.written(1);
      const heard = open?.() ?? toStream(stream);
      await heard.word('caught up');
      const events = served.run.events(50);
      await served.log.append(stream, 0, events);
      expect(await heard.failed).toMatchObject({ type: 'timeout', code: grpc.status.ABORTED, message: `10 ABORTED: ${TOO_SLOW}` });
      const delivered = heard.words.slice(heard.words.indexOf('caught up') + 1);
      expect(delivered).toEqual(idsOf(events).slice(0, delivered.length)); // without a gap, so that it can go on after the last
    });

    it('not by an append of 32, nor by many of a filter that does not match', async () => {
      const { stream } = await served.run.written(1);
      const heard = toAll({ fromPosition: 'end', filter: streamNameFilter({ prefixes: [stream] }) });
      await heard.word('caught up');
      await served.run.written(500);
      const events = served.run.events(32);
      await served.log.append(stream, 0, events);
      await heard.word(events[31]!.id);
      expect(heard.words).toEqual(['confirmed', 'caught up', ...idsOf(events)]);
    });

    it('not by what many appends bring at once, for it would come one by one', async () => {
      const heard = toAll({ fromPosition: 'end' });
      await heard.word('caught up');
      const written = await Promise.all(range(0, 200).map(() => served.run.written(1)));
      await heard.until((words) => words.length === 202);
      expect(new Set(heard.words.slice(2))).toEqual(new Set(written.flatMap(({ events }) => idsOf(events))));
    });

    it.each(['the memory of the log', 'its disk'])('when they do not take what they get, and go on without a loss after their last event, from %s', async (where) => {
      const own = await Served.start({}, where === 'its disk' ? { hotTail: { eventsMax: 1_000, bytesMax: 1_048_576 } } : {});
      try {
        await own.run.written(1);
        const heard = new Heard(own.client.subscribeToAll({ fromPosition: 'end' }));
        await heard.word('caught up');
        const before = await own.log.head();
        heard.subscription.pause();
        const large = { data: json('x'.repeat(100_000)) };
        for (const _ of range(0, 60)) await own.run.written(10, large); // more than the client and the sockets hold
        heard.subscription.resume();
        expect(await heard.failed).toMatchObject({ type: 'timeout' });
        const stored = await own.run.between(before, Number.MAX_SAFE_INTEGER);
        const delivered = heard.words.slice(2);
        expect(delivered).toEqual(idsOf(stored).slice(0, delivered.length));
        expect(delivered.length).toBeLessThan(600);
        const again = new Heard(own.client.subscribeToAll({ fromPosition: delivered.length > 0 ? at(stored[delivered.length - 1]!) : { commit: BigInt(before), prepare: BigInt(before) } }));
        await again.word('caught up');
        expect([...delivered, ...again.words.slice(1, -1)]).toEqual(idsOf(stored));
        await again.subscription.unsubscribe();
      } finally {
        await own.stop();
      }
    });

    it('never while they catch up, however slow they are', async () => {
      const events = await served.everything();
      let delivered = 0;
      for await (const _ of served.client.subscribeToAll()) {
        delivered += 1;
        if (delivered % 50 === 0) await served.run.written(60);
        if (delivered === events.length) break;
      }
      expect(delivered).toBe(events.length);
    }, 60_000);
  });

  it('say fellBehind to nobody, and checkpoints to nobody without a filter', async () => {
    const asked = allOptions();
    asked.setSubscription(new streams.ReadReq.Options.SubscriptionOptions());
    const kinds = new Set<number>();
    for await (const message of served.raw.read(asked)) {
      kinds.add((message as ReadResp).getContentCase());
      if ((message as ReadResp).hasCaughtUp()) break;
    }
    const { EVENT, CONFIRMATION, CAUGHT_UP } = streams.ReadResp.ContentCase;
    expect(kinds).toEqual(new Set([CONFIRMATION, EVENT, CAUGHT_UP]));
  });

  it('with a checkpoint interval of 0 are an error', async () => {
    const filter = new streams.ReadReq.Options.FilterOptions().setEventType(new streams.ReadReq.Options.FilterOptions.Expression().setPrefixList(['a']));
    const asked: ReadReq.Options = allOptions().setSubscription(new streams.ReadReq.Options.SubscriptionOptions()).setFilter(filter);
    expect(await rejection(served.raw.messages(asked))).toMatchObject({ code: grpc.status.UNKNOWN });
  });

  it('end when their client leaves, and new ones are served', async () => {
    for (const _ of range(0, 20)) {
      const heard = new Heard(served.client.subscribeToAll({ fromPosition: 'end' }));
      await heard.word('caught up');
      await heard.subscription.unsubscribe();
    }
    await toAll({ fromPosition: 'end' }).word('caught up');
  });
});
