import { describe, expect, it } from '@jest/globals';
import type { Recorded } from '../kernel/event.js';
import { Suspects } from './suspects.js';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString();
const event = (type: string, data: object): Recorded => ({
  stream: 'request-r', revision: 0, position: 1, id: 'id', type, data,
  metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
});
const faulted = (job: number, second: number, worker = 'w') => event('JobFaulted.v1', { job: String(job), worker, faultedAt: at(second) });
const expired = (job: number, second: number) => event('JobExpired.v1', { job: String(job), worker: 'w', expiredAt: at(second) });
const ofTest = (each: Recorded): Recorded => ({ ...each, data: { ...each.data, selfTest: true } });
const fast = (job: string) => event('JobSubmitted.v1', { job, worker: 'w', owner: 7, tooFast: true });
const suspected = (reason: string, cause: string) => event('WorkerSuspected.v1', { worker: 'w', owner: 7, reason, cause });
const after = async (events: readonly Recorded[], rows: { aborts?: Iterable<{ job: string; worker: string; abortedAt: number }> } = {}): Promise<Suspects> => {
  const suspects = new Suspects({ suspects: () => Promise.resolve({ position: 0, aborts: rows.aborts ?? [], fast: [] }) });
  await suspects.open();
  for (const each of events) suspects.apply(each);
  return suspects;
};
const due = (suspects: Suspects, most = 20) => [...suspects.dueAborts(() => most)];
const many = (count: number, everyS = 1) => Array.from({ length: count }, (_, job) => faulted(job, job * everyS));

describe('aborts', () => {
  it('are too many with the 21st in an hour, which is the cause whoever looks and however late', async () => {
    expect(due(await after(many(20)))).toEqual([]);
    expect(due(await after(many(21)))).toEqual([{ worker: 'w', cause: '20' }]);
    expect(due(await after(many(25)))).toEqual([{ worker: 'w', cause: '20' }]);
    expect(due(await after(many(25)), 100)).toEqual([]);
  });
  it('of faults and of deadlines count alike', async () => expect(due(await after([...many(20), expired(99, 60)]))).toEqual([{ worker: 'w', cause: '99' }]));
  it('of a worker that was testing itself count for nothing', async () => expect(due(await after([...many(20), ofTest(faulted(98, 60)), ofTest(expired(99, 60))]))).toEqual([]));
  it('of an hour ago count no more', async () => {
    expect(due(await after(many(21, 180)))).toEqual([]);
    expect(due(await after(many(22, 179)))).toEqual([{ worker: 'w', cause: '21' }]);
  });
  it('of another worker are another matter', async () => expect(due(await after([...many(20), faulted(99, 5, 'x')]))).toEqual([]));
  it('count from the beginning once they were held against the worker', async () => {
    const held = suspected('TOO_MANY_JOBS_ABORTED', '20');
    expect(due(await after([...many(21), held, ...many(20)]))).toEqual([]);
    expect(due(await after([...many(21), held, ...many(21)]))).toHaveLength(1);
    expect(due(await after([...many(21), event('WorkerDeleted.v1', { worker: 'w' })]))).toEqual([]);
  });
  it('go on where the read model was', async () => {
    const aborts = Array.from({ length: 20 }, (_, job) => ({ job: String(job), worker: 'w', abortedAt: Date.parse(at(job)) }));
    expect(due(await after([faulted(77, 60)], { aborts }))).toEqual([{ worker: 'w', cause: '77' }]);
  });
});

it('jobs delivered too fast are due until their worker is suspected of them', async () => {
  const suspects = await after([fast('a'), fast('b'), event('JobSubmitted.v1', { job: 'c', worker: 'w', owner: 7 }), suspected('UNREASONABLY_FAST', 'a')]);
  expect([...suspects.dueFast()]).toEqual([{ job: 'b', worker: 'w', owner: 7 }]);
});
