import { describe, expect, it } from '@jest/globals';
import { LogLocked } from '../../src/platform/event-log/embedded/errors.js';
import { SystemProcesses, type ProcessTable } from '../../src/platform/event-log/embedded/lock.js';
import { LogUnavailable } from '../../src/platform/event-log/event-log.js';
import { rejection } from '../contract/contract-run.js';
import { SimDisk } from './sim-disk.js';
import { DIRECTORY, eventOf, everything, openOn, SimIds } from './sim-log.js';

const LOCK = `${DIRECTORY}/writer.lock`;
const machine = (pid: number, started: string, alive: Readonly<Record<number, string>>, boot = 'this boot'): ProcessTable => ({
  self: { pid, started, boot },
  startedAt: (asked) => alive[asked],
});
const first = machine(10, '100', { 10: '100' });

describe('the lock of a directory', () => {
  it('keeps a second writer out while the first lives', async () => {
    const disk = new SimDisk();
    await openOn(disk, { processes: first });
    const error = await rejection(openOn(disk, { processes: machine(11, '200', { 10: '100', 11: '200' }), ids: new SimIds(2) }));
    expect(error).toBeInstanceOf(LogLocked);
    expect((error as Error).message).toMatch(/process 10 .*stop it first/);
  });

  it('keeps a second log of the same process out', async () => {
    const disk = new SimDisk();
    await openOn(disk, { processes: first });
    expect(await rejection(openOn(disk, { processes: first, ids: new SimIds(2) }))).toBeInstanceOf(LogLocked);
  });

  it('is free after closing', async () => {
    const disk = new SimDisk();
    await (await openOn(disk, { processes: first })).close();
    expect(disk.paths('.lock')).toEqual([]);
    await openOn(disk, { processes: first });
  });

  it('is not held by a dead process', async () => {
    const disk = new SimDisk();
    await openOn(disk, { processes: first });
    await openOn(disk, { processes: machine(11, '200', { 11: '200' }), ids: new SimIds(2) });
    expect(disk.bytesOf(LOCK).toString()).toContain('"pid":11');
  });

  it('is not held by another process that has the pid now, not even our own', async () => {
    const disk = new SimDisk();
    await openOn(disk, { processes: first });
    await openOn(disk, { processes: machine(10, '999', { 10: '999' }), ids: new SimIds(2) });
  });

  it('is not held by a process of another boot', async () => {
    const disk = new SimDisk();
    await openOn(disk, { processes: first });
    await openOn(disk, { processes: machine(11, '200', { 10: '100', 11: '200' }, 'next boot'), ids: new SimIds(2) });
  });

  it('is not held by what a power cut has left of it', async () => {
    for (const content of ['', '\0\0\0\0', '{"pid":1']) {
      const disk = new SimDisk();
      disk.put(LOCK, Buffer.from(content));
      await openOn(disk, { processes: first });
    }
  });

  it('is given back when the log cannot be opened', async () => {
    const disk = new SimDisk();
    disk.put(`${DIRECTORY}/0000000000000000.log`, Buffer.alloc(64));
    await rejection(openOn(disk, { processes: first }));
    expect(disk.paths('.lock')).toEqual([]);
  });

  it('knows this process by its start', () => {
    const processes = new SystemProcesses();
    expect(processes.startedAt(process.pid)).toBe(processes.self.started);
    expect(processes.startedAt(2 ** 22 + 1)).toBeUndefined(); // above the highest pid of Linux
  });
});

describe('a log opened for reading', () => {
  it('stands beside a live writer, takes no lock and writes nothing', async () => {
    const disk = new SimDisk();
    const ids = new SimIds(31);
    const writer = await openOn(disk, { processes: first, segmentBytes: 4_000, snapshotEvents: 1_000 });
    for (let k = 0; k < 50; k++) await writer.append(`read-${k}`, 'no_stream', [eventOf(ids, 300)]);
    const files = disk.paths('');
    const operations: string[] = [];
    disk.onOperation = (operation) => operations.push(operation);
    const reader = await openOn(disk, { mode: 'read', processes: first });
    expect(await everything(reader)).toEqual(await everything(writer));
    await reader.close();
    expect(operations.filter((operation) => !operation.startsWith('open '))).toEqual([]);
    expect(disk.paths('')).toEqual(files);
    expect((await writer.append('read-0', 0, [eventOf(ids, 10)])).revision).toBe(1);
  });

  it('shows the log as it was, and its feed ends there', async () => {
    const disk = new SimDisk();
    const ids = new SimIds(32);
    const writer = await openOn(disk, { processes: first });
    await writer.append('read-1', 'no_stream', [eventOf(ids, 10)]);
    const reader = await openOn(disk, { mode: 'read' });
    await writer.append('read-2', 'no_stream', [eventOf(ids, 10)]);
    const streams: string[] = [];
    for await (const { events } of reader.follow({ after: -1 })) streams.push(...events.map(({ stream }) => stream));
    expect(streams).toEqual(['read-1']);
  });

  it('refuses to append', async () => {
    const disk = new SimDisk();
    await (await openOn(disk)).close();
    const reader = await openOn(disk, { mode: 'read' });
    expect(await rejection(reader.append('read-1', 'no_stream', [eventOf(new SimIds(33), 10)]))).toBeInstanceOf(LogUnavailable);
  });

  it('of a directory without a log is refused, and creates none', async () => {
    const disk = new SimDisk();
    expect(await rejection(openOn(disk, { mode: 'read' }))).toBeInstanceOf(LogUnavailable);
    expect(disk.paths('')).toEqual([]);
  });
});
