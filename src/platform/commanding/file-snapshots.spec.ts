import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SeededIds, SettableClock } from '../../../test/support/ports.js';
import { WatchedLog } from '../../../test/support/watched-log.js';
import { leafOf } from '../event-log/codec.js';
import { DeciderRunner } from './decider-runner.js';
import { FileSnapshots } from './file-snapshots.js';
import { add, look, tallyDecider } from './tally.fixture.js';

const context = { actor: { kind: 'system' as const }, correlationId: 'c' };
const BUSY = 450;

let log: WatchedLog;
let directory: string;
let warnings: unknown[];
beforeEach(async () => {
  log = await WatchedLog.open();
  directory = mkdtempSync(join(tmpdir(), 'horde-snapshots-'));
  warnings = [];
});
afterEach(async () => {
  await log.remove();
  rmSync(directory, { recursive: true, force: true });
});

const open = (at = directory) => new FileSnapshots(at, { warn: (details: unknown) => void warnings.push(details) });
let nodes = 0;
const runnerWith = (snapshots: FileSnapshots, decider = tallyDecider) =>
  new DeciderRunner(decider, { log, ids: new SeededIds(++nodes), clock: new SettableClock(), node: 'n', cachedStreamsMax: 10, snapshots });
const addAll = (runner: ReturnType<typeof runnerWith>, events: number, prefix = 'k', stream = 'x') =>
  Promise.all(Array.from({ length: events }, (_, k) => runner.execute(stream, add(`${prefix}${k}`), context)));
/** A stream with many events, and the snapshot that they left. */
const busyStream = async (snapshots: FileSnapshots, events = BUSY): Promise<void> => {
  await addAll(runnerWith(snapshots), events);
  await snapshots.close();
};
const files = (): string[] => readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.snapshot')).map((name) => join(directory, name));
const loadedFrom = async (snapshots: FileSnapshots): Promise<number | undefined> => {
  log.reads.splice(0);
  expect(await runnerWith(snapshots).execute('x', look, context)).toMatchObject({ outcome: 'unchanged', revision: BUSY - 1, state: { sum: BUSY } });
  return log.reads[0]!.from;
};

describe('a snapshot', () => {
  it('spares a restart all but the newest events, and gives the same state', async () => {
    await busyStream(open());
    expect(files()).toHaveLength(1);
    const from = await loadedFrom(open());
    expect(from).toBeGreaterThanOrEqual(BUSY - 200);
    const restarted = runnerWith(open());
    expect(await restarted.state('x')).toEqual(await runnerWith(open(join(directory, 'none'))).state('x'));
  });

  it('lets the chain go on where it was', async () => {
    await busyStream(open(), 201);
    const outcome = await runnerWith(open()).execute('x', add('next'), context);
    const [before, next] = (await log.all('tally-x')).slice(-2);
    expect(outcome).toMatchObject({ outcome: 'appended', revision: 201 });
    expect(JSON.parse(next!.metadata.toString())).toMatchObject({ prevHash: leafOf(before!) });
  });

  it('is taken when the stream ends with it', async () => {
    await busyStream(open(), 201);
    log.reads.splice(0);
    expect(await runnerWith(open()).execute('x', look, context)).toMatchObject({ revision: 200, state: { sum: 201 } });
    expect(log.reads).toEqual([{ stream: 'tally-x', from: 200 }]);
  });

  it('is not made of short streams', async () => {
    await busyStream(open(), 199);
    expect(files()).toEqual([]);
  });

  it('holds the state as it was when it was made, though that moves on in place', async () => {
    const snapshots = open();
    await busyStream(snapshots);
    const found = await open().find('tally-x', 1);
    expect((found!.state as { sum: number }).sum).toBe(found!.revision + 1);
  });
});

describe('is folded from the beginning', () => {
  it('what another log has left, although its streams have the same names', async () => {
    await busyStream(open());
    await log.remove();
    log = await WatchedLog.open();
    nodes += 100; // other ids, so other leaves
    await addAll(runnerWith(open(join(directory, 'none'))), BUSY, 'other');
    await loadedFrom(open());
    expect((await runnerWith(open()).state('x')).keys.has('other0')).toBe(true);
  });

  it('a stream that is shorter than its snapshot', async () => {
    await busyStream(open());
    await log.remove();
    log = await WatchedLog.open();
    expect(await runnerWith(open()).execute('x', look, context)).toMatchObject({ revision: -1, state: { sum: 0 } });
    expect(await runnerWith(open()).execute('x', add('first'), context)).toMatchObject({ outcome: 'appended', revision: 0, state: { sum: 1 } });
  });

  it('a state of another version', async () => {
    await busyStream(open());
    log.reads.splice(0);
    await runnerWith(open(), { ...tallyDecider, stateVersion: 2 }).execute('x', look, context);
    expect(log.reads[0]!.from).toBe(0);
  });

  it('whatever a disk has made of it: every damaged byte shows', async () => {
    await busyStream(open());
    const [path] = files();
    const sound = readFileSync(path!);
    for (let at = 0; at < sound.length; at += Math.ceil(sound.length / 40)) {
      const damaged = Buffer.from(sound);
      damaged[at]! ^= 1;
      writeFileSync(path!, damaged);
      expect(await open().find('tally-x', 1)).toBeUndefined();
    }
    for (const torn of [Buffer.alloc(0), sound.subarray(0, 20), sound.subarray(0, -1), Buffer.alloc(sound.length)]) {
      writeFileSync(path!, torn);
      expect(await loadedFrom(open())).toBe(0);
    }
  });

  it('a snapshot that was moved to another stream', async () => {
    await busyStream(open());
    const bytes = readFileSync(files()[0]!);
    const snapshots = open();
    await addAll(runnerWith(snapshots), 201, 'y', 'y');
    await snapshots.close();
    expect(files()).toHaveLength(2);
    for (const path of files()) writeFileSync(path, bytes);
    expect((await runnerWith(open()).state('y')).sum).toBe(201);
  });
});

it('a snapshot that cannot be written costs a warning, nothing else', async () => {
  const blocked = join(directory, 'file');
  writeFileSync(blocked, 'no directory');
  await busyStream(open(blocked), 201);
  expect(warnings).toHaveLength(1);
  expect((await runnerWith(open(blocked)).state('x')).sum).toBe(201);
});
