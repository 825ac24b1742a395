import { expect } from '@jest/globals';
import { idsOf, rejection, revisionsOf, type Claims } from './contract-run.js';

/** The same store, opened anew. */
export const restartClaims: Claims = {
  'everything is the same after a restart': async (run) => {
    const after = await run.log.head();
    const { stream } = await run.written(5);
    const before = [await run.log.readStream(stream), await run.between(after, Number.MAX_SAFE_INTEGER), await run.log.head()];
    await run.reopen();
    expect([await run.log.readStream(stream), await run.between(after, Number.MAX_SAFE_INTEGER), await run.log.head()]).toEqual(before);
  },
  'a repeat after a restart answers the original': async (run) => {
    const stream = run.stream();
    const events = run.events(3);
    const first = await run.log.append(stream, 'no_stream', events);
    await run.log.append(stream, 2, run.events(2));
    await run.reopen();
    expect(await run.log.append(stream, 'no_stream', events)).toEqual(first);
  },
  'a conflict after a restart names the true revision': async (run) => {
    const { stream } = await run.written(3);
    await run.reopen();
    expect(await rejection(run.log.append(stream, 0, [run.event()]))).toMatchObject({ name: 'WrongExpectedRevision', actual: 2 });
  },
  'part of an append, repeated after a restart, answers its own revision and position': async (run) => {
    const { stream, events } = await run.written(6);
    const [, , , fourth] = (await run.log.readStream(stream)).events;
    await run.reopen();
    expect(await run.log.append(stream, 1, events.slice(2, 4))).toEqual({ revision: 3, position: fourth!.position });
  },
  'a repeat with new events behind it is refused after a restart as well': async (run) => {
    const { stream, events } = await run.written(3);
    await run.reopen();
    expect(await rejection(run.log.append(stream, 0, [...events.slice(1), run.event()]))).toMatchObject({ name: 'WrongExpectedRevision', actual: 2 });
  },
  'appends go on where they were, at higher positions': async (run) => {
    const { stream } = await run.written(3);
    const head = await run.log.head();
    await run.reopen();
    const { revision, position } = await run.log.append(stream, 2, run.events(2));
    expect([revision, position > head]).toEqual([4, true]);
    expect(revisionsOf((await run.log.readStream(stream)).events)).toEqual([0, 1, 2, 3, 4]);
  },
  'a feed goes on behind the event where it was left, in the middle of an append too': async (run) => {
    const type = run.type();
    const { stream, events } = await run.written(6, { type });
    const { position } = (await run.log.readStream(stream)).events[2]!;
    await run.reopen();
    const more = await run.continued(stream, 5, [2], { type });
    expect(idsOf(await run.fed({ after: position, types: new Set([type]) }, 5))).toEqual([...idsOf(events.slice(3)), ...more]);
  },
  'a checkpoint between the events that a filter lets through is a place to go on from': async (run) => {
    const type = run.type();
    await run.written(3, { type });
    await run.written(40);
    const after = await run.log.head(); // of an event that the filter holds back
    await run.reopen();
    const { events } = await run.written(2, { type });
    expect(idsOf(await run.fed({ after, types: new Set([type]) }, 2))).toEqual(idsOf(events));
  },
};
