import { expect } from '@jest/globals';
import { APPEND_BYTES_MAX, APPEND_EVENTS_MAX, AppendTooLarge, InvalidAppend, WrongExpectedRevision } from '../../src/platform/event-log/event-log.js';
import { idsOf, json, range, rejection, revisionsOf, type Claims } from './contract-run.js';

/** Revisions, positions, contents, sizes, and what is refused. */
export const appendClaims: Claims = {
  'the first event of a stream has revision 0': async (run) => {
    expect((await run.log.append(run.stream(), 'no_stream', [run.event()])).revision).toBe(0);
  },
  'an append answers the revision of its last event': async (run) => {
    expect((await run.log.append(run.stream(), 'no_stream', run.events(5))).revision).toBe(4);
  },
  'an append answers the position of its last event': async (run) => {
    const stream = run.stream();
    const { position } = await run.log.append(stream, 'no_stream', run.events(3));
    expect((await run.log.readStream(stream, { direction: 'backwards', limit: 1 })).events[0]?.position).toBe(position);
  },
  'revisions continue over appends without gaps': async (run) => {
    const { stream } = await run.written(2);
    await run.log.append(stream, 1, run.events(3));
    await run.log.append(stream, 4, [run.event()]);
    expect(revisionsOf((await run.log.readStream(stream)).events)).toEqual(range(0, 6));
  },
  'positions rise strictly over appends and streams': async (run) => {
    const positions: number[] = [];
    for (let k = 0; k < 20; k++) positions.push((await run.log.append(run.stream(), 'no_stream', run.events(1 + (k % 3)))).position);
    expect(positions.every((position, k) => k === 0 || position > positions[k - 1]!)).toBe(true);
  },
  'positions rise strictly within an append': async (run) => {
    const { stream } = await run.written(10);
    const positions = (await run.log.readStream(stream)).events.map(({ position }) => position);
    expect(positions.every((position, k) => Number.isSafeInteger(position) && (k === 0 || position > positions[k - 1]!))).toBe(true);
  },
  'positions have gaps, so that nobody may count with them': async (run) => {
    const first = await run.log.append(run.stream(), 'no_stream', run.events(1));
    for (let k = 0; k < 20; k++) await run.written(1);
    expect(await run.log.head() - first.position).toBeGreaterThan(100);
  },
  'the position of an append finds its last event in the whole log': async (run) => {
    const after = await run.log.head();
    const events = run.events(6);
    const { position } = await run.log.append(run.stream(), 'no_stream', events);
    await run.written(2);
    expect(idsOf(await run.between(after, position))).toEqual(idsOf(events));
  },
  'no_stream is refused for a stream that exists, with its revision': async (run) => {
    const { stream } = await run.written(3);
    expect(await rejection(run.log.append(stream, 'no_stream', [run.event()]))).toMatchObject({ name: 'WrongExpectedRevision', actual: 2 });
  },
  'no_stream with more events than there are is refused with the revision': async (run) => {
    const { stream } = await run.written(1);
    expect(await rejection(run.log.append(stream, 'no_stream', run.events(3)))).toMatchObject({ name: 'WrongExpectedRevision', actual: 0 });
  },
  'a revision is refused for a stream that does not exist': async (run) => {
    expect(await rejection(run.log.append(run.stream(), 0, [run.event()]))).toMatchObject({ name: 'WrongExpectedRevision', actual: 'no_stream' });
  },
  'a revision that is too low is refused with the true one': async (run) => {
    const { stream } = await run.written(8);
    expect(await rejection(run.log.append(stream, 3, [run.event()]))).toMatchObject({ name: 'WrongExpectedRevision', actual: 7 });
  },
  'a revision that is too high is refused with the true one': async (run) => {
    const { stream } = await run.written(2);
    expect(await rejection(run.log.append(stream, 99, [run.event()]))).toMatchObject({ name: 'WrongExpectedRevision', actual: 1 });
  },
  'a conflict of an append of hundreds of events tells the true revision': async (run) => {
    const { stream } = await run.written(4);
    for (const expected of ['no_stream', 1, 50] as const) {
      expect(await rejection(run.log.append(stream, expected, run.events(300)))).toMatchObject({ name: 'WrongExpectedRevision', actual: 3 });
    }
  },
  'a conflict in a stream of thousands of events tells the true revision': async (run) => {
    const { stream } = await run.written(1_000);
    await run.continued(stream, 999, [1_000, 1_000, 1]);
    for (const expected of ['no_stream', 0, 2_999, 3_001] as const) {
      expect(await rejection(run.log.append(stream, expected, run.events(2)))).toMatchObject({ name: 'WrongExpectedRevision', actual: 3_000 });
    }
  },
  'conflicts among many appends tell the true revision and harm none of them': async (run) => {
    const { stream } = await run.written(6);
    const answers = await Promise.all(range(0, 100).map((k) => (k % 4 === 0
      ? rejection(run.log.append(stream, k, run.events(10)))
      : run.log.append(run.stream(), 'no_stream', run.events(2)))));
    for (const [k, answer] of answers.entries()) expect(answer).toMatchObject(k % 4 === 0 ? { name: 'WrongExpectedRevision', actual: 5 } : { revision: 1 });
  },
  'a refusal names the stream and what was expected': async (run) => {
    const stream = run.stream();
    const error = await rejection(run.log.append(stream, 7, [run.event()]));
    expect(error).toBeInstanceOf(WrongExpectedRevision);
    expect(error).toMatchObject({ stream, expected: 7 });
  },
  'a refused append leaves nothing behind': async (run) => {
    const { stream, events } = await run.written(1);
    const head = await run.log.head();
    await rejection(run.log.append(stream, 5, run.events(2)));
    expect(idsOf((await run.log.readStream(stream)).events)).toEqual(idsOf(events));
    expect((await run.between(head, Number.MAX_SAFE_INTEGER)).filter((event) => event.stream === stream)).toEqual([]);
  },
  'after a refusal the true revision is accepted': async (run) => {
    const { stream } = await run.written(1);
    const error = await rejection(run.log.append(stream, 'no_stream', run.events(2)));
    expect(error).toBeInstanceOf(WrongExpectedRevision);
    expect((await run.log.append(stream, (error as WrongExpectedRevision).actual, [run.event()])).revision).toBe(1);
  },
  'what is read is what was appended, byte for byte': async (run) => {
    const stream = run.stream();
    const event = run.event({ type: 'PascalCase.v12', data: Buffer.from('{ "b" :1.50,\t"a":[ -0, 1e3 ] }\n'), metadata: Buffer.from('{"m": "\\u00e9"}') });
    await run.log.append(stream, 'no_stream', [event]);
    const [read] = (await run.log.readStream(stream)).events;
    expect(read).toMatchObject({ stream, revision: 0, id: event.id, type: event.type });
    expect(Buffer.compare(read!.data, event.data)).toBe(0);
    expect(Buffer.compare(read!.metadata, event.metadata)).toBe(0);
  },
  'data and metadata may hold any text': async (run) => {
    const text = 'kudos ❤ ﷽ 𝒳 \u0000 \u2028 "quotes" \\ é e\u0301 🏴󠁧󠁢󠁷󠁬󠁳󠁿';
    const { stream } = await run.written(1, { data: json({ text }), metadata: json({ text }) });
    const [read] = (await run.log.readStream(stream)).events;
    expect([JSON.parse(read!.data.toString()), JSON.parse(read!.metadata.toString())]).toEqual([{ text }, { text }]);
  },
  'data may be empty': async (run) => {
    const { stream } = await run.written(2, { data: Buffer.alloc(0) });
    expect((await run.log.readStream(stream)).events.map(({ data }) => data.length)).toEqual([0, 0]);
  },
  'metadata may be empty': async (run) => {
    const { stream } = await run.written(2, { metadata: Buffer.alloc(0) });
    expect((await run.log.readStream(stream)).events.map(({ metadata }) => metadata.length)).toEqual([0, 0]);
  },
  'JSON stays as it was written, also where JavaScript would write it otherwise': async (run) => {
    const data = Buffer.from('{"z":12345678901234567890123,"a":0.10,"a":1e400,"\\u0041":"\\/","b":[1.0,-0.0]  }');
    const { stream } = await run.written(2, { data, metadata: data });
    for (const event of (await run.log.readStream(stream)).events) expect([event.data.equals(data), event.metadata.equals(data)]).toEqual([true, true]);
  },
  'types may hold any text': async (run) => {
    for (const type of ['with space', 'ünï-cödé-❤', 'A'.repeat(200), "it's #1 100% (really)?&/"]) {
      const { stream } = await run.written(1, { type });
      expect((await run.log.readStream(stream)).events.map((event) => event.type)).toEqual([type]);
    }
  },
  'stream names may hold any text': async (run) => {
    for (const name of ['with space', 'dashes-in-the-name', 'ünï-cödé-❤', 'UPPER-lower', 'a'.repeat(200), "it's #1 100% (really)?&/"]) {
      const stream = `${run.stream()}-${name}`;
      await run.log.append(stream, 'no_stream', [run.event()]);
      const page = await run.log.readStream(stream);
      expect(page.events.map((event) => event.stream)).toEqual([stream]);
    }
  },
  'stream names differ by case': async (run) => {
    const stream = run.stream();
    await run.log.append(`${stream}-a`, 'no_stream', [run.event()]);
    expect((await run.log.readStream(`${stream}-A`)).exists).toBe(false);
  },
  'a stream whose name begins with the name of another is another': async (run) => {
    const { stream } = await run.written(3);
    await run.log.append(`${stream}0`, 'no_stream', [run.event()]);
    expect(revisionsOf((await run.log.readStream(stream)).events)).toEqual([0, 1, 2]);
    expect((await run.log.readStream(stream.slice(0, -1))).exists).toBe(false);
  },
  'ids come back in lower case': async (run) => {
    const id = run.id();
    const { stream } = await run.written(1, { id: id.toUpperCase() });
    expect(idsOf((await run.log.readStream(stream)).events)).toEqual([id]);
  },
  'created is when the store wrote it, in milliseconds since 1970': async (run) => {
    const { stream } = await run.written(1);
    const [event] = (await run.log.readStream(stream)).events;
    expect(Number.isInteger(event!.created)).toBe(true);
    expect(event!.created).toBeGreaterThan(Date.UTC(2020, 0, 1));
  },
  'a buffer may be reused once its append has been called': async (run) => {
    const data = json({ count: 1 });
    const stream = run.stream();
    const appended = run.log.append(stream, 'no_stream', [run.event({ data })]);
    data.fill(0);
    await appended;
    expect((await run.log.readStream(stream)).events[0]!.data.toString()).toBe('{"count":1}');
  },
  'an event of nearly 1 MiB is stored': async (run) => {
    const data = json('x'.repeat(1_000_000));
    const { stream } = await run.written(1, { data });
    expect(Buffer.compare((await run.log.readStream(stream)).events[0]!.data, data)).toBe(0);
  },
  'an event above 1 MiB is too large, and the stream is unharmed': async (run) => {
    const { stream } = await run.written(1);
    expect(await rejection(run.log.append(stream, 0, [run.event({ data: json('x'.repeat(APPEND_BYTES_MAX)) })]))).toBeInstanceOf(AppendTooLarge);
    expect((await run.log.append(stream, 0, [run.event()])).revision).toBe(1);
  },
  'events above 1 MiB together are too large, and none is stored': async (run) => {
    const stream = run.stream();
    expect(await rejection(run.log.append(stream, 'no_stream', run.events(3, { data: json('x'.repeat(400_000)) })))).toBeInstanceOf(AppendTooLarge);
    expect((await run.log.readStream(stream)).exists).toBe(false);
  },
  'events of nearly 1 MiB together are stored': async (run) => {
    const { stream, events } = await run.written(3, { data: json('x'.repeat(340_000)) });
    expect(idsOf((await run.log.readStream(stream)).events)).toEqual(idsOf(events));
  },
  'after events that were too large together the stream goes on where it was': async (run) => {
    const { stream, events } = await run.written(2);
    expect(await rejection(run.log.append(stream, 1, run.events(300, { data: json('x'.repeat(4_000)) })))).toBeInstanceOf(AppendTooLarge);
    const [id] = await run.continued(stream, 1, [1]);
    expect(idsOf((await run.log.readStream(stream)).events)).toEqual([...idsOf(events), id]);
  },
  'an append twenty times too large harms no append beside it': async (run) => {
    const besides = range(0, 25).map(() => run.log.append(run.stream(), 'no_stream', [run.event()]));
    const refused = rejection(run.log.append(run.stream(), 'no_stream', [run.event({ data: Buffer.alloc(20 * APPEND_BYTES_MAX, 'x') })]));
    besides.push(...range(0, 25).map(() => run.log.append(run.stream(), 'no_stream', [run.event()])));
    expect(await refused).toBeInstanceOf(AppendTooLarge);
    expect((await Promise.all(besides)).map(({ revision }) => revision)).toEqual(besides.map(() => 0));
  },
  'an append may have a thousand events': async (run) => {
    const { stream, events } = await run.written(1_000);
    expect(idsOf((await run.log.readStream(stream, { limit: 1_000 })).events)).toEqual(idsOf(events));
  },
  'more events in one append than the port allows are refused': async (run) => {
    const empty = { data: Buffer.alloc(0), metadata: Buffer.alloc(0) };
    expect(await rejection(run.log.append(run.stream(), 'no_stream', run.events(APPEND_EVENTS_MAX + 1, empty)))).toBeInstanceOf(AppendTooLarge);
  },
  'an append of no events is invalid and creates nothing': async (run) => {
    const stream = run.stream();
    expect(await rejection(run.log.append(stream, 'no_stream', []))).toBeInstanceOf(InvalidAppend);
    expect((await run.log.readStream(stream)).exists).toBe(false);
  },
  'an id that is no UUID is invalid': async (run) => {
    for (const id of ['', 'x', 'zzzzzzzz-7f0e-4a55-9a39-6f4ff7d7a111', `${run.id()}0`, run.id().replaceAll('-', '')]) {
      expect(await rejection(run.log.append(run.stream(), 'no_stream', [run.event({ id })]))).toBeInstanceOf(InvalidAppend);
    }
  },
  'an empty type is invalid': async (run) => {
    expect(await rejection(run.log.append(run.stream(), 'no_stream', [run.event({ type: '' })]))).toBeInstanceOf(InvalidAppend);
  },
  'a type of the store ($) is invalid': async (run) => {
    expect(await rejection(run.log.append(run.stream(), 'no_stream', [run.event({ type: '$metadata' })]))).toBeInstanceOf(InvalidAppend);
  },
  'a stream of the store ($) is invalid': async (run) => {
    expect(await rejection(run.log.append(`$$${run.stream()}`, 'no_stream', [run.event()]))).toBeInstanceOf(InvalidAppend);
  },
  'a stream without a name is invalid': async (run) => {
    expect(await rejection(run.log.append('', 'no_stream', [run.event()]))).toBeInstanceOf(InvalidAppend);
  },
  'one invalid event refuses the whole append': async (run) => {
    const stream = run.stream();
    expect(await rejection(run.log.append(stream, 'no_stream', [run.event(), run.event({ type: '' }), run.event()]))).toBeInstanceOf(InvalidAppend);
    expect((await run.log.readStream(stream)).exists).toBe(false);
  },
  'an invalid append harms no append beside it': async (run) => {
    const invalid = [{ id: 'x' }, { type: '' }, { type: '$x' }].map((parts) => rejection(run.log.append(run.stream(), 'no_stream', [run.event(parts)])));
    const { stream } = await run.written(2);
    for (const error of await Promise.all(invalid)) expect(error).toBeInstanceOf(InvalidAppend);
    expect((await run.log.append(stream, 1, [run.event()])).revision).toBe(2);
  },
  'a name that has no UTF-8 is invalid': async (run) => {
    expect(await rejection(run.log.append(`${run.stream()}\ud800`, 'no_stream', [run.event()]))).toBeInstanceOf(InvalidAppend);
    expect(await rejection(run.log.append(run.stream(), 'no_stream', [run.event({ type: 'Half\udc00' })]))).toBeInstanceOf(InvalidAppend);
  },
  'a revision that cannot be is invalid': async (run) => {
    for (const revision of [-1, 0.5, NaN]) {
      expect(await rejection(run.log.append(run.stream(), revision, [run.event()]))).toBeInstanceOf(InvalidAppend);
    }
  },
};
