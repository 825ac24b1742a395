import { expect, it } from '@jest/globals';
import { refold, type RefoldReport } from '../../src/audit/refold.js';
import type { EventLog } from '../../src/platform/event-log/event-log.js';
import { SimDisk } from '../log/sim-disk.js';
import { everything, openOn, SimClock, SimIds } from '../log/sim-log.js';
import { Seeded } from '../support/seeded.js';
import { House, scriptOf, type Step } from './script.js';

/** spec/ledger.md §3.5, T5; the log alone is cut 10,000 times in test/log/power-loss.spec.ts. */
const IMAGES = process.env['HORDE_LONG_TESTS'] ? 2_000 : 100;
const FIRST_SEED = 1;
const TEST_MS = 600_000;
/** One operation of the disk in so many is the last; the end of a sync, when most is at stake, more often. */
const CUT_CHANCE = 0.03;
const CUT_CHANCE_IN_SYNC = 0.15;
/** One end in so many is that of the process only: nothing is lost, and nothing became durable. */
const KILL_CHANCE = 0.25;

/** How far everybody has come, and what was acknowledged on the way. */
interface Progress {
  readonly done: readonly number[];
  readonly acknowledged: ReadonlySet<string>;
}
interface Cut extends Progress {
  readonly disk: SimDisk;
  readonly during: string;
}

/** The part of one history that the power lets happen, beginning with what it left. */
class Life {
  private cut: Cut | undefined;
  private readonly done: number[];
  private readonly acknowledged: Set<string>;

  constructor(private readonly disk: SimDisk, progress: Progress, private readonly random: Seeded) {
    this.done = [...progress.done];
    this.acknowledged = new Set(progress.acknowledged);
  }

  /** Goes on with the script until it is done (answers the log) or the power fails (answers what is left). */
  async live(script: readonly (readonly Step[])[], ids: SimIds): Promise<{ readonly cut: Cut } | { readonly log: EventLog }> {
    this.disk.onOperation = (operation) => { this.perhapsCut(operation); };
    const log = await openOn(this.disk, { ids, segmentBytes: 65_536, snapshotEvents: 64 });
    if (!this.cut) await this.checkFound(log);
    const house = new House(log, { ids, clock: new SimClock() }, (events) => {
      if (!this.cut) for (const { id } of events) this.acknowledged.add(id);
    });
    await house.open();
    await Promise.all(script.map((steps, lane) => this.walk(steps, lane, house)));
    await house.close();
    this.disk.onOperation = () => undefined;
    if (!this.cut) return { log };
    await log.close();
    return { cut: this.cut };
  }

  private async walk(steps: readonly Step[], lane: number, house: House): Promise<void> {
    for (const step of steps.slice(this.done[lane])) {
      await step(house);
      if (this.isOver()) return; // whatever was answered now, nobody has heard it
      this.done[lane]! += 1;
    }
  }

  private isOver(): boolean {
    return this.cut !== undefined;
  }

  private async checkFound(log: EventLog): Promise<void> {
    const found = (await everything(log)).map(({ id }) => id);
    const once = new Set(found);
    expect({ missing: [...this.acknowledged].filter((id) => !once.has(id)), twice: found.length - once.size }).toEqual({ missing: [], twice: 0 });
    expect((await refold(log)).violations).toEqual([]);
  }

  private perhapsCut(during: string): void {
    if (this.cut || !this.random.chance(during === 'end of a sync' ? CUT_CHANCE_IN_SYNC : CUT_CHANCE)) return;
    const disk = this.random.chance(KILL_CHANCE) ? this.disk.afterKill() : this.disk.afterPowerCut(() => this.random.unit());
    this.cut = { disk, during, done: [...this.done], acknowledged: new Set(this.acknowledged) };
  }
}

/** What must not depend on luck: who has how much, why, and that nothing is left open. Positions do depend on it. */
const booksOf = ({ balances, system, openHolds, unsettledJobs, openRequests }: RefoldReport): object => ({
  balances: [...balances.values()].map(({ user, spendable, escrow, entries }) => ({ user, spendable, escrow, entries })).sort((a, b) => a.user - b.user),
  system: [...system].sort(([a], [b]) => (a < b ? -1 : 1)), openHolds, unsettledJobs, openRequests,
});

/** The script, over as many lives as it takes. Answers how often the power failed. */
const losePower = async (seed: number): Promise<number> => {
  const random = new Seeded(seed);
  const ids = new SimIds(seed);
  const script = scriptOf(new Seeded(seed));
  let disk = new SimDisk();
  let progress: Progress = { done: script.map(() => 0), acknowledged: new Set() };
  for (let images = 0; ; images++) {
    const lived = await new Life(disk, progress, random).live(script, ids);
    if ('cut' in lived) {
      ({ cut: { disk }, cut: progress } = lived);
      continue;
    }
    expect(booksOf(await refold(lived.log))).toEqual(booksOf(await undisturbed(seed)));
    expect((await refold(lived.log)).violations).toEqual([]);
    await lived.log.close();
    return images;
  }
};

/** What the books are when nothing ever goes wrong. */
const undisturbed = async (seed: number): Promise<RefoldReport> => {
  const calm = new Seeded(seed);
  calm.chance = () => false;
  const script = scriptOf(new Seeded(seed));
  const lived = await new Life(new SimDisk(), { done: script.map(() => 0), acknowledged: new Set() }, calm).live(script, new SimIds(seed));
  if ('cut' in lived) throw new Error('nothing was to go wrong');
  const report = await refold(lived.log);
  await lived.log.close();
  return report;
};

it(`leaves the books as if the power had never failed, wherever it fails (${IMAGES} crash images from seed ${FIRST_SEED})`, async () => {
  let images = 0;
  let seed = FIRST_SEED;
  for (; images < IMAGES; seed++) {
    try {
      images += await losePower(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  process.stdout.write(`books whole after ${images} power failures in ${seed - FIRST_SEED} histories\n`);
}, TEST_MS);
