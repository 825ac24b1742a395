import { afterEach, describe, expect, it } from '@jest/globals';
import grpc from '@grpc/grpc-js';
import type { NewEvent } from '../../src/platform/event-log/event-log.js';
import { idsOf, range, rejection } from '../contract/contract-run.js';
import { accessDenied, timeout } from './answers.js';
import { ScriptedServer, type CallError, type ReceivedAppend } from './scripted-server.js';
import { hurried, scene, tidyUp, undoing, type Scene } from './scene.js';

afterEach(tidyUp);

const { status } = grpc;
/** The caller of a caller waits no longer. */
const CALL_MAX_MS = 10_000;
const GONE: CallError = { code: status.UNAVAILABLE, details: 'Server Is Not Ready' };
const notLeader = ({ port }: ScriptedServer): CallError => ({
  code: status.NOT_FOUND, details: 'Leader info available',
  trailers: { exception: 'not-leader', 'leader-endpoint-host': '127.0.0.1', 'leader-endpoint-port': String(port) },
});

/** What was stored under a stream's name, and where its last event is. */
const stored = ({ server }: Scene, stream: string): { ids: string[]; position: number | undefined } => {
  const events = server.store.stream(stream) ?? [];
  return { ids: idsOf(events), position: events.at(-1)?.position };
};
/** Between two others in a stream, so that neither the first revision nor the last is a special case. */
const begun = async ({ run }: Scene): Promise<{ stream: string; events: NewEvent[] }> => {
  const { stream } = await run.written(2);
  return { stream, events: run.events(3) };
};

describe('an append that was stored and never answered', () => {
  it('is found by looking, at its true position', async () => {
    const here = await scene(hurried);
    const { stream, events } = await begun(here);
    here.server.script.push((append) => append.write());
    const result = await here.log.append(stream, 1, events);
    expect(result).toEqual({ revision: 4, position: stored(here, stream).position });
    expect(stored(here, stream).ids.slice(2)).toEqual(idsOf(events));
    expect(here.server.appendsTo(stream)).toHaveLength(2);
    expect(here.log.figures).toMatchObject({ unknownOutcomes: 1, resends: 0 });
  });

  it('is asked for its position where a read of the stream does not tell it', async () => {
    const here = await scene(hurried);
    const { stream, events } = await begun(here);
    here.server.hidesPositions = true;
    here.server.script.push((append) => append.write());
    expect(await here.log.append(stream, 1, events)).toEqual({ revision: 4, position: stored(here, stream).position });
    expect(stored(here, stream).ids.slice(2)).toEqual(idsOf(events));
    expect(here.log.figures).toMatchObject({ unknownOutcomes: 1, resends: 1 });
  });

  it('is found with others behind it', async () => {
    const here = await scene(hurried);
    const { stream, events } = await begun(here);
    let position: number | undefined;
    here.server.script.push((append) => {
      append.write();
      position = stored(here, stream).position;
      here.server.store.append(stream, 4, here.run.events(5));
    });
    expect(await here.log.append(stream, 1, events)).toEqual({ revision: 4, position });
  });

  it('is never called failed while nobody knows', async () => {
    const here = await scene(hurried);
    const { server, log } = here;
    const { stream, events } = await begun(here);
    server.script.push((append) => {
      append.write();
      server.onRead = (read) => read.fail(GONE);
      append.breakCall(GONE);
    });
    const begunAt = hurried.clock.monotonic();
    expect(await rejection(log.append(stream, 1, events))).toMatchObject({ name: 'OutcomeUnknown' });
    expect(hurried.clock.monotonic() - begunAt).toBeLessThan(CALL_MAX_MS);
    server.onRead = (read) => read.serve();
    expect((await log.append(stream, 1, events)).revision).toBe(4); // the caller's retry resolves it
    expect(stored(here, stream).ids).toHaveLength(5);
  });
});

describe('an append that was neither stored nor answered', () => {
  it('is sent again, byte for byte, and stored once', async () => {
    const here = await scene(hurried);
    const { stream, events } = await begun(here);
    here.server.script.push(() => undefined);
    const appending = here.log.append(stream, 1, events);
    const sent = events.map((event) => Buffer.from(event.data).toString());
    for (const { data, metadata } of events) {
      data.fill(0x20); // the caller's buffers are the caller's again
      metadata.fill(0x20);
    }
    expect(await appending).toEqual({ revision: 4, position: stored(here, stream).position });
    const [, first, again, ...more] = here.server.appendsTo(stream) as [ReceivedAppend, ReceivedAppend, ReceivedAppend, ...ReceivedAppend[]];
    expect(more).toEqual([]);
    expect(again.bytes).toBe(first.bytes);
    expect({ expected: again.expected, ids: idsOf(again.events) }).toEqual({ expected: 1, ids: idsOf(events) });
    expect(again.events.map(({ data }) => Buffer.from(data).toString())).toEqual(sent);
    expect(stored(here, stream).ids.slice(2)).toEqual(idsOf(events));
    expect(here.log.figures).toMatchObject({ unknownOutcomes: 1, resends: 1 });
  });

  it('is stored once also when the first try arrives between the look and the second', async () => {
    const here = await scene();
    const { stream, events } = await begun(here);
    let first: ReceivedAppend | undefined;
    here.server.script.push((append) => {
      first = append;
      append.refuse(timeout());
    }, (append) => {
      first!.write();
      append.serve();
    });
    expect(await here.log.append(stream, 1, events)).toEqual({ revision: 4, position: stored(here, stream).position });
    expect(stored(here, stream).ids).toHaveLength(5);
  });

  it('is not called unwritten when only the second try is refused', async () => {
    const here = await scene();
    const { stream, events } = await begun(here);
    let first: ReceivedAppend | undefined;
    here.server.script.push((append) => {
      first = append;
      append.refuse(timeout());
    }, (append) => append.refuse(accessDenied()));
    expect(await rejection(here.log.append(stream, 1, events))).toMatchObject({ name: 'OutcomeUnknown' });
    expect(first!.write()).toMatchObject({ kind: 'appended' });
  });

  it('is called unwritten when it never left', async () => {
    const { server, log, run } = await scene(hurried);
    const append = (): Promise<unknown> => rejection(log.append(run.stream(), 'no_stream', [run.event()]));
    server.stop();
    await append(); // may have been on its way
    const begunAt = hurried.clock.monotonic();
    const errors = await Promise.all(range(0, 20).map(append));
    expect(hurried.clock.monotonic() - begunAt).toBeLessThan(CALL_MAX_MS / 2);
    expect(errors).toMatchObject(errors.map(() => ({ name: 'LogUnavailable' })));
  });
});

const ALL_CUT = 'every connection cut';

describe('when the stream of appends breaks', () => {
  const breaks: readonly [string, (append: ReceivedAppend, server: ScriptedServer) => void][] = [
    ['UNAVAILABLE', (append) => append.breakCall({ code: status.UNAVAILABLE, details: 'Connection dropped' })],
    ['INTERNAL, a reset', (append) => append.breakCall({ code: status.INTERNAL, details: 'Received RST_STREAM with code 2 (Internal server error)' })],
    ['code 8, something too large', (append) => append.breakCall({ code: status.RESOURCE_EXHAUSTED, details: 'Received message exceeds the maximum configured message size.' })],
    ['UNKNOWN, a handler that threw', (append) => append.breakCall({ code: status.UNKNOWN, details: 'Exception was thrown by handler.' })],
    ['CANCELLED', (append) => append.breakCall({ code: status.CANCELLED, details: 'Call canceled by the server' })],
    ['not-leader', (append, server) => append.breakCall(notLeader(server))],
    ['a clean end', (append) => append.endCall()],
    [ALL_CUT, (_append, server) => server.stop()],
  ];

  it.each(breaks)('by %s, all of 25 in flight are found or sent again, each stored once', async (how, cut) => {
    const here = await scene();
    const { server, log, run } = here;
    const appends = range(0, 25).map(() => ({ stream: run.stream(), events: run.events(2) }));
    const isStored = (k: number): boolean => k % 3 !== 0;
    server.script.push(...appends.map((_, k) => (append: ReceivedAppend) => {
      if (isStored(k)) append.write();
      if (k < appends.length - 1) return;
      cut(append, server);
      if (how === ALL_CUT) void ScriptedServer.start(server.store, server.port).then((next) => undoing(next, (each) => each.stop()));
    }));
    const results = await Promise.all(appends.map(({ stream, events }) => log.append(stream, 'no_stream', events)));
    expect(results).toEqual(appends.map(({ stream }) => ({ revision: 1, position: stored(here, stream).position })));
    expect(appends.map(({ stream }) => stored(here, stream).ids)).toEqual(appends.map(({ events }) => idsOf(events)));
    expect(log.figures).toMatchObject({ unknownOutcomes: 25, resends: appends.filter((_, k) => !isStored(k)).length });
  });

  it('because a node leads no more, what it wrote before is waited for, and not called unwritten', async () => {
    const here = await scene(hurried);
    const { server, log } = here;
    const { stream, events } = await begun(here);
    server.script.push((append) => {
      append.write();
      server.onRead = (read) => read.fail(GONE); // there is an election
      append.breakCall(notLeader(server));
      void hurried.timers.sleep(2_500).then(() => (server.onRead = (read) => read.serve()));
    });
    expect(await log.append(stream, 1, events)).toEqual({ revision: 4, position: stored(here, stream).position });
  });
});

describe('when others were there first', () => {
  it('it is a conflict, with the true head', async () => {
    const here = await scene(hurried);
    const { stream, events } = await begun(here);
    here.server.script.push(() => here.server.store.append(stream, 1, here.run.events(7)));
    expect(await rejection(here.log.append(stream, 1, events))).toMatchObject({ name: 'WrongExpectedRevision', stream, expected: 1, actual: 8 });
    expect(here.server.appendsTo(stream)).toHaveLength(2);
  });

  it('it is one in a stream that they opened, too', async () => {
    const here = await scene(hurried);
    const stream = here.run.stream();
    here.server.script.push(() => here.server.store.append(stream, 'no_stream', here.run.events(1)));
    expect(await rejection(here.log.append(stream, 'no_stream', here.run.events(2)))).toMatchObject({ name: 'WrongExpectedRevision', expected: 'no_stream', actual: 0 });
  });

  it.each<[string, (events: NewEvent[], other: NewEvent) => NewEvent[]]>([
    ['the first of ours, then another', ([first], other) => [first!, other]],
    ['the first of ours alone', ([first]) => [first!]],
    ['ours but the last', (events) => events.slice(0, -1)],
    ['ours in another order', (events) => events.toReversed()],
    ['another, then ours', (events, other) => [other, ...events]],
  ])('with %s, it is a conflict and nothing is added', async (_what, there) => {
    const here = await scene(hurried);
    const { stream, events } = await begun(here);
    const theirs = there(events, here.run.event());
    here.server.script.push(() => here.server.store.append(stream, 1, theirs));
    expect(await rejection(here.log.append(stream, 1, events))).toMatchObject({ name: 'WrongExpectedRevision', expected: 1, actual: 1 + theirs.length });
    expect(stored(here, stream).ids.slice(2)).toEqual(idsOf(theirs));
  });
});
