import { afterEach, describe, expect, it } from '@jest/globals';
import { stringUuid } from '../../src/platform/event-log/grpc/uuids.js';
import { idsOf, rejection } from '../contract/contract-run.js';
import { conflict, garbled, refusalOf, replyTo, successOf } from './answers.js';
import type { ReceivedAppend } from './scripted-server.js';
import { hurried, scene, tidyUp, type Scene } from './scene.js';

afterEach(tidyUp);

/** An append that nothing is wrong with, on the connection as it is now. */
const goesOn = async ({ log, run, server }: Scene, appendCalls = 1): Promise<void> => {
  const stream = run.stream();
  expect((await log.append(stream, 'no_stream', [run.event()])).revision).toBe(0);
  expect(server.appendsTo(stream)).toHaveLength(1);
  expect(server.appendCalls).toBe(appendCalls);
};

/** Small appends, one after the other, until something is over: the store is heard all the time. */
const beside = async <Answer>({ log, run }: Scene, something: Promise<Answer>): Promise<Answer> => {
  const state = { isOver: false };
  const over = (): void => void (state.isOver = true);
  something.then(over, over);
  while (!state.isOver) await log.append(run.stream(), 'no_stream', [run.event()]);
  return something;
};

// Jest fails a test during which something is thrown that nobody catches, or a rejection that nobody handles.
describe('a reply to an append', () => {
  it('that comes twice settles it once', async () => {
    const here = await scene();
    const { server, log, run } = here;
    const [stream, events] = [run.stream(), run.events(2)];
    server.script.push((append) => {
      const outcome = append.write();
      append.reply(replyTo(outcome));
      append.reply(replyTo(outcome));
      append.reply(refusalOf(conflict(7)));
    });
    const { revision, position } = await log.append(stream, 'no_stream', events);
    expect({ revision, position }).toEqual({ revision: 1, position: server.store.stream(stream)!.at(-1)!.position });
    await goesOn(here);
    expect(log.figures.unknownOutcomes).toBe(0);
  });

  it('with an id that nobody knows, or none, is nobody\'s', async () => {
    const here = await scene();
    const { server, log, run } = here;
    server.script.push((append) => {
      append.reply(successOf(99, 1), stringUuid(run.id()));
      append.reply(refusalOf(conflict(7)), stringUuid('no uuid at all'));
      append.reply(successOf(98, 2), stringUuid(''));
      append.serve();
    });
    expect((await log.append(run.stream(), 'no_stream', [run.event()])).revision).toBe(0);
    await goesOn(here);
  });

  it('goes to its own append, in whatever order replies come', async () => {
    const here = await scene();
    const { server, log, run } = here;
    const waiting: ReceivedAppend[] = [];
    const count = 20;
    const streams = Array.from({ length: count }, () => run.stream());
    for (let k = 0; k < count; k++) {
      server.script.push((append) => {
        if (waiting.push(append) === count) for (const each of waiting.reverse()) each.serve();
      });
    }
    const appended = await Promise.all(streams.map((stream, k) => log.append(stream, 'no_stream', run.events(k + 1))));
    expect(appended.map(({ revision }) => revision)).toEqual(streams.map((_, k) => k));
    expect(appended.map(({ position }) => position)).toEqual(streams.map((stream) => server.store.stream(stream)!.at(-1)!.position));
    await goesOn(here);
  });

  it('that comes after we have given up finds nobody, and does no harm', async () => {
    const here = await scene(hurried);
    const { server, log, run } = here;
    const [stream, events] = [run.stream(), run.events(3)];
    let late: ReceivedAppend | undefined;
    server.script.push((append) => {
      late = append;
      append.write();
    });
    const { revision } = await beside(here, log.append(stream, 'no_stream', events));
    expect(revision).toBe(2);
    late!.serve();
    late!.refuse(conflict(2));
    await goesOn(here);
    expect(log.figures).toMatchObject({ unknownOutcomes: 1, resends: 0, outages: 0 });
  });

  it('that is late and says no does not undo what was found', async () => {
    const here = await scene(hurried);
    const { server, log, run } = here;
    const [stream, events] = [run.stream(), run.events(2)];
    let first: ReceivedAppend | undefined;
    server.onAppend = (append) => {
      if (append.stream !== stream) append.serve();
      else if (!first) first = append;
      else {
        first.refuse(conflict(1));
        append.serve();
        first.serve();
      }
    };
    expect((await beside(here, log.append(stream, 'no_stream', events))).revision).toBe(1);
    expect(idsOf(server.store.stream(stream)!)).toEqual(idsOf(events));
    await goesOn(here);
  });

  it('that cannot be read is no reply: the outcome is looked for', async () => {
    const here = await scene();
    const { server, log, run } = here;
    const [stream, events] = [run.stream(), run.events(2)];
    server.script.push((append) => {
      append.write();
      append.refuse(garbled());
    });
    expect((await log.append(stream, 'no_stream', events)).revision).toBe(1);
    await goesOn(here);
    expect(log.figures).toMatchObject({ unknownOutcomes: 1, resends: 0 });
  });

  it('says no with the true head, whatever that is', async () => {
    const { server, log, run } = await scene();
    const { stream } = await run.written(3);
    expect(await rejection(log.append(stream, 'no_stream', [run.event()]))).toMatchObject({ name: 'WrongExpectedRevision', expected: 'no_stream', actual: 2 });
    expect(await rejection(log.append(run.stream(), 4, [run.event()]))).toMatchObject({ name: 'WrongExpectedRevision', expected: 4, actual: 'no_stream' });
    server.script.push((append) => append.refuse(conflict(0)));
    expect(await rejection(log.append(stream, 'no_stream', [run.event()]))).toMatchObject({ name: 'WrongExpectedRevision', actual: 0 });
  });
});

describe('the call that carries all appends', () => {
  it('is one for a thousand', async () => {
    const { server, log, run } = await scene();
    await Promise.all(Array.from({ length: 1_000 }, () => log.append(run.stream(), 'no_stream', [run.event()])));
    expect(server.appendCalls).toBe(1);
  });

  it('is left when it says nothing any more, although the connection is well', async () => {
    const { server, log, run } = await scene(hurried);
    const before = server.appendCalls;
    server.onAppend = (append) => {
      if (server.appendCalls > before) append.serve();
    };
    const state = { areOver: false };
    const silent = Promise.all(Array.from({ length: 3 }, () => log.append(run.stream(), 'no_stream', [run.event()]))).finally(() => (state.areOver = true));
    while (!state.areOver) {
      await log.head();
      await hurried.timers.sleep(20);
    }
    expect((await silent).map(({ revision }) => revision)).toEqual([0, 0, 0]);
    expect(server.appendCalls).toBe(2);
    expect(log.figures).toMatchObject({ outages: 0, resends: 3 });
  });
});
