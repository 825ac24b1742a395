import { describe, expect, it } from '@jest/globals';
import {
  accepted, assigned, cancelled, completed, expired, faulted, REQUEST, requestExpired, requestFaulted, second, settledAnonymously, submitted, WORKER,
} from '../../test/support/a-request.js';
import type { Recorded } from '../kernel/event.js';
import { Progress } from './progress.js';
import { ProgressStream, UNREAD_BYTES_MAX } from './progress-stream.js';
import type { RequestEvent } from './request.events.js';
import { RequestWatch } from './request-watch.js';

const told = (...events: readonly RequestEvent[]) => {
  const progress = new Progress();
  return events.map((event) => progress.tell(event));
};
const counts = (waiting: number, processing: number, finished: number, restarted: number) => ({ waiting, processing, finished, restarted });

describe('what a watcher is told', () => {
  it('is each step of a request, with the counts after it; money is not', () => {
    expect(told(accepted(2), assigned('a'), submitted('a'), settledAnonymously('a'), assigned('b'), faulted('b'), assigned('c'), expired('c', second(90)))).toMatchObject([
      { event: 'accepted', data: { id: REQUEST, type: 'image', jobs: 2, ...counts(2, 0, 0, 0) } },
      { event: 'assigned', data: { job: 'a', worker: WORKER, model: 'stable_diffusion', ...counts(1, 1, 0, 0) } },
      { event: 'delivered', data: { job: 'a', worker: WORKER, state: 'ok', ...counts(1, 0, 1, 0) } },
      undefined as never,
      { event: 'assigned', data: { job: 'b', ...counts(0, 1, 1, 0) } }, { event: 'job_faulted', data: { job: 'b', ...counts(1, 0, 1, 1) } },
      { event: 'assigned', data: { job: 'c', ...counts(0, 1, 1, 1) } }, { event: 'job_expired', data: { job: 'c', ...counts(1, 0, 1, 2) } },
    ]);
  });

  it.each([
    ['cancelled', cancelled(2), 'cancelled'], ['faulted', requestFaulted(2), 'faulted'], ['expired', requestExpired(2, second(1_300)), 'expired'],
  ] as const)('that it was %s, and then that it is over', (event, ended, outcome) => {
    const progress = new Progress();
    progress.tell(accepted(2));
    expect(progress.tell(ended)).toMatchObject({ event, data: counts(0, 0, 0, 0) });
    expect(progress.isEnded).toBe(false);
    expect(progress.tell(completed(outcome, []))).toMatchObject({ event: 'done', data: { outcome } });
    expect(progress.isEnded).toBe(true);
  });

  it('which form an alchemist has, that it never heard of it, and that one was given up for good', () => {
    const at = second(9);
    const form = (type: string, data: object): RequestEvent => ({ type, data: { request: REQUEST, job: 'a', worker: WORKER, form: 1, ...data } } as unknown as RequestEvent);
    expect(told(
      accepted(2), form('JobAssigned.v1', { model: 'caption', ttlS: 120, assignedAt: at }), form('JobFaulted.v1', { faultedAt: at, final: true }),
      form('JobAssigned.v1', { model: 'caption', ttlS: 120, assignedAt: at }), form('JobFaulted.v1', { faultedAt: at, excused: true, unheard: true }),
      form('JobAssigned.v1', { model: 'caption', ttlS: 120, assignedAt: at }), form('JobSubmitted.v1', { state: 'cancelled', submittedAt: at }),
    ).slice(1)).toMatchObject([
      { event: 'assigned', data: { form: 1, ...counts(1, 1, 0, 0) } }, { event: 'job_faulted', data: { form: 1, ...counts(1, 0, 0, 1) } },
      { event: 'assigned', data: counts(0, 1, 0, 1) }, { event: 'job_returned', data: { form: 1, ...counts(1, 0, 0, 2) } },
      { event: 'assigned', data: counts(0, 1, 0, 2) }, { event: 'job_cancelled', data: { form: 1, ...counts(0, 0, 0, 2) } },
    ]);
  });
});

describe('a stream of progress', () => {
  const recorded = (revision: number, { type, data }: RequestEvent): Recorded => ({ stream: `request-${REQUEST}`, revision, position: revision, id: String(revision), type, data, metadata: {} as Recorded['metadata'] });
  const STORY = [accepted(1), assigned('a'), submitted('a'), completed('done', ['a'])].map((event, revision) => recorded(revision, event));
  const textOf = async ({ body }: ProgressStream): Promise<string> => {
    let text = '';
    for await (const chunk of body) text += String(chunk);
    return text;
  };
  const idsIn = (text: string): string[] => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id!);

  it('tells everything once and in order, however often and in whichever order it comes', async () => {
    const stream = new ProgressStream(REQUEST, -1);
    stream.deliver(STORY[1]!); // while the history is read
    expect(stream.begin([STORY[0]!])).toBe(true);
    for (const at of [3, 1, 0, 3, 2, 2, 3]) stream.deliver(STORY[at]!);
    expect(idsIn(await textOf(stream))).toEqual(['0', '1', '2', '3']);
  });

  it('leaves out what the client has read, and counts it all the same', async () => {
    const stream = new ProgressStream(REQUEST, 1);
    expect(stream.begin(STORY)).toBe(true);
    const text = await textOf(stream);
    expect(idsIn(text)).toEqual(['2', '3']);
    expect(text).toContain('"finished":1');
    expect(new ProgressStream(REQUEST, 3).begin(STORY)).toBe(false);
  });

  it('says a place in the queue when it has changed, the wait now and then, both without an id, and not after the end', async () => {
    const stream = new ProgressStream(REQUEST, -1);
    stream.place({ queue_position: 9, wait_time: 9 }); // too early
    stream.begin([STORY[0]!]);
    for (const position of [2, 2, 1]) stream.place({ queue_position: position, wait_time: 7 });
    for (const wait of [6, 5, 4]) stream.place({ queue_position: 1, wait_time: wait }, wait === 5);
    stream.place({ queue_position: 1, wait_time: 5 }, true);
    stream.beat();
    for (const event of STORY.slice(1)) stream.deliver(event);
    stream.place({ queue_position: 3, wait_time: 7 });
    const text = await textOf(stream);
    expect([...text.matchAll(/event: position\ndata: (.*)\n/g)].map(([, data]) => Object.values(JSON.parse(data!) as Readonly<Record<string, number>>))).toEqual([[2, 7], [1, 7], [1, 5]]);
    expect(text).toContain(': still here\n\n');
  });

  it('is cut off from a client that does not read, who resumes by the last id', async () => {
    const stream = new ProgressStream(REQUEST, -1);
    stream.begin([STORY[0]!]);
    const closed = new Promise((resolve) => stream.body.once('close', resolve));
    for (let waiting = 0; waiting < UNREAD_BYTES_MAX; waiting += 40) stream.place({ queue_position: waiting, wait_time: 7 });
    await closed;
    expect(stream.body.destroyed).toBe(true);
    stream.beat();
    stream.end();
  });
});

describe('the watch over requests', () => {
  it('tells of one request those who watch it, until they stop', () => {
    const watch = new RequestWatch({ head: () => Promise.resolve(7) });
    const seen: string[] = [];
    const event = (request: string): Recorded => ({ stream: `request-${request}`, revision: 0, position: 0, id: '', type: 'x', data: {}, metadata: {} as Recorded['metadata'] });
    const stops = ['a', 'b'].map((who) => watch.watch('r', ({ stream }) => void seen.push(`${who} ${stream}`)));
    for (const request of ['r', 's']) watch.apply(event(request));
    watch.apply({ ...event('r'), stream: 'account-r' });
    stops[0]!();
    watch.apply(event('r'));
    stops[1]!();
    watch.apply(event('r'));
    expect(seen).toEqual(['a request-r', 'b request-r', 'b request-r']);
  });
});
