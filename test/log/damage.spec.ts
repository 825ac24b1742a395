import { beforeAll, describe, expect, it } from '@jest/globals';
import { LogDamaged } from '../../src/platform/event-log/embedded/errors.js';
import type { RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { rejection, seeded } from '../contract/contract-run.js';
import { SimDisk } from './sim-disk.js';
import { checkWhole, DIRECTORY, eventOf, everything, openOn, SimIds } from './sim-log.js';

/** spec/ledger.md §3.5, T6. */
const MUTATIONS = process.env['HORDE_LONG_TESTS'] ? 10_000 : 1_500;
const SEED = 7;
const SECTOR_BYTES = 512;

const intact = new SimDisk();
let events: RecordedEvent[] = [];

/** All that an event is, as one text: comparing thousands of logs field by field takes minutes. */
const textOf = (some: readonly RecordedEvent[]): string =>
  some.map(({ data, metadata, ...rest }) => `${JSON.stringify(rest)} ${data.toString('latin1')} ${metadata.toString('latin1')}`).join('\n');

/** Several segments, closed in order: everything in them was durable, and the index files say so. */
beforeAll(async () => {
  const ids = new SimIds(SEED);
  const log = await openOn(intact);
  for (let k = 0; k < 60; k++) {
    const stream = `damaged-${k % 7}`;
    const head = await log.readStream(stream, { direction: 'backwards', limit: 1 });
    await log.append(stream, head.events[0]?.revision ?? 'no_stream', [eventOf(ids, (k * 37) % 700), eventOf(ids, 20)]);
  }
  events = await everything(log);
  await log.close();
});

/** What a start on this disk makes of it: all its events, or the damage that it reports. Anything else is thrown. */
const outcomeOn = async (disk: SimDisk): Promise<RecordedEvent[] | LogDamaged> => {
  try {
    const log = await openOn(disk);
    const found = await everything(log);
    checkWhole(found);
    return found;
  } catch (error) {
    if (error instanceof LogDamaged) return error;
    throw error;
  }
};

const withoutIndex = async (disk: SimDisk): Promise<SimDisk> => {
  for (const path of disk.paths('.index')) await disk.remove(path);
  return disk;
};

type Mutation = (bytes: Buffer, random: () => number) => Buffer;
const at = (bytes: Buffer, random: () => number): number => Math.floor(random() * bytes.length);
const mutations: Readonly<Record<string, Mutation>> = {
  'flipped bits': (bytes, random) => {
    for (let k = Math.floor(random() * 8); k >= 0; k--) {
      const place = at(bytes, random);
      bytes[place] = bytes[place]! ^ (1 << Math.floor(random() * 8));
    }
    return bytes;
  },
  'a zeroed sector': (bytes, random) => {
    const start = Math.floor(at(bytes, random) / SECTOR_BYTES) * SECTOR_BYTES;
    return bytes.fill(0, start, Math.min(bytes.length, start + SECTOR_BYTES));
  },
  'two swapped sectors': (bytes, random) => {
    const [one, two] = [at(bytes, random), at(bytes, random)].map((place) => Math.floor(place / SECTOR_BYTES) * SECTOR_BYTES) as [number, number];
    const copy = Buffer.from(bytes);
    copy.copy(bytes, one, two, Math.min(two + SECTOR_BYTES, copy.length));
    copy.copy(bytes, two, one, Math.min(one + SECTOR_BYTES, copy.length));
    return bytes;
  },
  'a file cut short': (bytes, random) => bytes.subarray(0, at(bytes, random)),
  'a stretch of noise': (bytes, random) => {
    const start = at(bytes, random);
    for (let k = start; k < Math.min(bytes.length, start + 200); k++) bytes[k] = Math.floor(random() * 256);
    return bytes;
  },
};

describe(`damage to the files of the log (seed ${SEED})`, () => {
  it.each(Object.keys(mutations))('%s are found, or change nothing', async (name) => {
    const random = seeded(SEED);
    const paths = intact.paths('.log');
    expect(paths.length).toBeGreaterThan(3);
    let found = 0;
    const rounds = Math.ceil(MUTATIONS / Object.keys(mutations).length);
    for (let round = 0; round < rounds; round++) {
      const disk = intact.copy();
      const path = paths[Math.floor(random() * paths.length)]!;
      disk.put(path, mutations[name]!(disk.bytesOf(path), random));
      const outcome = await outcomeOn(disk);
      if (outcome instanceof LogDamaged) found += 1;
      else expect(textOf(outcome)).toBe(textOf(events));
    }
    expect(found).toBeGreaterThan(rounds * 0.5);
  }, 120_000);

  it('is found without the index files as well, but for a tail that nothing vouches for', async () => {
    const random = seeded(SEED + 1);
    const paths = intact.paths('.log');
    const tail = events[events.length - 2]!.position; // the last append: no later frame says that it was durable
    for (let round = 0; round < MUTATIONS / 5; round++) {
      const disk = await withoutIndex(intact.copy());
      const path = paths[Math.floor(random() * paths.length)]!;
      disk.put(path, mutations['flipped bits']!(disk.bytesOf(path), random));
      const outcome = await outcomeOn(disk);
      if (outcome instanceof LogDamaged) continue;
      expect(textOf(outcome)).toBe(textOf(events.slice(0, outcome.length)));
      expect(outcome.length).toBeGreaterThanOrEqual(events.filter(({ position }) => position < tail).length);
    }
  }, 120_000);

  it('is refused with a message that names the file, the place and what to do', async () => {
    const disk = await withoutIndex(intact.copy());
    const [path] = disk.paths('.log');
    const bytes = disk.bytesOf(path!);
    bytes[1_000] = bytes[1_000]! ^ 1;
    disk.put(path!, bytes);
    const error = await rejection(openOn(disk));
    expect(error).toBeInstanceOf(LogDamaged);
    expect((error as LogDamaged).message).toMatch(/\/log\/0{16}\.log is damaged at byte \d+: .*backup/);
  });

  it('is not repaired: the refused files stay as they were', async () => {
    const disk = await withoutIndex(intact.copy());
    const [path] = disk.paths('.log');
    disk.put(path!, disk.bytesOf(path!).fill(0, 1_000, 1_500));
    const before = disk.bytesOf(path!);
    await rejection(openOn(disk));
    expect(disk.bytesOf(path!).equals(before)).toBe(true);
  });

  it('in a missing segment is refused, whichever it is', async () => {
    for (const path of intact.paths('.log')) {
      const disk = intact.copy();
      await disk.remove(path);
      const outcome = await outcomeOn(disk);
      const isLast = path === intact.paths('.log').at(-1);
      if (!isLast) expect(outcome).toBeInstanceOf(LogDamaged);
      else if (!(outcome instanceof LogDamaged)) expect(outcome).toEqual(events.slice(0, outcome.length));
    }
  });

  it('by a segment of another log is refused', async () => {
    const other = new SimDisk();
    const log = await openOn(other, { ids: new SimIds(99) });
    await log.append('other-1', 'no_stream', [eventOf(new SimIds(3), 10)]);
    await log.close();
    const disk = intact.copy();
    disk.put(`${DIRECTORY}/0000000000000000.log`, other.bytesOf(`${DIRECTORY}/0000000000000000.log`));
    expect(await outcomeOn(disk)).toBeInstanceOf(LogDamaged);
  });

  it('is found by a start that verifies, before anybody reads', async () => {
    const disk = intact.copy();
    const [path] = disk.paths('.log');
    disk.put(path!, disk.bytesOf(path!).fill(7, 2_000, 2_010));
    await openOn(disk.copy()); // trusts the index, and finds it when it is read
    expect(await rejection(openOn(disk, { verify: true }))).toBeInstanceOf(LogDamaged);
  });
});

describe('a torn tail', () => {
  it('of noise behind the last frame is cut, and the log goes on', async () => {
    const disk = intact.copy();
    const path = disk.paths('.log').at(-1)!;
    disk.put(path, Buffer.concat([disk.bytesOf(path), Buffer.from('HLF1 half a frame that never was')]));
    const log = await openOn(disk);
    expect(await everything(log)).toEqual(events);
    await log.append('after-1', 'no_stream', [eventOf(new SimIds(5), 10)]);
    await log.close();
    expect((await outcomeOn(disk)) as RecordedEvent[]).toHaveLength(events.length + 1);
  });

  it('is not cut by a reader, who stops before it', async () => {
    const disk = intact.copy();
    const path = disk.paths('.log').at(-1)!;
    disk.put(path, Buffer.concat([disk.bytesOf(path), Buffer.from('noise')]));
    const before = disk.bytesOf(path);
    expect(await everything(await openOn(disk, { mode: 'read' }))).toEqual(events);
    expect(disk.bytesOf(path).equals(before)).toBe(true);
  });
});

describe('an index snapshot', () => {
  const damaged: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    'that is missing': () => Buffer.alloc(0),
    'with a flipped bit': (bytes) => bytes.fill(bytes[200]! ^ 1, 200, 201),
    'cut short': (bytes) => bytes.subarray(0, 140),
    'of a newer version': (bytes) => bytes.fill(9, 8, 9),
    'of another log': (bytes) => bytes.fill('f', 12, 20, 'latin1'),
    'of noise': (bytes) => bytes.fill(0x5a),
  };
  it.each(Object.keys(damaged))('%s changes nothing', async (name) => {
    for (const path of intact.paths('.index')) {
      const disk = intact.copy();
      disk.put(path, damaged[name]!(disk.bytesOf(path)));
      expect(await outcomeOn(disk)).toEqual(events);
    }
  });

  it('of another segment changes nothing', async () => {
    const disk = intact.copy();
    const [first, second] = disk.paths('.index');
    disk.put(first!, intact.bytesOf(second!));
    expect(await outcomeOn(disk)).toEqual(events);
  });

  it('older than its segment is a beginning: the rest is scanned', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk, { segmentBytes: 1_000_000 });
    const ids = new SimIds(11);
    for (let k = 0; k < 40; k++) await log.append(`old-${k}`, 'no_stream', [eventOf(ids, 30)]);
    expect(disk.paths('.index')).toHaveLength(1);
    const found = await outcomeOn(disk.afterKill()); // never closed: the snapshot has 32 of 40 events
    expect(found).toHaveLength(40);
  });

  it('that knows more than its segment has is a witness: what it knows was durable', async () => {
    const disk = intact.copy();
    const path = disk.paths('.log').at(-1)!;
    disk.put(path, disk.bytesOf(path).subarray(0, 64));
    expect(await outcomeOn(disk)).toBeInstanceOf(LogDamaged);
  });
});
