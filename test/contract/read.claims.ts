import { expect } from '@jest/globals';
import { BEGINNING, LogUnavailable, type RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { idsOf, range, rejection, revisionsOf, type Claims } from './contract-run.js';

export const readStreamClaims: Claims = {
  'a stream that was never written does not exist': async (run) => {
    expect(await run.log.readStream(run.stream())).toEqual({ exists: false, events: [] });
    expect(await run.log.readStream(run.stream(), { direction: 'backwards' })).toEqual({ exists: false, events: [] });
  },
  'forwards begins with the first event': async (run) => {
    const { stream, events } = await run.written(5);
    expect(idsOf((await run.log.readStream(stream)).events)).toEqual(idsOf(events));
  },
  'backwards begins with the last event': async (run) => {
    const { stream, events } = await run.written(5);
    expect(idsOf((await run.log.readStream(stream, { direction: 'backwards' })).events)).toEqual(idsOf(events.toReversed()));
  },
  'the first revision is included': async (run) => {
    const { stream } = await run.written(10);
    expect(revisionsOf((await run.log.readStream(stream, { from: 4 })).events)).toEqual(range(4, 10));
    expect(revisionsOf((await run.log.readStream(stream, { from: 4, direction: 'backwards' })).events)).toEqual([4, 3, 2, 1, 0]);
  },
  'a page has no more events than its limit': async (run) => {
    const { stream } = await run.written(10);
    expect(revisionsOf((await run.log.readStream(stream, { from: 2, limit: 3 })).events)).toEqual([2, 3, 4]);
    expect(revisionsOf((await run.log.readStream(stream, { from: 2, limit: 2, direction: 'backwards' })).events)).toEqual([2, 1]);
  },
  'beyond the end there is nothing, and the stream exists': async (run) => {
    const { stream } = await run.written(2);
    expect(await run.log.readStream(stream, { from: 2 })).toEqual({ exists: true, events: [] });
  },
  'backwards from beyond the end begins with the last event': async (run) => {
    const { stream } = await run.written(3);
    expect(revisionsOf((await run.log.readStream(stream, { from: 99, direction: 'backwards' })).events)).toEqual([2, 1, 0]);
  },
  'pages forwards make up the stream': async (run) => {
    const { stream } = await run.written(1_000);
    const revisions: number[] = [];
    for (let from = 0; ; from = revisions.length) {
      const { events } = await run.log.readStream(stream, { from, limit: 300 });
      revisions.push(...revisionsOf(events));
      if (events.length < 300) break;
    }
    expect(revisions).toEqual(range(0, 1_000));
  },
  'pages backwards make up the stream': async (run) => {
    const { stream } = await run.written(700);
    const revisions: number[] = [];
    for (let from = 699; from >= 0; from -= 300) revisions.push(...revisionsOf((await run.log.readStream(stream, { from, limit: 300, direction: 'backwards' })).events));
    expect(revisions).toEqual(range(0, 700).reverse());
  },
  'the default page has 512 events': async (run) => {
    const { stream } = await run.written(600);
    expect((await run.log.readStream(stream)).events).toHaveLength(512);
  },
  'a stream of interleaved appends is read in its own order': async (run) => {
    const [one, two] = [run.stream(), run.stream()];
    for (let k = 0; k < 20; k++) for (const stream of [one, two]) await run.log.append(stream, k === 0 ? 'no_stream' : k - 1, [run.event()]);
    for (const stream of [one, two]) {
      const { events } = await run.log.readStream(stream);
      expect(events.map((event) => [event.stream, event.revision])).toEqual(range(0, 20).map((k) => [stream, k]));
    }
  },
  'a limit that cannot be is refused': async (run) => {
    for (const limit of [0, -1, 4_097, 1.5]) expect(await rejection(run.log.readStream(run.stream(), { limit }))).toBeInstanceOf(RangeError);
  },
};

export const readAllClaims: Claims = {
  'the start is exclusive, forwards': async (run) => {
    const { position } = await run.log.append(run.stream(), 'no_stream', [run.event()]);
    const { stream, events } = await run.written(2);
    const page = await run.log.readAll({ from: position, limit: 4_096 });
    expect(idsOf(page.events.filter((event) => event.stream === stream))).toEqual(idsOf(events));
    expect(page.events.every((event) => event.position > position)).toBe(true);
  },
  'the start is exclusive, backwards': async (run) => {
    const { stream, events } = await run.written(3);
    const { position } = await run.log.append(stream, 2, [run.event()]);
    const page = await run.log.readAll({ direction: 'backwards', from: position, limit: 3 });
    expect(idsOf(page.events)).toEqual(idsOf(events.toReversed()));
  },
  'backwards begins with the newest event': async (run) => {
    const { events } = await run.written(4);
    expect(idsOf((await run.log.readAll({ direction: 'backwards', limit: 4 })).events)).toEqual(idsOf(events.toReversed()));
  },
  'forwards from the very beginning has the first event of the log first': async (run) => {
    await run.written(1);
    const [first] = (await run.log.readAll({ limit: 1 })).events;
    const [same] = (await run.log.readAll({ from: BEGINNING, limit: 1 })).events;
    expect(same).toEqual(first);
  },
  'pages make up the log, in the order of positions': async (run) => {
    const after = await run.log.head();
    const expected: string[] = [];
    for (let k = 0; k < 30; k++) expected.push(...idsOf((await run.written(1 + (k % 5))).events));
    const events = await run.between(after, await run.log.head(), 7);
    const mine = new Set(expected);
    expect(idsOf(events).filter((id) => mine.has(id))).toEqual(expected);
    expect(events.every(({ position }, k) => k === 0 || position > events[k - 1]!.position)).toBe(true);
  },
  'pages backwards are the same events in reverse': async (run) => {
    const after = await run.log.head();
    for (let k = 0; k < 10; k++) await run.written(3);
    const upTo = await run.log.head();
    const forwards = await run.between(after, upTo);
    const backwards: RecordedEvent[] = [];
    for (let from = upTo + 1; backwards.length < forwards.length; ) {
      const page = await run.log.readAll({ direction: 'backwards', from, limit: 4 });
      backwards.push(...page.events);
      from = page.position;
    }
    expect(idsOf(backwards.slice(0, forwards.length))).toEqual(idsOf(forwards.toReversed()));
  },
  'a filter lets only its types through': async (run) => {
    const [wanted, also, other] = [run.type(), run.type(), run.type()];
    const after = await run.log.head();
    for (const type of [wanted, other, also, other, wanted]) await run.written(2, { type });
    const { events } = await run.log.readAll({ from: after, types: new Set([wanted, also]) });
    expect(events.map(({ type }) => type)).toEqual([wanted, wanted, also, also, wanted, wanted]);
  },
  'a filter works backwards': async (run) => {
    const [wanted, other] = [run.type(), run.type()];
    const { events } = await run.written(2, { type: wanted });
    await run.written(3, { type: other });
    const page = await run.log.readAll({ direction: 'backwards', types: new Set([wanted]), limit: 2 });
    expect(idsOf(page.events)).toEqual(idsOf(events.toReversed()));
  },
  'a filter that nothing passes moves on to the end': async (run) => {
    const after = await run.log.head();
    await run.written(20);
    let page = await run.log.readAll({ from: after, types: new Set([run.type()]) });
    while (!page.end) page = await run.log.readAll({ from: page.position, types: new Set([run.type()]) });
    expect(page.events).toEqual([]);
    expect(page.position).toBeGreaterThan(after);
  },
  'a page with a filter has no more events than its limit, and the next goes on behind it': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    const ids: string[] = [];
    for (let k = 0; k < 6; k++) ids.push(...idsOf((await run.written(1, { type })).events), ...idsOf((await run.written(1)).events).slice(1));
    const first = await run.log.readAll({ from: after, types: new Set([type]), limit: 4 });
    const second = await run.log.readAll({ from: first.position, types: new Set([type]), limit: 4 });
    expect([idsOf(first.events), idsOf(second.events)]).toEqual([ids.slice(0, 4), ids.slice(4)]);
  },
  'a page that reaches the end says so, with the position of the head': async (run) => {
    const after = await run.log.head();
    await run.written(3);
    const page = await run.log.readAll({ from: after, limit: 4_096 });
    expect([page.end, page.position]).toEqual([true, await run.log.head()]);
    expect((await run.log.readAll({ from: after, limit: 1 })).end).toBe(false);
  },
  'behind the head there is an empty page that stays where it is': async (run) => {
    await run.written(1);
    const head = await run.log.head();
    expect(await run.log.readAll({ from: head })).toEqual({ events: [], position: head, end: true });
  },
  'the head is the position of the newest event': async (run) => {
    const { position } = await run.log.append(run.stream(), 'no_stream', run.events(2));
    expect(await run.log.head()).toBe(position);
  },
  'a limit that cannot be is refused here too': async (run) => {
    for (const limit of [0, 4_097]) expect(await rejection(run.log.readAll({ limit }))).toBeInstanceOf(RangeError);
  },
  'everything is the same after a restart': async (run) => {
    const after = await run.log.head();
    const { stream } = await run.written(5);
    const before = [await run.log.readStream(stream), await run.between(after, Number.MAX_SAFE_INTEGER), await run.log.head()];
    await run.reopen?.();
    expect([await run.log.readStream(stream), await run.between(after, Number.MAX_SAFE_INTEGER), await run.log.head()]).toEqual(before);
  },
};

export const closingClaims: Claims = {
  'closing waits for appends under way, and refuses later calls': async (run) => {
    const appends = range(0, 20).map(() => run.log.append(run.stream(), 'no_stream', [run.event()]));
    const closed = run.log.close();
    expect((await Promise.all(appends)).every(({ revision }) => revision === 0)).toBe(true);
    await closed;
    expect(await rejection(run.log.append(run.stream(), 'no_stream', [run.event()]))).toBeInstanceOf(LogUnavailable);
    expect(await rejection(run.log.readStream(run.stream()))).toBeInstanceOf(LogUnavailable);
    expect(await rejection(run.log.readAll())).toBeInstanceOf(LogUnavailable);
    expect(await rejection(run.log.head())).toBeInstanceOf(LogUnavailable);
    expect(await rejection(run.batches({ after: BEGINNING }, () => true))).toBeInstanceOf(LogUnavailable);
  },
  'closing twice is closing once': async (run) => {
    await run.log.close();
    await run.log.close();
  },
};
