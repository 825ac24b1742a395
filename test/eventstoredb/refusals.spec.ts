import { afterEach, describe, expect, it } from '@jest/globals';
import grpc from '@grpc/grpc-js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import { APPEND_BYTES_MAX } from '../../src/platform/event-log/event-log.js';
import { idsOf, range, rejection } from '../contract/contract-run.js';
import { accessDenied, badRequest, busy, noLeaderInfo, notReady, streamDeleted, timeout, tooLarge, unknown } from './answers.js';
import { hurried, patient, scene, tidyUp } from './scene.js';

afterEach(tidyUp);

const { status } = grpc;
/** From the first try to the last, and a look besides. */
const APPEND_MAX_MS = 7_500;
/** Nobody has waited for anything: time for a call or two. */
const AT_ONCE_MS = 1_000;

const taken = async <Answer>(what: Promise<Answer>): Promise<{ answer: Answer; tookMs: number }> => {
  const begunAt = hurried.clock.monotonic();
  const answer = await what;
  return { answer, tookMs: hurried.clock.monotonic() - begunAt };
};
const passing: readonly [string, () => Status][] = [
  ['Timeout', timeout], ['Unknown', unknown], ['Server Is Not Ready', notReady], ['Server Is Busy', busy], ['No leader info available in response', noLeaderInfo],
];

describe('an answer that may pass', () => {
  it.each(passing)('%s is asked again, and is no outage for anybody else', async (_what, answer) => {
    const { server, log, run } = await scene();
    const [stream, events] = [run.stream(), run.events(2)];
    server.script.push((append) => append.refuse(answer()), (append) => append.refuse(answer()));
    expect((await log.append(stream, 'no_stream', events)).revision).toBe(1);
    expect(server.appendsTo(stream).map(({ bytes }) => bytes)).toEqual(Array(3).fill(server.appendsTo(stream)[0]!.bytes));
    expect(idsOf(server.store.stream(stream)!)).toEqual(idsOf(events));
    expect(log.figures).toMatchObject({ resends: 2, outages: 0 });
  });

  it.each([['Timeout', timeout], ['Unknown', unknown]])('%s does not hide what was written', async (_what, answer) => {
    const { server, log, run } = await scene();
    const [stream, events] = [run.stream(), run.events(2)];
    server.script.push((append) => {
      append.write();
      append.refuse(answer());
    });
    expect(await log.append(stream, 'no_stream', events)).toEqual({ revision: 1, position: server.store.stream(stream)!.at(-1)!.position });
    expect(log.figures).toMatchObject({ unknownOutcomes: 1, resends: 0, outages: 0 });
  });

  it('an empty one does not either', async () => {
    const { server, log, run } = await scene();
    server.script.push((append) => {
      append.write();
      append.reply(new streams.BatchAppendResp());
    });
    expect((await log.append(run.stream(), 'no_stream', [run.event()])).revision).toBe(0);
  });

  it('that never passes ends in time: unwritten when nothing was begun, else nobody knows', async () => {
    const { server, log, run } = await scene(hurried);
    const answers: Readonly<Record<string, () => Status>> = Object.fromEntries(passing.map(([name, answer]) => [`${name}-1`, answer]));
    server.onAppend = (append) => append.refuse(answers[append.stream]!());
    const names = await Promise.all(passing.map(async ([name]) => {
      const { answer, tookMs } = await taken(rejection(log.append(`${name}-1`, 'no_stream', [run.event()])));
      expect(tookMs).toBeLessThan(APPEND_MAX_MS);
      return (answer as Error).name;
    }));
    expect(names).toEqual(['OutcomeUnknown', 'OutcomeUnknown', 'LogUnavailable', 'LogUnavailable', 'LogUnavailable']);
    expect(log.figures.outages).toBe(0);
  });
});

describe('an answer that is final', () => {
  it.each<[string, Status, string]>([
    ['AccessDenied', accessDenied(), 'LogUnavailable'],
    ['BadRequest', badRequest('Required field StreamIdentifier not set.'), 'InvalidAppend'],
    ['StreamDeleted', streamDeleted(), 'InvalidAppend'],
    ['MaximumAppendSizeExceeded', tooLarge(), 'AppendTooLarge'],
  ])('%s is told at once, and not asked for again', async (_what, answer, name) => {
    const { server, log, run } = await scene(hurried);
    const stream = run.stream();
    server.script.push((append) => append.refuse(answer));
    const { answer: error, tookMs } = await taken(rejection(log.append(stream, 'no_stream', [run.event()])));
    expect(error).toMatchObject({ name });
    expect(tookMs).toBeLessThan(AT_ONCE_MS);
    expect(server.appendsTo(stream)).toHaveLength(1);
    expect(log.figures).toMatchObject({ unknownOutcomes: 0, outages: 0 });
  });

  it('BadRequest is told in the words of the store', async () => {
    const { server, log, run } = await scene();
    server.script.push((append) => append.refuse(badRequest('Empty eventType provided.')));
    expect(await rejection(log.append(run.stream(), 'no_stream', [run.event()]))).toHaveProperty('message', expect.stringContaining('Empty eventType provided.'));
  });

  it('to a read is told at once, too', async () => {
    const { server, log, run } = await scene(hurried);
    for (const code of [status.PERMISSION_DENIED, status.UNAUTHENTICATED, status.FAILED_PRECONDITION]) {
      server.onRead = (read) => read.fail({ code, details: 'No.' });
      const { answer, tookMs } = await taken(rejection(log.readStream(run.stream())));
      expect(answer).toMatchObject({ name: 'LogUnavailable' });
      expect(tookMs).toBeLessThan(AT_ONCE_MS);
    }
    expect(log.figures.outages).toBe(0);
  });
});

describe('an append that the store knows, and has removed since', () => {
  it('ends in time with "nobody knows", and nobody else notices', async () => {
    const { server, log, run } = await scene(hurried);
    const [{ stream }, events] = [await run.written(2), run.events(2)];
    await log.append(stream, 1, events);
    server.store.remove((event) => event.stream === stream); // truncated, and scavenged
    const state = { isOver: false, reads: 0 };
    const again = taken(rejection(log.append(stream, 1, events))).finally(() => (state.isOver = true));
    while (!state.isOver) {
      await log.readStream(run.stream());
      state.reads += 1;
    }
    const { answer, tookMs } = await again;
    expect(answer).toMatchObject({ name: 'OutcomeUnknown' });
    expect(tookMs).toBeLessThan(APPEND_MAX_MS);
    expect(state.reads).toBeGreaterThan(10);
    expect(log.figures.outages).toBe(0);
  });

  it('is a conflict when only part of it was known', async () => {
    const { server, log, run } = await scene();
    const [{ stream }, events] = [await run.written(1), run.events(2)];
    await log.append(stream, 0, events.slice(0, 1));
    server.store.remove((event) => event.stream === stream);
    expect(await rejection(log.append(stream, 0, events))).toMatchObject({ name: 'WrongExpectedRevision', actual: 1 });
  });
});

describe('more appends than may be under way at once', () => {
  it('wait a little, and are all written once', async () => {
    const { server, log, run } = await scene(patient);
    const count = 70;
    const data = Buffer.alloc(APPEND_BYTES_MAX - 1_000, 0x20);
    server.onAppend = (append) => void setTimeout(() => append.serve(), 50);
    const appended = await Promise.all(range(0, count).map(() => log.append(run.stream(), 'no_stream', [run.event({ data })])));
    expect(appended).toHaveLength(count);
    expect(server.store.all.filter((event) => event.data.length === data.length)).toHaveLength(count);
    expect(log.figures).toMatchObject({ outages: 0, unknownOutcomes: 0 });
    expect(log.figures.resends).toBeGreaterThan(0);
  });
});
