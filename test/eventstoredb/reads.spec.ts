import { afterEach, describe, expect, it } from '@jest/globals';
import grpc from '@grpc/grpc-js';
import { idsOf, range, rejection } from '../contract/contract-run.js';
import type { CallError, ReceivedRead } from './scripted-server.js';
import { hurried, scene, tidyUp, type Scene } from './scene.js';

afterEach(tidyUp);

const { status } = grpc;
const BROKEN: readonly [string, CallError][] = [
  ['UNAVAILABLE', { code: status.UNAVAILABLE, details: 'Connection dropped' }],
  ['INTERNAL', { code: status.INTERNAL, details: 'Received RST_STREAM with code 2' }],
  ['UNKNOWN', { code: status.UNKNOWN, details: 'No leader info available in response' }],
  ['CANCELLED', { code: status.CANCELLED, details: 'Call canceled by the server' }],
];

/** Each page of the stream breaks after so many of its events, so many times. */
const breaking = ({ server }: Scene, stream: string, { after, times, error }: { after: number; times: number; error: CallError }): void => {
  const state = { times };
  server.onRead = (read: ReceivedRead) => {
    if (read.stream !== stream || state.times-- <= 0) read.serve();
    else read.serve({ atMost: after, error });
  };
};

describe('a read that breaks off', () => {
  it.each(BROKEN)('by %s goes on behind what has come: whole, once, in order', async (_how, error) => {
    const here = await scene();
    const { stream, events } = await here.run.written(40);
    breaking(here, stream, { after: 7, times: 4, error });
    expect(idsOf((await here.log.readStream(stream)).events)).toEqual(idsOf(events));
    breaking(here, stream, { after: 7, times: 4, error });
    expect(idsOf((await here.log.readStream(stream, { direction: 'backwards', from: 33, limit: 30 })).events)).toEqual(idsOf(events.slice(4, 34).toReversed()));
    breaking(here, stream, { after: 0, times: 2, error });
    expect(idsOf((await here.log.readStream(stream, { limit: 3 })).events)).toEqual(idsOf(events.slice(0, 3)));
  });

  it('for good says that the store is away, and never answers half a page', async () => {
    const here = await scene(hurried);
    const { stream } = await here.run.written(4);
    breaking(here, stream, { after: 0, times: Infinity, error: BROKEN[0]![1] });
    expect(await rejection(here.log.readStream(stream))).toMatchObject({ name: 'LogUnavailable' });
  });

  it('because it is large is no outage: a page ends where memory would', async () => {
    const { server, log, run } = await scene();
    const stream = run.stream();
    const data = Buffer.alloc(1_000_000, 0x20);
    const ids: string[] = [];
    for (const k of range(0, 40)) {
      const event = run.event({ data });
      server.store.append(stream, k === 0 ? 'no_stream' : k - 1, [event]);
      ids.push(event.id);
    }
    const page = await log.readStream(stream, { limit: 40 });
    expect(idsOf(page.events)).toEqual(ids);
    const all = await run.between(-1, Infinity, 4_096);
    expect(idsOf(all).filter((id) => ids.includes(id))).toEqual(ids);
    expect(log.figures.outages).toBe(0);
  }, 30_000);
});

describe('a read that is not answered', () => {
  it('is asked again on another connection', async () => {
    const here = await scene(hurried);
    const { stream, events } = await here.run.written(3);
    here.server.onRead = () => (here.server.onRead = (next) => next.serve());
    expect(idsOf((await here.log.readStream(stream)).events)).toEqual(idsOf(events));
  });

  it('says so in time', async () => {
    const here = await scene(hurried);
    here.server.onRead = () => undefined;
    const begunAt = hurried.clock.monotonic();
    const asked = [here.log.readStream('s-1'), here.log.readAll(), here.log.head()];
    expect(await Promise.all(asked.map(rejection))).toMatchObject(asked.map(() => ({ name: 'LogUnavailable' })));
    expect(hurried.clock.monotonic() - begunAt).toBeLessThan(10_000);
  });
});
