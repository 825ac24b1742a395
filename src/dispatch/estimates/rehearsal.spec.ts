import { describe, expect, it } from '@jest/globals';
import { Rehearsal } from './rehearsal.js';
import type { Asked, Pool, Scene, Server } from './stage.js';

const LIFE_S = 1_200;
const server = (given: Partial<Server> = {}): Server => ({ owner: 99, speed: 10, width: 1, freeAtS: 0, ...given });
/** A job of a hundred things takes a server of ours ten seconds. */
const asked = (request: string | undefined, pool: Pool, given: Partial<Asked> = {}): Asked => ({
  request, payer: request ?? 'expected', account: 7, pool, key: 0, price: 10, jobs: 1, things: 100, lot: 1, comesAtS: 0, sinceS: 0, acceptedS: 0, agesFromS: -Infinity, expiresAtS: LIFE_S, ...given,
});
const play = (given: Partial<Scene>): Rehearsal => new Rehearsal({ servers: [], asked: [], fairShare: 0, ageingCreditS: Infinity, lifeS: LIFE_S, ...given });
const POOL: Pool = { servers: [0] };

describe('a rehearsal of dispatch', () => {
  it('serves by key, one after the other', () => {
    const played = play({ servers: [server()], asked: [asked('a', POOL, { key: 1 }), asked('b', POOL, { key: 3 }), asked('c', POOL, { key: 2 })] });
    expect(['a', 'b', 'c'].map((request) => played.timesOf(request))).toEqual([{ startS: 20, doneS: 30 }, { startS: 0, doneS: 10 }, { startS: 10, doneS: 20 }]);
  });

  it('waits for what is being worked on', () => {
    const played = play({ servers: [server({ freeAtS: 7 })], asked: [asked('a', POOL)] });
    expect(played.timesOf('a')).toEqual({ startS: 7, doneS: 17 });
  });

  it('gives a request only to who may serve it, however idle the others are', () => {
    const busy: Pool = { servers: [1] };
    const played = play({ servers: [server(), server({ freeAtS: 500 })], asked: [asked('a', busy), asked('b', POOL)] });
    expect([played.timesOf('a')!.startS, played.timesOf('b')!.startS]).toEqual([500, 0]);
  });

  it('shares work among all who may do it, the faster ones more', () => {
    const both: Pool = { servers: [0, 1] };
    const many = Array.from({ length: 9 }, (_, n) => asked(`r${n}`, both, { key: -n }));
    const played = play({ servers: [server({ speed: 20 }), server()], asked: many });
    expect(Math.max(...many.map(({ request }) => played.timesOf(request!)!.doneS))).toBe(30);
  });

  it('lowers the key of a request with each hand-out, so that equals take turns', () => {
    const played = play({ servers: [server()], asked: [asked('a', POOL, { key: 5, jobs: 2 }), asked('b', POOL, { key: 0 })] });
    expect([played.timesOf('a'), played.timesOf('b')]).toEqual([{ startS: 0, doneS: 30 }, { startS: 10, doneS: 20 }]);
  });

  it('takes what each has waited from the age of the payer\'s others, so that thirty are served no faster than one', () => {
    // All have waited for a hundred seconds, and nobody has anything saved.
    const waited = { acceptedS: -100, agesFromS: -100 };
    const many = Array.from({ length: 3 }, (_, n) => asked(`m${n}`, POOL, { key: 3 - n, payer: 'many', ...waited }));
    const play3 = (ageingCreditS: number) => play({ servers: [server()], asked: [...many, asked('one', POOL, { key: 0, ...waited })], ageingCreditS });
    expect(['m0', 'one', 'm1', 'm2'].map((request) => play3(1_200).timesOf(request)!.startS)).toEqual([0, 10, 20, 30]);
    expect(['m0', 'm1', 'm2', 'one'].map((request) => play3(Infinity).timesOf(request)!.startS)).toEqual([0, 10, 20, 30]);
    // One who comes now is behind the one, and before what is left of the many.
    const late = { pool: POOL, account: 8, payer: 'late', key: -1, price: 10, jobs: 1, things: 100, sinceS: 0, acceptedS: 0, agesFromS: -Infinity, expiresAtS: LIFE_S };
    expect(play3(1_200).timesFor(late).startS).toBe(20);
    expect(play3(1_200).timesFor({ ...late, payer: 'many', key: -30_000, acceptedS: -50 }).startS).toBeGreaterThan(20);
  });

  it('serves the owner of a worker first', () => {
    const played = play({ servers: [server()], asked: [asked('rich', POOL, { key: 100 }), asked('own', POOL, { key: -100, account: 99 })] });
    expect([played.timesOf('own')!.startS, played.timesOf('rich')!.startS]).toEqual([0, 10]);
  });

  it('gives one claim in four to who has waited longest', () => {
    const rich = Array.from({ length: 20 }, (_, n) => asked(`rich${n}`, POOL, { key: 1_000 - n, sinceS: -1 }));
    const poor = ['p', 'q'].map((request, n) => asked(request, POOL, { key: -1_000, sinceS: n - 100 }));
    const played = play({ servers: [server()], asked: [...rich, ...poor], fairShare: 4 });
    expect([played.timesOf('p')!.startS, played.timesOf('q')!.startS]).toEqual([0, 40]);
    expect(play({ servers: [server()], asked: [...rich, ...poor] }).timesOf('p')!.startS).toBe(200);
  });

  it('counts with requests that are expected: those with more kudos come first', () => {
    const comers = Array.from({ length: 30 }, (_, n) => asked(undefined, POOL, { key: 50, comesAtS: 5 + 10 * n }));
    const played = play({ servers: [server()], asked: [asked('a', POOL, { key: 100 }), asked('b', POOL, { key: 10 }), ...comers] });
    expect([played.timesOf('a')!.startS, played.timesOf('b')!.startS]).toEqual([0, 310]);
  });

  it('says so of a request that nobody reaches before it expires', () => {
    const many = Array.from({ length: 10 }, (_, n) => asked(`r${n}`, POOL, { key: -n, things: 2_000, expiresAtS: 1_100 }));
    const played = play({ servers: [server()], asked: many });
    expect(many.map(({ request }) => played.timesOf(request!)!.startS)).toEqual([0, 200, 400, 600, 800, 1_000, Infinity, Infinity, Infinity, Infinity]);
  });

  it('keeps the requests of a payer alive with each hand-out to one of them', () => {
    const many = Array.from({ length: 3 }, (_, n) => asked(`r${n}`, POOL, { payer: 'one', key: -n, things: 7_000, expiresAtS: 1_100 }));
    expect(play({ servers: [server()], asked: many }).timesOf('r2')!.startS).toBe(1_400);
  });

  it('works out from the pace so far what lies beyond its end', () => {
    const many = Array.from({ length: 40 }, (_, n) => asked(`r${n}`, POOL, { key: -n, things: 1_000, expiresAtS: 1e6 }));
    const { startS } = play({ servers: [server()], asked: many }).timesOf('r39')!;
    expect(startS).toBeGreaterThan(3_500);
    expect(startS).toBeLessThan(4_200);
  });

  it('never starts what nobody may serve', () => {
    expect(play({ servers: [server()], asked: [asked('a', { servers: [] })] }).timesOf('a')).toEqual({ startS: Infinity, doneS: Infinity });
  });
});

describe('one who was not in the rehearsal', () => {
  const queue = [asked('a', POOL, { key: 30 }), asked('b', POOL, { key: 20 }), asked('c', POOL, { key: 10 })];
  it.each([[25, 10], [5, 30], [35, 0]])('with key %d is told second %d, as if it had been', (key, startS) => {
    const stranger = asked('x', POOL, { key });
    expect(play({ servers: [server()], asked: queue }).timesFor(stranger)).toEqual({ startS, doneS: startS + 10 });
    expect(play({ servers: [server()], asked: [...queue, stranger] }).timesOf('x')).toEqual({ startS, doneS: startS + 10 });
  });

  it('is told the turn of who has waited as long', () => {
    const rich = Array.from({ length: 20 }, (_, n) => asked(`rich${n}`, POOL, { key: 1_000 - n, sinceS: -50 + n }));
    const played = play({ servers: [server()], asked: rich, fairShare: 4 });
    expect(played.timesFor(asked('x', POOL, { key: -1_000, sinceS: -100 })).startS).toBe(0);
  });

  it('is told no turn of a payer whose other requests have had it', () => {
    const poor = [asked('p1', POOL, { payer: 'poor', key: -900, sinceS: -100 })];
    const rich = Array.from({ length: 20 }, (_, n) => asked(`rich${n}`, POOL, { key: 1_000 - n, sinceS: -50 + n }));
    const played = play({ servers: [server()], asked: [...rich, ...poor], fairShare: 4 });
    const times = (key: number) => played.timesFor(asked('x', POOL, { payer: 'poor', key, sinceS: -100 }));
    expect(played.timesOf('p1')!.startS).toBe(0);
    expect([times(-800).startS, times(-1_000).startS > 0]).toEqual([0, true]);
  });

  it('with several jobs is done with the last', () => {
    const both: Pool = { servers: [0, 1] };
    const played = play({ servers: [server(), server()], asked: [] });
    expect(played.timesFor(asked('x', both, { jobs: 4 }))).toEqual({ startS: 0, doneS: 20 });
  });

  it('whom nobody may serve never starts', () => {
    expect(play({ servers: [server()] }).timesFor(asked('x', { servers: [] })).startS).toBe(Infinity);
  });
});
