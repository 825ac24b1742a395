import { describe, expect, it } from '@jest/globals';
import { imageFacts } from '../../../test/support/request-facts.js';
import type { KnownWorker } from '../../workers/registry.message.js';
import { AGEING_CENTIKUDOS_PER_MS } from '../live-queue/priority-key.js';
import type { QueuedRequest } from '../live-queue/queue-row.js';
import type { Arrival, Evidence } from './recent-dispatch.js';
import { isStalling, windowOf } from './stalling.js';

const NOW_MS = 1_000_000_000;
const facts = (request: string) => imageFacts({ request, payer: 7, acceptedAt: new Date(NOW_MS).toISOString() });
const entry = (ageS: number, given: Partial<QueuedRequest> = {}): QueuedRequest =>
  ({ request: 'mine', facts: facts('mine'), waiting: 1, pending: new Map(), acceptedAtMs: NOW_MS - ageS * 1_000, key: 0, ...given }) as QueuedRequest;

describe('whether anything can be said', () => {
  it.each([
    ['of one that came a minute ago: no', entry(60), undefined],
    ['of one that came two minutes ago: since it came', entry(120), 120_000],
    ['of an old one: the last five minutes', entry(1_000), 300_000],
    ['of one that is being worked on: no', entry(300, { pending: new Map([['j', {} as never]]) }), undefined],
    ['of one with nothing waiting: no', entry(300, { waiting: 0 }), undefined],
  ])('%s', (_, each, windowMs) => expect(windowOf(each, NOW_MS)).toBe(windowMs));
});

/** In a window of 300 s, seconds before now. */
const at = (secondsAgo: number): number => NOW_MS - secondsAgo * 1_000;
const came = (secondsAgo: number, things: number, ahead = true): Arrival =>
  ({ atMs: at(secondsAgo), facts: facts(`r${secondsAgo}`), base: at(secondsAgo) * AGEING_CENTIKUDOS_PER_MS + (ahead ? 1 : -1), price: 1, things });
const WORKERS = ['w', 'v'].map((id) => ({ id, declaration: { threads: 1 } }) as KnownWorker);
const both = (things: number) => [100, 250].flatMap((secondsAgo) => WORKERS.map(({ id }) => ({ atMs: at(secondsAgo), worker: id, things })));
const STALLING: Evidence = { arrivals: [came(50, 100), came(200, 100)], handOuts: [], deliveries: both(10) };
const stalling = (evidence: Evidence, eligible: readonly KnownWorker[] = WORKERS): boolean =>
  isStalling(entry(300), { nowMs: NOW_MS, windowMs: 300_000, evidence, eligible: () => eligible });

describe('a request stalls', () => {
  it('when in both halves of the window more came before it than its workers returned', () => expect(stalling(STALLING)).toBe(true));

  it.each<[string, Evidence]>([
    ['when they caught up in one half', { ...STALLING, arrivals: [came(50, 100), came(200, 20)] }],
    ['when what came was behind it', { ...STALLING, arrivals: [came(50, 100, false), came(200, 100, false)] }],
    ['when as much was returned', { ...STALLING, deliveries: both(50) }],
    ['when one of its workers has not been free yet', { ...STALLING, deliveries: both(10).filter(({ worker }) => worker === 'w') }],
    ['when they served one who was behind it', { ...STALLING, handOuts: [{ atMs: at(20), worker: 'w', key: -1 }] }],
    ['when nothing came at all', { ...STALLING, arrivals: [] }],
  ])('but not %s', (_, evidence) => expect(stalling(evidence)).toBe(false));

  it('whoever others serve, if they may not serve it', () =>
    expect(stalling({ ...STALLING, handOuts: [{ atMs: at(20), worker: 'stranger', key: -1 }] })).toBe(true));

  it('not while nobody may serve it: it is not possible then', () => expect(stalling(STALLING, [])).toBe(false));
});
