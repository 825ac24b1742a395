import { expect } from '@jest/globals';
import { BEGINNING, type RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { idsOf, json, range, rejection, revisionsOf, type Claims } from './contract-run.js';

export const readStreamClaims: Claims = {
  'a stream that was never written does not exist': async (run) => {
    expect(await run.log.readStream(run.stream())).toEqual({ exists: false, events: [] });
    expect(await run.log.readStream(run.stream(), { direction: 'backwards' })).toEqual({ exists: false, events: [] });
  },
  'a stream that was never written does not exist, wherever one begins': async (run) => {
    for (const direction of ['forwards', 'backwards'] as const) {
      expect(await run.log.readStream(run.stream(), { direction, from: 5, limit: 1 })).toEqual({ exists: false, events: [] });
    }
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
  'the largest page has 4,096 events': async (run) => {
    const { stream } = await run.written(2_100);
    await run.continued(stream, 2_099, [2_100]);
    expect(revisionsOf((await run.log.readStream(stream, { limit: 4_096 })).events)).toEqual(range(0, 4_096));
    expect(revisionsOf((await run.log.readStream(stream, { limit: 4_096, direction: 'backwards' })).events)).toEqual(range(104, 4_200).reverse());
  },
  'a page of events of nearly 1 MiB is as long as one of small events': async (run) => {
    const stream = run.stream();
    const ids = await run.continued(stream, -1, range(0, 20).map(() => 1), { data: json('x'.repeat(1_000_000)) });
    expect(idsOf((await run.log.readStream(stream)).events)).toEqual(ids);
    expect(idsOf((await run.log.readStream(stream, { direction: 'backwards' })).events)).toEqual(ids.toReversed());
  },
  'a page of one event begins where it was asked to, both ways': async (run) => {
    const { stream } = await run.written(5);
    for (const direction of ['forwards', 'backwards'] as const) {
      for (const from of range(0, 5)) expect(revisionsOf((await run.log.readStream(stream, { direction, from, limit: 1 })).events)).toEqual([from]);
    }
  },
  'what was beyond the end is there once it is appended': async (run) => {
    const { stream } = await run.written(3);
    expect((await run.log.readStream(stream, { from: 3 })).events).toEqual([]);
    const ids = await run.continued(stream, 2, [2]);
    expect(idsOf((await run.log.readStream(stream, { from: 3 })).events)).toEqual(ids);
  },
  'an event is the same by every way of reading': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    const { stream } = await run.written(3, { type, data: json({ text: '❤' }), metadata: Buffer.alloc(0) });
    const { events } = await run.log.readStream(stream);
    expect((await run.log.readStream(stream, { direction: 'backwards' })).events).toEqual(events.toReversed());
    expect((await run.log.readAll({ from: after, types: new Set([type]) })).events).toEqual(events);
    expect((await run.log.readAll({ direction: 'backwards', types: new Set([type]), limit: 3 })).events).toEqual(events.toReversed());
    expect(await run.fed({ after, types: new Set([type]) }, 3)).toEqual(events);
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
  'a revision that cannot be is refused': async (run) => {
    for (const from of [-1, 0.5, NaN]) expect(await rejection(run.log.readStream(run.stream(), { from }))).toBeInstanceOf(RangeError);
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
  'a page may begin in the middle of an append, both ways': async (run) => {
    const before = await run.log.head();
    const { stream, events } = await run.written(7);
    const stored = (await run.log.readStream(stream)).events;
    await run.written(1);
    for (const k of range(0, 7)) {
      const { position } = stored[k]!;
      expect(idsOf(await run.between(position, stored[6]!.position))).toEqual(idsOf(events.slice(k + 1)));
      const { events: earlier } = await run.log.readAll({ direction: 'backwards', from: position, limit: 10 });
      expect(idsOf(earlier.filter((event) => event.position > before))).toEqual(idsOf(events.slice(0, k).toReversed()));
    }
  },
  'before the first event there is nothing': async (run) => {
    await run.written(1);
    let page = await run.log.readAll({ direction: 'backwards', from: (await run.first()).position });
    while (!page.end) page = await run.log.readAll({ direction: 'backwards', from: page.position });
    expect(page.events).toEqual([]);
  },
  'the largest page of the whole log has 4,096 events': async (run) => {
    const after = await run.log.head();
    const { stream } = await run.written(2_100);
    await run.continued(stream, 2_099, [2_100]);
    const page = await run.log.readAll({ from: after, limit: 4_096 });
    expect({ revisions: revisionsOf(page.events), end: page.end }).toEqual({ revisions: range(0, 4_096), end: false });
    const rest = await run.log.readAll({ from: page.position, limit: 4_096 });
    expect({ revisions: revisionsOf(rest.events), end: rest.end }).toEqual({ revisions: range(4_096, 4_200), end: true });
  },
  'pages of events of nearly 1 MiB make up the log': async (run) => {
    const after = await run.log.head();
    const ids = await run.continued(run.stream(), -1, range(0, 24).map(() => 1), { data: json('x'.repeat(1_000_000)) });
    expect(idsOf(await run.between(after, await run.log.head(), 4_096))).toEqual(ids);
  },
  'backwards begins with the newest event': async (run) => {
    const { events } = await run.written(4);
    expect(idsOf((await run.log.readAll({ direction: 'backwards', limit: 4 })).events)).toEqual(idsOf(events.toReversed()));
  },
  'forwards from the very beginning has the first event of the log first': async (run) => {
    await run.written(1);
    const first = await run.first();
    expect(await run.first(BEGINNING)).toEqual(first);
    const page = await run.log.readAll({ direction: 'backwards', limit: 1 });
    expect(page.events[0]!.position).toBeGreaterThan(first.position);
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
    const { position } = await run.log.append(run.stream(), 'no_stream', [run.event()]); // only positions that an event had are positions
    const backwards: RecordedEvent[] = [];
    for (let from = position; backwards.length < forwards.length; ) {
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
  'a filter of no types lets nothing through': async (run) => {
    const after = await run.log.head();
    await run.written(3);
    const page = await run.log.readAll({ from: after, types: new Set() });
    expect(page).toMatchObject({ events: [], end: true });
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
  'the head rises with an append, and stays with a repeat or a refusal': async (run) => {
    const { stream, events } = await run.written(3);
    const head = await run.log.head();
    await run.log.append(stream, 'no_stream', events);
    await rejection(run.log.append(stream, 'no_stream', run.events(1)));
    expect(await run.log.head()).toBe(head);
    const { position } = await run.log.append(stream, 2, [run.event()]);
    expect([position > head, await run.log.head()]).toEqual([true, position]);
  },
  'a limit that cannot be is refused here too': async (run) => {
    for (const limit of [0, 4_097]) expect(await rejection(run.log.readAll({ limit }))).toBeInstanceOf(RangeError);
  },
};
