import { LogUnavailable, type NewEvent } from '../../src/platform/event-log/event-log.js';
import type { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import { seeded } from '../contract/contract-run.js';
import { SimDisk } from './sim-disk.js';
import { checkWhole, eventOf, everything, openOn, SimIds } from './sim-log.js';

interface Append {
  readonly stream: string;
  readonly events: readonly NewEvent[];
}
interface Chance {
  readonly random: () => number;
  readonly ids: SimIds;
}
/** A disk as the power cut left it, and what was promised by then. */
interface Image {
  readonly disk: SimDisk;
  readonly acknowledged: readonly Append[];
  /** Appends whose outcome was open, in the order in which they were asked for. */
  readonly open: readonly Append[];
  readonly during: string;
}

/** Lives of one log: each begins with what a power cut in the last one left. */
const LIVES = 4;
const WAVES_MAX = 10;
const STREAMS = 5;
const FIRST_STREAM = 'simulated-0';
/** One operation in so many is a moment at which the power fails; the end of a sync, when most is at stake, more often. */
const CUT_CHANCE = 0.05;
const CUT_CHANCE_IN_SYNC = 0.4;
const IMAGES_A_LIFE_MAX = 12;
/** One end in so many is that of the process only: what was written is still there, but not durable. */
const KILL_CHANCE = 0.25;
/** One wave in so many meets a full disk. */
const FULL_CHANCE = 0.3;
/** Few sizes, so that remains of refused or torn writes often line up with what is written over them. */
const SIZES = [0, 0, 0, 0, 500, 5_000] as const;

/** Runs one seeded history of writing and losing power; answers how many crash images were checked. Throws with the fault. */
export const losePower = async (seed: number): Promise<number> => {
  const random = seeded(seed);
  const ids = new SimIds(seed + 1);
  let disk = new SimDisk();
  let survived: readonly Append[] = [];
  let checked = 0;
  for (let life = 0; life < LIVES; life++) {
    const images = await new Life(disk, survived, { random, ids }).images();
    for (const image of images) {
      try {
        survived = await survivors(image, { random, ids });
      } catch (error) {
        throw new Error(`seed ${seed}, life ${life}, power cut during "${image.during}": ${String(error)}`, { cause: error });
      }
      disk = image.disk;
      checked += 1;
    }
  }
  return checked;
};

/** Opens the log on a crash image and answers what is in it: everything acknowledged, then whole appends of the open ones, in order. */
const survivors = async ({ disk, acknowledged, open }: Image, chance: Chance): Promise<readonly Append[]> => {
  const { random } = chance;
  const log = await openOn(disk);
  const events = await everything(log);
  await checkSurvives(disk, log, random);
  checkWhole(events);
  const kept: Append[] = [];
  let at = 0;
  for (const append of [...acknowledged, ...open]) {
    if (at === events.length && kept.length >= acknowledged.length) break;
    const found = events.slice(at, at + append.events.length);
    if (found.length < append.events.length || found.some(({ id, stream }, k) => id !== append.events[k]!.id || stream !== append.stream)) {
      throw new Error(`append ${kept.length} of ${acknowledged.length} acknowledged and ${open.length} open ones is missing or in parts`);
    }
    kept.push(append);
    at += append.events.length;
  }
  if (at !== events.length) throw new Error(`${events.length - at} events are in the log that nobody can have expected`);
  kept.push(await appendOne(log, events.filter(({ stream }) => stream === FIRST_STREAM).length, chance));
  await checkSurvives(disk, log, random);
  if (random() < 0.5) await log.close();
  return kept;
};

/** What was visible once must be visible after the next power cut, and nothing else: no remains of what was torn. */
const checkSurvives = async (disk: SimDisk, log: EmbeddedLog, random: () => number): Promise<void> => {
  const again = await openOn(disk.afterPowerCut(random), { mode: 'read' });
  if ((await again.head()) !== (await log.head())) throw new Error('after the next power cut the log is not what was visible before');
};

const appendOne = async (log: EmbeddedLog, length: number, { random, ids }: Chance): Promise<Append> => {
  const append = { stream: FIRST_STREAM, events: [eventOf(ids, SIZES[Math.floor(random() * SIZES.length)]!)] };
  await log.append(append.stream, length === 0 ? 'no_stream' : length - 1, append.events);
  return append;
};

/** One process on one disk: appends in waves, sometimes on a full disk, until it closes or the story ends. */
class Life {
  private readonly acknowledged: Append[];
  private open: Append[] = [];
  private readonly taken: Image[] = [];
  private readonly heads = new Map<string, number>();

  constructor(private readonly disk: SimDisk, survived: readonly Append[], private readonly chance: Chance) {
    this.acknowledged = [...survived];
  }

  async images(): Promise<readonly Image[]> {
    const { random } = this.chance;
    this.disk.onOperation = (during) => this.perhapsCut(during);
    const log = await openOn(this.disk);
    const waves = 1 + Math.floor(random() * WAVES_MAX);
    for (let wave = 0; wave < waves; wave++) await this.wave(log);
    if (random() < 0.5) await log.close();
    this.disk.onOperation = () => undefined;
    if (this.taken.length === 0) this.cut('the end');
    return this.taken;
  }

  private perhapsCut(during: string): void {
    const chance = during === 'end of a sync' ? CUT_CHANCE_IN_SYNC : CUT_CHANCE;
    if (this.taken.length < IMAGES_A_LIFE_MAX && this.chance.random() < chance) this.cut(during);
  }

  private cut(during: string): void {
        const disk = this.chance.random() < KILL_CHANCE ? this.disk.afterKill() : this.disk.afterPowerCut(this.chance.random);
    this.taken.push({ disk, acknowledged: [...this.acknowledged], open: [...this.open], during });
  }

  private async wave(log: EmbeddedLog): Promise<void> {
    const { random } = this.chance;
    this.disk.room = random() < FULL_CHANCE ? Math.floor(random() * 6_000) : Infinity;
    this.heads.clear();
    for (const { stream, events } of this.acknowledged) this.heads.set(stream, (this.heads.get(stream) ?? 0) + events.length);
    const count = 1 + Math.floor(random() * 10);
    await Promise.all(Array.from({ length: count }, () => this.append(log)));
    this.disk.room = Infinity;
    this.perhapsCut('the pause between two waves');
  }

  private async append(log: EmbeddedLog): Promise<void> {
    const { random, ids } = this.chance;
    const stream = `simulated-${Math.floor(random() * STREAMS)}`;
    const bytes = SIZES[Math.floor(random() * SIZES.length)]!;
    const append = { stream, events: Array.from({ length: random() < 0.7 ? 1 : 3 }, () => eventOf(ids, bytes)) };
    const length = this.heads.get(stream) ?? 0;
    this.heads.set(stream, length + append.events.length);
    this.open.push(append);
    try {
      await log.append(stream, length === 0 ? 'no_stream' : length - 1, append.events);
      this.acknowledged.push(append);
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
    }
    this.open = this.open.filter((other) => other !== append);
  }
}
