import { describe, expect, it } from '@jest/globals';
import { LogUnavailable, OutcomeUnknown, WrongExpectedRevision } from '../../src/platform/event-log/event-log.js';
import { idsOf, range, rejection } from '../contract/contract-run.js';
import { SimDisk } from './sim-disk.js';
import { eventOf, everything, openOn, SimIds } from './sim-log.js';

const ids = new SimIds(21);

describe('a full disk', () => {
  it('refuses appends, and takes them again when there is room', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk);
    await log.append('full-1', 'no_stream', [eventOf(ids, 10)]);
    disk.room = 100;
    expect(await rejection(log.append('full-1', 0, [eventOf(ids, 500)]))).toBeInstanceOf(LogUnavailable);
    disk.room = 0;
    expect(await rejection(log.append('full-1', 0, [eventOf(ids, 10)]))).toBeInstanceOf(LogUnavailable);
    disk.room = Infinity;
    expect((await log.append('full-1', 0, [eventOf(ids, 10)])).revision).toBe(1);
    await log.close();
    expect(await everything(await openOn(disk))).toHaveLength(2);
  });

  it('leaves nothing of what it refused, even half written', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk);
    const kept = eventOf(ids, 10);
    await log.append('full-1', 'no_stream', [kept]);
    disk.room = 700;
    const refused = range(0, 5).map((k) => log.append(`full-${k + 2}`, 'no_stream', [eventOf(ids, 100)]));
    for (const append of refused) expect(await rejection(append)).toBeInstanceOf(LogUnavailable);
    disk.room = Infinity;
    expect(idsOf(await everything(await openOn(disk.afterKill())))).toEqual([kept.id]);
  });

  it('does not keep anybody from reading', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk);
    await log.append('full-1', 'no_stream', [eventOf(ids, 10)]);
    disk.room = 0;
    await rejection(log.append('full-1', 0, [eventOf(ids, 10)]));
    expect((await log.readStream('full-1')).events).toHaveLength(1);
  });

  it('fails whoever built on what it refused, and a conflict with it', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk);
    disk.room = 70;
    const first = eventOf(ids, 300);
    const outcomes = await Promise.allSettled([
      log.append('full-1', 'no_stream', [first]),
      log.append('full-1', 0, [eventOf(ids, 10)]),
      log.append('full-1', 'no_stream', [eventOf(ids, 10)]),
      log.append('full-1', 'no_stream', [first]),
    ]);
    for (const outcome of outcomes) expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(LogUnavailable);
    disk.room = Infinity;
    expect(await rejection(log.append('full-1', 0, [eventOf(ids, 10)]))).toMatchObject({ name: 'WrongExpectedRevision', actual: 'no_stream' });
    expect((await log.append('full-1', 'no_stream', [first])).revision).toBe(0);
  });

  it('at the begin of a segment is no harm either', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk, { segmentBytes: 2_000 });
    for (let k = 0; k < 30; k++) {
      disk.room = k % 2 === 0 ? 30 : Infinity;
      const append = log.append(`full-${k}`, 'no_stream', [eventOf(ids, 300)]);
      if (k % 2 === 0) expect(await rejection(append)).toBeInstanceOf(LogUnavailable);
      else await append;
    }
    expect(await everything(await openOn(disk.afterKill()))).toHaveLength(15);
  });

  it('costs an index snapshot, and says so', async () => {
    const disk = new SimDisk();
    const warnings: Error[] = [];
    const log = await openOn(disk, { onWarning: (error) => warnings.push(error), snapshotEvents: 1_000 });
    await log.append('full-1', 'no_stream', [eventOf(ids, 10)]);
    disk.room = 10;
    await log.close();
    expect(warnings.map(({ message }) => message)).toEqual(['ENOSPC: simulated']);
    expect(disk.paths('.tmp')).toEqual([]);
  });
});

describe('an error of a sync', () => {
  it('is the end: nobody is acknowledged, and nothing is accepted any more', async () => {
    const disk = new SimDisk();
    const fatal: Error[] = [];
    const log = await openOn(disk, { onFatal: (error) => fatal.push(error) });
    await log.append('sync-1', 'no_stream', [eventOf(ids, 10)]);
    disk.syncError = Object.assign(new Error('EIO: simulated'), { code: 'EIO' });
    const outcomes = await Promise.allSettled(range(0, 3).map((k) => log.append(`sync-${k + 2}`, 'no_stream', [eventOf(ids, 10)])));
    for (const outcome of outcomes) expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(OutcomeUnknown);
    expect(fatal.map(({ message }) => message)).toEqual(['EIO: simulated']);
    disk.syncError = undefined;
    expect(await rejection(log.append('sync-1', 0, [eventOf(ids, 10)]))).toBeInstanceOf(LogUnavailable);
  });

  it('is the end also when it says that the disk is full: the cache may be gone', async () => {
    const disk = new SimDisk();
    const fatal: Error[] = [];
    const log = await openOn(disk, { onFatal: (error) => fatal.push(error) });
    disk.syncError = Object.assign(new Error('ENOSPC: simulated'), { code: 'ENOSPC' });
    expect(await rejection(log.append('sync-1', 'no_stream', [eventOf(ids, 10)]))).toBeInstanceOf(OutcomeUnknown);
    expect(fatal).toHaveLength(1);
  });

  it('shows nothing to readers, and closing still works', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk);
    disk.syncError = new Error('EIO');
    await rejection(log.append('sync-1', 'no_stream', [eventOf(ids, 10)]));
    expect((await log.readStream('sync-1')).exists).toBe(false);
    await log.close();
  });
});

describe('appends', () => {
  it('share one sync, however many wait', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk, { segmentBytes: 10_000_000, snapshotEvents: 100_000 });
    const before = disk.syncs;
    await Promise.all(range(0, 500).map((k) => log.append(`group-${k}`, 'no_stream', [eventOf(ids, 10)])));
    expect(disk.syncs - before).toBe(1);
  });

  it('are not seen by readers before they are durable', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk);
    const seen: boolean[] = [];
    const looks: Promise<unknown>[] = [];
    disk.onOperation = (operation) => {
      if (operation === 'end of a sync') looks.push(log.readStream('hidden-1').then(({ exists }) => seen.push(exists)));
    };
    const append = log.append('hidden-1', 'no_stream', [eventOf(ids, 10)]);
    await append;
    disk.onOperation = () => undefined;
    await Promise.all(looks);
    expect(seen).toEqual([false]);
  });

  it('to a stream of a conflict under way learn the revision that lasts', async () => {
    const log = await openOn(new SimDisk());
    const [won, lost] = await Promise.allSettled([log.append('race-1', 'no_stream', [eventOf(ids, 10)]), log.append('race-1', 'no_stream', [eventOf(ids, 10)])]);
    expect(won.status).toBe('fulfilled');
    expect((lost as PromiseRejectedResult).reason).toBeInstanceOf(WrongExpectedRevision);
    expect((lost as PromiseRejectedResult).reason).toMatchObject({ actual: 0 });
  });
});
