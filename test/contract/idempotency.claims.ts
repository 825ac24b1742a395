import { expect } from '@jest/globals';
import { WrongExpectedRevision } from '../../src/platform/event-log/event-log.js';
import { idsOf, json, range, rejection, revisionsOf, type Claims } from './contract-run.js';

/** Strong idempotency: ids are compared with what is stored at those revisions (spec/eventstore.md §6, §8). */
export const idempotencyClaims: Claims = {
  'the same append again answers the same and writes nothing': async (run) => {
    const stream = run.stream();
    const events = [run.event()];
    const first = await run.log.append(stream, 'no_stream', events);
    expect(await run.log.append(stream, 'no_stream', events)).toEqual(first);
    expect(idsOf((await run.log.readStream(stream)).events)).toEqual(idsOf(events));
  },
  'the same append again at a revision answers the same': async (run) => {
    const { stream } = await run.written(3);
    const events = run.events(2);
    const first = await run.log.append(stream, 2, events);
    expect(await run.log.append(stream, 2, events)).toEqual(first);
    expect((await run.log.readStream(stream)).events).toHaveLength(5);
  },
  'the first data stay when the same ids come with others': async (run) => {
    const stream = run.stream();
    const event = run.event({ data: json('first') });
    const first = await run.log.append(stream, 'no_stream', [event]);
    expect(await run.log.append(stream, 'no_stream', [{ ...event, data: json('second') }])).toEqual(first);
    expect((await run.log.readStream(stream)).events.map(({ data }) => data.toString())).toEqual(['"first"']);
  },
  'everything else under the same ids is dropped in silence, in the middle of a stream too': async (run) => {
    const { stream } = await run.written(2);
    const events = run.events(3);
    const first = await run.log.append(stream, 1, events);
    await run.continued(stream, 4, [4]);
    const head = await run.log.head();
    const others = events.map(({ id }) => run.event({ id, type: run.type(), data: json('other'), metadata: json('other') }));
    expect(await run.log.append(stream, 1, others)).toEqual(first);
    const { events: stored } = await run.log.readStream(stream);
    expect(stored.slice(2, 5).map(({ id, type, data, metadata }) => ({ id, type, data, metadata }))).toEqual(events);
    expect(await run.between(head, Number.MAX_SAFE_INTEGER)).toEqual([]);
  },
  'a repeat after later events answers the original, not the head': async (run) => {
    const stream = run.stream();
    const events = run.events(2);
    const first = await run.log.append(stream, 'no_stream', events);
    await run.log.append(stream, 1, run.events(7));
    expect(await run.log.append(stream, 'no_stream', events)).toEqual(first);
  },
  'a repeat in the middle of a stream answers the original': async (run) => {
    const { stream } = await run.written(4);
    const events = run.events(3);
    const first = await run.log.append(stream, 3, events);
    await run.log.append(stream, 6, run.events(5));
    expect(await run.log.append(stream, 3, events)).toEqual(first);
  },
  'a repeat ages later answers the original': async (run) => {
    const stream = run.stream();
    const events = [run.event()];
    const first = await run.log.append(stream, 'no_stream', events);
    for (let k = 0; k < 10; k++) await run.written(300);
    expect(await run.log.append(stream, 'no_stream', events)).toEqual(first);
  },
  'a repeat ten thousand events of its own stream later answers the original': async (run) => {
    const { stream } = await run.written(3);
    const events = run.events(4);
    const first = await run.log.append(stream, 2, events);
    await run.continued(stream, 6, range(0, 40).map(() => 250));
    expect(await run.log.append(stream, 2, events)).toEqual(first);
    expect(revisionsOf((await run.log.readStream(stream, { direction: 'backwards', limit: 1 })).events)).toEqual([10_006]);
  },
  'a repeat of hundreds of events answers the original': async (run) => {
    const { stream } = await run.written(1);
    const events = run.events(800);
    const first = await run.log.append(stream, 0, events);
    await run.continued(stream, 800, [1]);
    expect(await run.log.append(stream, 0, events)).toEqual(first);
  },
  'part of an append, in its place, answers its own revision and position': async (run) => {
    const { stream, events } = await run.written(6);
    const [, , , fourth] = (await run.log.readStream(stream)).events;
    expect(await run.log.append(stream, 1, events.slice(2, 4))).toEqual({ revision: 3, position: fourth!.position });
  },
  'the beginning of an append answers its own revision': async (run) => {
    const { stream, events } = await run.written(4);
    expect((await run.log.append(stream, 'no_stream', events.slice(0, 2))).revision).toBe(1);
  },
  'events of two appends, in their places, answer the revision of the last': async (run) => {
    const { stream, events } = await run.written(2);
    const more = run.events(2);
    const { position } = await run.log.append(stream, 1, more);
    expect(await run.log.append(stream, 0, [events[1]!, ...more])).toEqual({ revision: 3, position });
  },
  'a repeat with new events behind it is refused': async (run) => {
    const { stream, events } = await run.written(2);
    expect(await rejection(run.log.append(stream, 'no_stream', [...events, run.event()]))).toMatchObject({ name: 'WrongExpectedRevision', actual: 1 });
    expect((await run.log.readStream(stream)).events).toHaveLength(2);
  },
  'a repeat in the middle of a stream with new events behind it is refused whole': async (run) => {
    const { stream, events } = await run.written(8);
    const overlap = [...events.slice(5), ...run.events(2)];
    expect(await rejection(run.log.append(stream, 4, overlap))).toMatchObject({ name: 'WrongExpectedRevision', actual: 7 });
    expect(await rejection(run.log.append(stream, 5, [events[5]!, run.event()]))).toMatchObject({ name: 'WrongExpectedRevision', actual: 7 });
    expect(idsOf((await run.log.readStream(stream)).events)).toEqual(idsOf(events));
  },
  'a repeat with a new event in front of it is refused': async (run) => {
    const { stream, events } = await run.written(5);
    expect(await rejection(run.log.append(stream, 1, [run.event(), ...events.slice(3)]))).toMatchObject({ name: 'WrongExpectedRevision', actual: 4 });
  },
  'a repeat whose later event is another is refused': async (run) => {
    const { stream, events } = await run.written(3);
    expect(await rejection(run.log.append(stream, 'no_stream', [events[0]!, run.event(), events[2]!]))).toBeInstanceOf(WrongExpectedRevision);
  },
  'the same ids in another order are refused': async (run) => {
    const { stream, events } = await run.written(3);
    expect(await rejection(run.log.append(stream, 'no_stream', events.toReversed()))).toMatchObject({ name: 'WrongExpectedRevision', actual: 2 });
  },
  'the same ids at another place below the head are refused': async (run) => {
    const { stream, events } = await run.written(6);
    expect(await rejection(run.log.append(stream, 2, events.slice(0, 2)))).toMatchObject({ name: 'WrongExpectedRevision', actual: 5 });
  },
  'the same id at the current revision is stored again': async (run) => {
    const { stream, events } = await run.written(1);
    expect((await run.log.append(stream, 0, events)).revision).toBe(1);
    expect((await run.log.readStream(stream)).events).toHaveLength(2);
  },
  'the same id twice in one append is stored twice': async (run) => {
    const event = run.event();
    const stream = run.stream();
    expect((await run.log.append(stream, 'no_stream', [event, event])).revision).toBe(1);
  },
  'a repeat of an append that had one id twice answers the original': async (run) => {
    const { stream } = await run.written(1);
    const event = run.event();
    const first = await run.log.append(stream, 0, [event, event]);
    await run.continued(stream, 2, [2]);
    expect(await run.log.append(stream, 0, [event, event])).toEqual(first);
    expect((await run.log.readStream(stream)).events).toHaveLength(5);
  },
  'an append that was refused is new at the true revision': async (run) => {
    const { stream } = await run.written(3);
    const events = run.events(2);
    await rejection(run.log.append(stream, 'no_stream', events));
    await rejection(run.log.append(stream, 9, events));
    expect((await run.log.append(stream, 2, events)).revision).toBe(4);
    expect(idsOf((await run.log.readStream(stream, { from: 3 })).events)).toEqual(idsOf(events));
  },
  'an append that lost a race loses it however often it is repeated': async (run) => {
    const { stream } = await run.written(1);
    const [winner, loser] = [run.events(2), run.events(2)];
    await run.log.append(stream, 0, winner);
    for (let k = 0; k < 3; k++) expect(await rejection(run.log.append(stream, 0, loser))).toMatchObject({ name: 'WrongExpectedRevision', actual: 2 });
    expect(idsOf((await run.log.readStream(stream, { from: 1 })).events)).toEqual(idsOf(winner));
  },
  'the same ids in another stream are another append': async (run) => {
    const { stream, events } = await run.written(2);
    const other = run.stream();
    const before = (await run.log.readStream(stream)).events[1]!.position;
    expect((await run.log.append(other, 'no_stream', events)).position).toBeGreaterThan(before);
  },
  'a repeat reaches nobody who follows': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    const { stream, events } = await run.written(2, { type });
    await run.log.append(stream, 'no_stream', events);
    await run.log.append(stream, 1, [run.event({ type })]);
    expect((await run.fed({ after, types: new Set([type]) }, 3)).map(({ revision }) => revision)).toEqual([0, 1, 2]);
  },
  'a repeat in upper case is the same append': async (run) => {
    const { stream, events } = await run.written(1);
    expect((await run.log.append(stream, 'no_stream', [{ ...events[0]!, id: events[0]!.id.toUpperCase() }])).revision).toBe(0);
    expect((await run.log.readStream(stream)).events).toHaveLength(1);
  },
  'the same append many times at once is stored once': async (run) => {
    const stream = run.stream();
    const events = run.events(3);
    const results = await Promise.all(Array.from({ length: 20 }, () => run.log.append(stream, 'no_stream', events)));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect((await run.log.readStream(stream)).events).toHaveLength(3);
  },
  'repeats among new appends each get their own answer': async (run) => {
    const appends = range(0, 40).map((k) => ({ stream: run.stream(), events: run.events(1 + (k % 5)) }));
    const send = ({ stream, events }: typeof appends[number]): ReturnType<typeof run.log.append> => run.log.append(stream, 'no_stream', events);
    const first = await Promise.all(appends.map(send));
    const again = await Promise.all(appends.flatMap((append) => [send(append), run.log.append(run.stream(), 'no_stream', run.events(2))]));
    expect(again.filter((_, k) => k % 2 === 0)).toEqual(first);
    expect(again.filter((_, k) => k % 2 === 1).map(({ revision }) => revision)).toEqual(first.map(() => 1));
  },
  'a part of an append under way answers its own position': async (run) => {
    const stream = run.stream();
    const events = run.events(4);
    const [, part] = await Promise.all([run.log.append(stream, 'no_stream', events), run.log.append(stream, 0, events.slice(1, 3))]);
    const [, , third] = (await run.log.readStream(stream)).events;
    expect(part).toEqual({ revision: 2, position: third!.position });
  },
};
