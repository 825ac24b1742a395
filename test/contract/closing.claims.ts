import { expect } from '@jest/globals';
import { BEGINNING, LogUnavailable } from '../../src/platform/event-log/event-log.js';
import { range, rejection, type Claims } from './contract-run.js';

/** Each of them leaves an open log behind, but for the last, after which nothing comes. */
export const closingClaims: Claims = {
  'a feed that waits for the next event learns that the log was closed': async (run) => {
    const reading = rejection(run.batches({ after: await run.log.head() }, () => false));
    await run.reopen();
    expect(await reading).toBeInstanceOf(LogUnavailable);
  },
  'a feed that is asked for more learns that the log was closed': async (run) => {
    const after = await run.log.head();
    await run.written(10);
    const feed = run.log.follow({ after, batchMax: 2 })[Symbol.asyncIterator]();
    expect((await feed.next()).value).toMatchObject({ events: [{ revision: 0 }, { revision: 1 }] });
    await run.reopen();
    expect(await rejection((async () => { while (!(await feed.next()).done); })())).toBeInstanceOf(LogUnavailable);
  },
  'reads under way when the log is closed are answered whole or refused, and none is left without an answer': async (run) => {
    const { stream } = await run.written(500);
    const { log } = run;
    const reads = Promise.allSettled(range(0, 50).map((k) => (k % 2 === 0 ? log.readStream(stream) : log.readAll({ direction: 'backwards', limit: 500 }))));
    await run.reopen();
    for (const outcome of await reads) {
      if (outcome.status === 'fulfilled') expect(outcome.value.events).toHaveLength(500);
      else expect(outcome.reason).toBeInstanceOf(LogUnavailable);
    }
  },
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
