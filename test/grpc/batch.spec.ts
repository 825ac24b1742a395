import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import grpc from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { SimDisk } from '../log/sim-disk.js';
import { alone } from '../log/sim-log.js';
import { idsOf, json, range } from '../contract/contract-run.js';
import { ManualTimers, SettableClock } from '../support/ports.js';
import { errorOf, fragment, proposed, type RawBatch } from './raw.js';
import { Served } from './served.js';

const { status } = grpc;
const EMPTY = 'google.protobuf.Empty';

const nameIn = (answer: BatchAppendResp): string => Buffer.from(answer.getStreamIdentifier()!.getStreamName_asU8()).toString();

/** A disk of which a sync can take for ever. */
class StuckDisk extends SimDisk {
  isStuck: Promise<void> = Promise.resolve();
  private gate: Promise<void> | undefined;
  private reached: () => void = () => undefined;

  /** The next sync waits until the answer is called. */
  stick(): () => void {
    let release = (): void => undefined;
    this.gate = new Promise((resolve) => (release = resolve));
    this.isStuck = new Promise((resolve) => (this.reached = resolve));
    return release;
  }

  override async operation(name: string): Promise<void> {
    await super.operation(name);
    const { gate } = this;
    if (!gate || !name.startsWith('sync')) return;
    this.gate = undefined;
    this.reached();
    await gate;
  }
}

describe('the stream of batch appends', () => {
  let served: Served;
  let batch: RawBatch;
  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(() => served.stop());
  beforeEach(() => {
    batch = served.raw.batch();
  });
  afterEach(() => batch.call.cancel());

  it('answers with the correlation id and the stream of what it answers', async () => {
    const { run } = served;
    const [correlation, stream] = [run.id(), run.stream()];
    const done = await batch.ask(fragment({ correlation, stream, events: [run.event()] }));
    expect({ correlation: done.getCorrelationId()!.getString(), stream: nameIn(done), revision: done.getSuccess()!.getCurrentRevision() })
      .toEqual({ correlation, stream, revision: '0' });
    const refused = await batch.ask(fragment({ correlation: run.id(), stream, events: [run.event()] }));
    expect(nameIn(refused)).toBe(stream);
  });

  it('takes correlation ids of two numbers too, and hands them back as they came', async () => {
    const { run } = served;
    const structured = new shared.UUID.Structured().setMostSignificantBits('-81985529216486896').setLeastSignificantBits('81985529216486895');
    const request = fragment({ correlation: run.id(), stream: run.stream(), events: [run.event()] }).setCorrelationId(new shared.UUID().setStructured(structured));
    batch.send(request);
    const answer = await new Promise<BatchAppendResp>((resolve) => batch.call.once('data', resolve));
    expect(answer.getCorrelationId()!.getStructured()!.toObject()).toEqual(structured.toObject());
    expect(answer.hasSuccess()).toBe(true);
  });

  it('takes ids of events as two numbers', async () => {
    const { run } = served;
    const stream = run.stream();
    const message = proposed(run.event());
    message.setId(new shared.UUID().setStructured(new shared.UUID.Structured().setMostSignificantBits('-1').setLeastSignificantBits('16')));
    const answer = await batch.ask(fragment({ correlation: run.id(), stream }).setProposedMessagesList([message]));
    expect(answer.hasSuccess()).toBe(true);
    expect(idsOf((await served.log.readStream(stream)).events)).toEqual(['ffffffff-ffff-ffff-0000-000000000010']);
  });

  it('puts the fragments of an append together, and keeps those of others apart', async () => {
    const { run } = served;
    const [[a, b], [streamA, streamB]] = [[run.id(), run.id()], [run.stream(), run.stream()]];
    const [ofA, ofB] = [run.events(4), run.events(2)];
    batch.send(fragment({ correlation: a, stream: streamA, events: ofA.slice(0, 1), more: true }));
    batch.send(fragment({ correlation: b, stream: streamB, events: ofB.slice(0, 1), more: true }));
    batch.send(fragment({ correlation: a, events: ofA.slice(1, 3), more: true }));
    batch.send(fragment({ correlation: b, events: ofB.slice(1) }));
    await batch.answer(b);
    expect((await served.log.readStream(streamA)).exists).toBe(false);
    batch.send(fragment({ correlation: a, events: ofA.slice(3) }));
    expect((await batch.answer(a)).getSuccess()!.getCurrentRevision()).toBe('3');
    expect(idsOf((await served.log.readStream(streamA)).events)).toEqual(idsOf(ofA));
    expect(idsOf((await served.log.readStream(streamB)).events)).toEqual(idsOf(ofB));
  });

  it('refuses an append once, however much of it is still to come', async () => {
    const { run } = served;
    const [large, after] = [run.id(), run.id()];
    const half = (): ReturnType<typeof run.event> => run.event({ data: json('x'.repeat(600_000)) });
    batch.send(fragment({ correlation: large, stream: run.stream(), events: [half()], more: true }));
    batch.send(fragment({ correlation: large, events: [half()], more: true }));
    batch.send(fragment({ correlation: large, events: [half()] }));
    await batch.ask(fragment({ correlation: after, stream: run.stream(), events: [run.event()] }));
    expect(batch.answersTo(large).map(errorOf)).toEqual([{ code: status.INVALID_ARGUMENT, message: 'MaximumAppendSizeExceeded', type: 'event_store.client.MaximumAppendSizeExceeded' }]);
  });

  it('packs the true revision and the expected one into a conflict', async () => {
    const { run } = served;
    const { stream } = await run.written(3);
    const answer = await batch.ask(fragment({ correlation: run.id(), stream, expected: 7, events: [run.event()] }));
    expect(errorOf(answer)).toEqual({ code: status.ALREADY_EXISTS, message: 'WrongExpectedVersion', type: 'event_store.client.WrongExpectedVersion' });
    const detail = answer.getError()!.getDetails()!.unpack((bytes) => shared.WrongExpectedVersion.deserializeBinary(bytes), 'event_store.client.WrongExpectedVersion')!;
    expect({ current: detail.getCurrentStreamRevision(), expected: detail.getExpectedStreamPosition(), none: detail.hasCurrentNoStream() })
      .toEqual({ current: '2', expected: '7', none: false });
  });

  it('packs no_stream into a conflict about a stream that is missing', async () => {
    const { run } = served;
    const answer = await batch.ask(fragment({ correlation: run.id(), stream: run.stream(), expected: 0, events: [run.event()] }));
    const detail = answer.getError()!.getDetails()!.unpack((bytes) => shared.WrongExpectedVersion.deserializeBinary(bytes), 'event_store.client.WrongExpectedVersion')!;
    expect({ none: detail.hasCurrentNoStream(), revision: detail.hasCurrentStreamRevision() }).toEqual({ none: true, revision: false });
  });

  it.each([
    ['no stream', (run: Served['run']) => {
      const request = fragment({ correlation: run.id(), stream: 's', events: [run.event()] });
      request.getOptions()!.clearStreamIdentifier();
      return request;
    }, 'Required field StreamIdentifier not set.'],
    ['no type', (run: Served['run']) => {
      const request = fragment({ correlation: run.id(), stream: run.stream(), events: [run.event()] });
      request.getProposedMessagesList()[0]!.getMetadataMap().del('type');
      return request;
    }, `Required Metadata Property 'type' is missing`],
    ['no content type', (run: Served['run']) => {
      const request = fragment({ correlation: run.id(), stream: run.stream(), events: [run.event()] });
      request.getProposedMessagesList()[0]!.getMetadataMap().del('content-type');
      return request;
    }, `Required Metadata Property 'content-type' is missing`],
    ['no id', (run: Served['run']) => {
      const request = fragment({ correlation: run.id(), stream: run.stream(), events: [run.event()] });
      request.getProposedMessagesList()[0]!.clearId();
      return request;
    }, `the event's id is not a UUID`],
    ['an empty type', (run: Served['run']) => fragment({ correlation: run.id(), stream: run.stream(), events: [run.event({ type: '' })] }), 'Empty eventType provided.'],
  ] as const)('answers an append with %s as a bad request, and says why', async (_what, requestOf, message) => {
    const answer = await batch.ask(requestOf(served.run));
    expect(errorOf(answer)).toEqual({ code: status.INVALID_ARGUMENT, message: 'BadRequest', type: 'event_store.client.BadRequest' });
    const detail = answer.getError()!.getDetails()!.unpack((bytes) => shared.BadRequest.deserializeBinary(bytes), 'event_store.client.BadRequest')!;
    expect(detail.getMessage()).toBe(message);
  });

  it.each(['any', 'stream_exists'] as const)('answers %s as unimplemented', async (expected) => {
    const answer = await batch.ask(fragment({ correlation: served.run.id(), stream: 's', expected, events: [served.run.event()] }));
    expect(errorOf(answer)).toMatchObject({ code: status.UNIMPLEMENTED, type: EMPTY });
  });

  it('ends when a message has no correlation id, for nobody could be answered', async () => {
    batch.send(new streams.BatchAppendReq().setIsFinal(true));
    expect(await batch.ended).toMatchObject({ code: status.UNKNOWN });
  });

  it('ignores fragments of an append that nobody has begun', async () => {
    const { run } = served;
    const stray = run.id();
    batch.send(fragment({ correlation: stray, events: [run.event()] }));
    await batch.ask(fragment({ correlation: run.id(), stream: run.stream(), events: [run.event()] }));
    expect(batch.answersTo(stray)).toEqual([]);
  });

  it('answers everything under way before it ends after its client', async () => {
    const { run } = served;
    const correlations = range(0, 50).map(() => run.id());
    for (const correlation of correlations) batch.send(fragment({ correlation, stream: run.stream(), events: [run.event()] }));
    batch.call.end();
    expect(await batch.ended).toBeUndefined();
    expect(correlations.map((correlation) => batch.answersTo(correlation).length)).toEqual(correlations.map(() => 1));
  });

  it('stores what it was sent, also when the client is gone before the answer', async () => {
    const { run } = served;
    const stream = run.stream();
    batch.send(fragment({ correlation: run.id(), stream, events: [run.event()] }));
    const fed = run.fed({ after: await served.log.head() }, 1);
    batch.call.once('finish', () => batch.call.cancel());
    batch.call.end();
    await fed;
    expect((await served.log.readStream(stream)).events).toHaveLength(1);
  });

  it('takes no more than a thousand unfinished appends', async () => {
    for (const _ of range(0, 1_001)) batch.send(fragment({ correlation: served.run.id(), stream: 's', more: true }));
    expect(await batch.ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  it('ends with RESOURCE_EXHAUSTED at a message above 16 MiB, and the next stream is served', async () => {
    const { run } = served;
    batch.send(fragment({ correlation: run.id(), stream: run.stream(), events: [run.event({ data: json('x'.repeat(20_000_000)) })] }));
    expect(await batch.ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    const again = served.raw.batch();
    expect((await again.ask(fragment({ correlation: run.id(), stream: run.stream(), events: [run.event()] }))).hasSuccess()).toBe(true);
    again.call.cancel();
  });

  it('answers a message of 5 MB as too large, and goes on', async () => {
    const { run } = served;
    const answer = await batch.ask(fragment({ correlation: run.id(), stream: run.stream(), events: [run.event({ data: json('x'.repeat(5_000_000)) })] }));
    expect(errorOf(answer).message).toBe('MaximumAppendSizeExceeded');
    expect((await batch.ask(fragment({ correlation: run.id(), stream: run.stream(), events: [run.event()] }))).hasSuccess()).toBe(true);
  });
});

describe('the deadline of a batch append', () => {
  const timeout = { code: status.DEADLINE_EXCEEDED, message: 'Timeout', type: 'event_store.client.Timeout' };
  let served: Served;
  let batch: RawBatch;
  const clock = new SettableClock();
  const timers = new ManualTimers();
  const disk = new StuckDisk();
  beforeAll(async () => {
    served = await Served.start({ clock, timers }, { files: disk, processes: alone });
    batch = served.raw.batch();
  });
  afterAll(async () => {
    batch.call.cancel();
    await served.stop();
  });

  /** Time passes, and whoever sleeps looks at the clock. */
  const pass = (ms: number): void => {
    clock.pass(ms);
    timers.wakeAll();
  };
  /** Everything sent before has been received. */
  const received = async (): Promise<void> => {
    await batch.ask(fragment({ correlation: served.run.id(), stream: served.run.stream(), events: [served.run.event()] }));
  };
  const open = async (deadlineMs?: number): Promise<string> => {
    const correlation = served.run.id();
    batch.send(fragment({ correlation, stream: served.run.stream(), more: true, ...(deadlineMs !== undefined && { deadlineMs }) }));
    await received();
    return correlation;
  };

  it('that is past times out at once, and nothing is stored', async () => {
    const stream = served.run.stream();
    const answer = await batch.ask(fragment({ correlation: served.run.id(), stream, events: [served.run.event()], deadlineMs: clock.now() - 1 }));
    expect(errorOf(answer)).toEqual(timeout);
    expect(nameIn(answer)).toBe(stream);
    expect((await served.log.readStream(stream)).exists).toBe(false);
  });

  it('is absolute, so a client whose clock is 20 s slow fails with every append', async () => {
    const answer = await batch.ask(fragment({ correlation: served.run.id(), stream: 's', events: [served.run.event()], deadlineMs: clock.now() - 20_000 + 10_000 }));
    expect(errorOf(answer)).toEqual(timeout);
  });

  it('ends an append that is not finished by then', async () => {
    const correlation = await open(clock.now() + 500);
    pass(499);
    await received();
    expect(batch.answersTo(correlation)).toEqual([]);
    pass(1);
    const answer = await batch.answer(correlation);
    expect(errorOf(answer)).toEqual(timeout);
    expect(answer.getCorrelationId()!.hasStructured()).toBe(true); // in numbers, although it came as text: as a real server
  });

  it.each([['further away than 2 s', 60_000], ['that nobody set', undefined]])('%s is 2 s', async (_what, inMs) => {
    const correlation = await open(inMs === undefined ? undefined : clock.now() + inMs);
    pass(1_999);
    await received();
    expect(batch.answersTo(correlation)).toEqual([]);
    pass(1);
    expect(errorOf(await batch.answer(correlation))).toEqual(timeout);
  });

  it('that has passed makes late fragments meaningless', async () => {
    const correlation = await open(clock.now() + 10);
    pass(10);
    await batch.answer(correlation);
    batch.send(fragment({ correlation, events: [served.run.event()] }));
    await received();
    expect(batch.answersTo(correlation)).toHaveLength(1);
  });

  it('of an append that the disk does not finish is 2 s: the outcome is unknown, and was success', async () => {
    const { run } = served;
    const [correlation, stream] = [run.id(), run.stream()];
    const release = disk.stick();
    batch.send(fragment({ correlation, stream, events: [run.event()], deadlineMs: clock.now() + 100 }));
    await disk.isStuck;
    pass(1_999);
    expect(batch.answersTo(correlation)).toEqual([]);
    pass(1);
    expect(errorOf(await batch.answer(correlation))).toEqual(timeout);
    release();
    await received();
    expect(batch.answersTo(correlation)).toHaveLength(1); // the late success is not told: the client would not know what it answers
    expect((await served.log.readStream(stream)).events).toHaveLength(1);
  });

  it('is none for what waits outside: beyond 32 MiB under way nothing more is taken, and in the end everything is answered', async () => {
    const { run } = served;
    const release = disk.stick();
    const correlations = range(0, 60).map(() => run.id());
    for (const correlation of correlations) batch.send(fragment({ correlation, stream: run.stream(), events: [run.event({ data: json('x'.repeat(1_000_000)) })] }));
    await disk.isStuck;
    release();
    const answers = await Promise.all(correlations.map((correlation) => batch.answer(correlation)));
    expect(answers.every((answer) => answer.hasSuccess())).toBe(true);
  });
});
