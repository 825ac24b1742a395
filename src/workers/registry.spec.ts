import { describe, expect, it } from '@jest/globals';
import { declaration } from '../../test/support/request-facts.js';
import { personal, type Recorded } from '../kernel/event.js';
import { BASELINE_SPEED, ONLINE_MS, speedOf, WorkerRegistry, type WorkerRow } from './registry.message.js';

const AT = '2026-03-01T12:00:00.000Z';
const atSecond = (seconds: number): string => new Date(Date.parse(AT) + seconds * 1_000).toISOString();
const event = (stream: string, revision: number, type: string, data: object): Recorded => ({
  stream, revision, position: 1, id: 'id', type, data, metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
});
const registered = event('worker-w', 0, 'WorkerRegistered.v1', { worker: 'w', kind: 'image', owner: 12, name: personal('user-12', 'x'), nameHash: 'hash', registeredAt: AT });
const declared = (revision: number, threads = 1) => event('worker-w', revision, 'WorkerDeclared.v1', { worker: 'w', declaration: declaration({ threads }), declaredAt: AT });
const maintained = (revision: number, on: boolean, message: unknown = null) => event('worker-w', revision, 'MaintenanceChanged.v1', { worker: 'w', on, message, changedAt: AT });
const assigned = (job: string, second: number) => event('request-r', 1, 'JobAssigned.v1', { job, worker: 'w', assignedAt: atSecond(second) });
const submitted = (job: string, second: number, things: number, worker = 'w') => event('request-r', 2, 'JobSubmitted.v1', { job, worker, things, submittedAt: atSecond(second) });
const row: WorkerRow = {
  id: 'w', kind: 'text', owner: 12, nameHash: 'hash', registeredAtMs: 0, declaration: declaration(), maintenance: true, maintenanceMessage: 'Back soon', paused: false, samples: [3, 4], uptimeThroughMs: 0,
};
const registry = (...events: Recorded[]): WorkerRegistry => {
  const view = new WorkerRegistry({ workers: () => Promise.resolve({ position: 5, rows: [] }) });
  for (const each of events) view.apply(each);
  return view;
};

const team = (revision: number, type: string, data: object, id = 'a') => event(`team-${id}`, revision, type, { team: id, ...data });

describe('the registry of workers', () => {
  it('knows which team each is in: the last that it joined, if it has neither left that nor was it deleted', () => {
    const teamAfter = (...events: Recorded[]): string | undefined => registry(registered, declared(1), ...events).byId('w')!.team;
    const [joined, joinedOther] = [team(1, 'TeamJoined.v1', { worker: 'w' }), team(1, 'TeamJoined.v1', { worker: 'w' }, 'b')];
    const [left, deleted] = [team(2, 'TeamLeft.v1', { worker: 'w' }), team(3, 'TeamDeleted.v1', {})];
    expect([teamAfter(joined), teamAfter(joined, joinedOther), teamAfter(joined, joinedOther, left, deleted)]).toEqual(['a', 'b', 'b']);
    expect([teamAfter(), teamAfter(joined, left), teamAfter(joined, deleted)]).toEqual([undefined, undefined, undefined]);
    // Its own append comes first, then the feed with what went before it, and with it once more.
    expect(teamAfter(joinedOther, joined, joinedOther)).toBe('b');
    expect(registry(team(1, 'TeamJoined.v1', { worker: 'w' })).has('w')).toBe(false);
  });
  it('starts from the read model', async () => {
    const view = new WorkerRegistry({ workers: () => Promise.resolve({ position: 5, rows: [row] }) });
    expect(await view.open()).toBe(5);
    expect(view.byId('w')).toMatchObject({ ...row, lastSeenMs: 0, ownerTrusted: false });
    view.byId('w')!.samples.push(1);
    expect(row.samples).toEqual([3, 4]);
  });
  it('measures a job that was handed out before this node started as every other node does', async () => {
    const [late, early] = [
      new WorkerRegistry({ workers: () => Promise.resolve({ position: 5, rows: [{ ...row, samples: [] }], assignedAtMs: new Map([['a', Date.parse(atSecond(10))]]) }) }),
      registry({ ...registered, data: { ...registered.data, kind: 'text' } }, declared(1), assigned('a', 10)),
    ];
    await late.open();
    for (const view of [late, early]) {
      view.apply(submitted('a', 20, 55));
      expect(view.byId('w')!.samples).toEqual([5.5]);
    }
  });
  it('takes the owner of a worker that calls at another node for as trusted as the log says', () => {
    const view = new WorkerRegistry({ workers: () => Promise.resolve({ position: 5, rows: [] }) }, undefined, { has: (user) => user === 12 });
    for (const each of [registered, declared(1), assigned('a', 10)]) view.apply(each);
    expect(view.byId('w')!.ownerTrusted).toBe(true);
    view.seen(view.byId('w')!, Date.parse(atSecond(20)), false); // here it is known what its owner is
    view.present('w', { sinceMs: Date.parse(atSecond(10)), seenMs: Date.parse(atSecond(15)) });
    expect(view.byId('w')!.ownerTrusted).toBe(false);
  });
  it('knows a worker once it has declared itself, by id, name and owner', () => {
    expect(registry(registered).has('w')).toBe(false);
    const view = registry(registered, declared(1));
    expect(view.byId('w')).toMatchObject({ kind: 'image', owner: 12, registeredAtMs: Date.parse(AT), maintenance: false, samples: [] });
    expect(view.byNameHash('hash')).toBe(view.byId('w'));
    expect([view.has('w'), view.has('v'), view.countOf(12), view.countOf(13)]).toEqual([true, false, 1, 0]);
  });
  it('counts a worker once, although its own append is followed by the feed', () => {
    const view = registry(registered, declared(1), registered, declared(1));
    expect(view.countOf(12)).toBe(1);
    expect(view.byNameHash('hash')).toBe(view.byId('w'));
  });
  it('keeps the newest declaration when the feed brings older ones after an own append', () => {
    const view = registry(registered, declared(1), declared(3, 3));
    const current = view.byId('w')!.declaration;
    for (const late of [registered, declared(1), declared(2, 2), declared(3, 3)]) view.apply(late);
    expect(view.byId('w')!.declaration).toBe(current); // the very object: verdicts are remembered by it
  });
  it('does not lose another kind of event that was older', () => {
    const view = registry(registered, declared(1), declared(3, 3));
    view.apply(maintained(2, true, personal('user-12', 'Back soon')));
    expect(view.byId('w')).toMatchObject({ maintenance: true, maintenanceMessage: 'Back soon' });
    view.apply(maintained(4, false));
    view.apply(maintained(2, true));
    expect(view.byId('w')!.maintenance).toBe(false);
    expect(view.byId('w')!.maintenanceMessage).toBeUndefined();
  });
  it('learns nothing from a worker\'s test of itself: neither its speed nor that it is here', () => {
    const view = registry(registered, declared(1), { ...assigned('a', 10), data: { ...assigned('a', 10).data, selfTest: true } }, submitted('a', 20, 1_000));
    expect(view.byId('w')).toMatchObject({ samples: [], lastSeenMs: 0 });
    const { arrivals } = view;
    view.tested(view.byId('w')!, false);
    expect(view.arrivals).toBe(arrivals);
    view.tested(view.byId('w')!, true); // its trust is its owner's, whatever it pops for
    expect(view.byId('w')).toMatchObject({ lastSeenMs: 0, ownerTrusted: true });
    expect(view.arrivals).toBe(arrivals + 1);
  });
  it('knows for as long as it lives that a worker was paused', () => {
    const paused = (revision: number, on: boolean) => event('user-12', revision, 'WorkerPaused.v1', { worker: 'w', on, changedAt: AT });
    expect(registry(registered, declared(1)).byId('w')!.wasPaused).toBeUndefined();
    expect(registry(registered, declared(1), paused(7, true), paused(8, false)).byId('w')).toMatchObject({ paused: false, wasPaused: true });
  });
  it('sees a worker that takes its jobs from another node', () => {
    const view = registry(registered, declared(1));
    const [before, nowMs] = [view.arrivals, Date.parse(AT) + 10_000];
    expect(view.online('image', nowMs)).toEqual([]);
    for (const second of [10, 10, 4]) view.apply(assigned(`job ${second}`, second));
    expect(view.online('image', nowMs)).toEqual([view.byId('w')]);
    expect([view.byId('w')!.lastSeenMs, view.arrivals - before]).toEqual([nowMs, 1]);
    expect(view.online('image', nowMs + ONLINE_MS + 1)).toEqual([]);
  });
  it('shows no message that is sealed', () =>
    expect(registry(registered, declared(1), maintained(2, true, { subject: 's', sealed: 'x' })).byId('w')).toMatchObject({ maintenance: true, maintenanceMessage: undefined }));
  it('says who is online, by kind', () => {
    const view = registry(registered, declared(1));
    view.seen(view.byId('w')!, 1_000_000, true);
    expect(view.online('image', 1_000_000 + ONLINE_MS)).toEqual([view.byId('w')]);
    expect(view.online('image', 1_000_000 + ONLINE_MS + 1)).toEqual([]);
    expect(view.online('text', 1_000_000)).toEqual([]);
    expect(view.byId('w')!.ownerTrusted).toBe(true);
  });
  it('tells when who is here has changed, and not at every pop', () => {
    const view = registry(registered, declared(1));
    const worker = view.byId('w')!;
    const moves = (act: () => void) => { const before = view.arrivals; act(); return view.arrivals > before; };
    expect(moves(() => { view.seen(worker, 1_000_000, false); })).toBe(true);
    expect(moves(() => { view.seen(worker, 1_000_000 + ONLINE_MS, false); })).toBe(false);
    expect(moves(() => { view.seen(worker, 1_000_000 + ONLINE_MS, true); })).toBe(true);
    expect(moves(() => { view.seen(worker, 1_000_001 + 2 * ONLINE_MS, true); })).toBe(true);
    expect(moves(() => { view.apply(declared(2, 2)); })).toBe(true);
  });
});

describe('the presence of a worker', () => {
  const S = 1_000;
  const known = (...calls: readonly number[]) => {
    const view = registry(registered, declared(1));
    for (const second of calls) view.seen(view.byId('w')!, second * S, true);
    return view;
  };
  const presence = (view: WorkerRegistry): readonly [since: number, seen: number] => [view.byId('w')!.presentSinceMs / S, view.byId('w')!.lastSeenMs / S];

  it('lasts while no two calls are more than five minutes apart', () => {
    expect(presence(known(1_000, 1_300, 1_600))).toEqual([1_000, 1_600]);
    expect(presence(known(1_000, 1_301))).toEqual([1_301, 1_301]);
  });
  it.each<readonly [string, number, number, readonly [number, number]]>([
    ['that touches it makes it longer at its beginning', 400, 700, [400, 2_000]], ['that lies before, too far, changes nothing', 400, 699, [1_000, 2_000]],
    ['that touches it makes it longer at its end', 2_300, 3_000, [1_000, 3_000]], ['that lies behind, too far, takes its place', 2_301, 3_000, [2_301, 3_000]],
    ['inside it changes nothing', 1_200, 1_900, [1_000, 2_000]], ['around it is it', 400, 3_000, [400, 3_000]],
  ])('a time that another node knows of %s', (_how, since, seen, both) => {
    const view = known(...Array.from({ length: 11 }, (_, call) => 1_000 + call * 100));
    view.present('w', { sinceMs: since * S, seenMs: seen * S });
    expect(presence(view)).toEqual(both);
    view.present('w', { sinceMs: since * S, seenMs: seen * S });
    expect(presence(view)).toEqual(both);
  });
  it('of a worker that was not seen here yet is what others know, and of one that nobody knows nothing', () => {
    const view = known();
    view.present('w', { sinceMs: 500 * S, seenMs: 900 * S });
    view.present('v', { sinceMs: 500 * S, seenMs: 900 * S });
    expect(presence(view)).toEqual([500, 900]);
    expect([...view.seenSince(900 * S)].map(({ id }) => id)).toEqual(['w']);
    expect([...view.seenSince(901 * S)]).toEqual([]);
  });
  it('is seen by the jobs that it takes anywhere', () => {
    const view = registry(registered, declared(1), assigned('a', 0));
    expect(view.byId('w')).toMatchObject({ lastSeenMs: Date.parse(AT), presentSinceMs: Date.parse(AT) });
  });
});

describe('the speed of a worker', () => {
  const known = [registered, declared(1)];
  it('is assumed until it has delivered', () => {
    expect(speedOf({ samples: [], kind: 'image' })).toBe(BASELINE_SPEED.image);
    expect(speedOf({ samples: [], kind: 'text' })).toBe(1);
  });
  it('is things a second, to a tenth, from hand-out to delivery', () =>
    expect(registry(...known, assigned('a', 0), submitted('a', 3, 1_000)).byId('w')!.samples).toEqual([333.3]));
  it('of something delivered at once is 1', () => expect(registry(...known, assigned('a', 5), submitted('a', 5, 1_000)).byId('w')!.samples).toEqual([1]));
  it('is the mean of the newest twenty', () => {
    const view = registry(...known);
    for (let k = 1; k <= 25; k++) for (const each of [assigned(`j${k}`, 0), submitted(`j${k}`, 1, k * 10)]) view.apply(each);
    expect(view.byId('w')!.samples).toEqual(Array.from({ length: 20 }, (_, k) => (k + 6) * 10));
    expect(speedOf(view.byId('w')!)).toBe(155);
  });
  it.each([
    ['was given up', event('request-r', 2, 'JobFaulted.v1', { job: 'a' })], ['took too long', event('request-r', 2, 'JobExpired.v1', { job: 'a' })],
  ])('counts no job that %s', (_how, end) => expect(registry(...known, assigned('a', 0), end, submitted('a', 3, 1_000)).byId('w')!.samples).toEqual([]));
  it('counts no job whose beginning nobody here has seen, nor one twice', () => {
    expect(registry(...known, submitted('a', 3, 1_000)).byId('w')!.samples).toEqual([]);
    expect(registry(...known, assigned('a', 0), submitted('a', 3, 30), submitted('a', 3, 30)).byId('w')!.samples).toEqual([10]);
  });
  it('of a worker that nobody knows is nobody\'s', () => expect(registry(...known, assigned('a', 0), submitted('a', 3, 30, 'v')).byId('w')!.samples).toEqual([]));
});
