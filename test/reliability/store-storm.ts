import type { FaultProxy, Faults, Range } from '../support/fault-proxy.js';
import type { Seeded } from '../support/seeded.js';
import { clock, timers } from './eventually.js';

/** What a storm does its harm to. */
export interface Exposed {
  readonly proxy: FaultProxy;
  /** The server dies in the middle of everything and is started again, after so long. */
  readonly killed: (awayMs: number) => Promise<void>;
}

const CALM_MS = { least: 200, most: 1_000 } as const;
/** A fault that nobody notices for a while: a cable pulled, a machine that hangs. */
const LASTING_MS = 60_000;
/** Drops in a row: the connection is hardly there before it is gone again. */
const DROPS = { least: 1, most: 12 } as const;

interface Fault {
  readonly lastsMs: Range;
  readonly happen: (exposed: Exposed, random: Seeded, forMs: number) => Promise<void>;
}
const lasting = (least: number, most: number, faults: Faults): Fault => ({
  lastsMs: { least, most },
  happen: async ({ proxy }, _random, forMs) => {
    proxy.set(faults);
    await timers.sleep(forMs);
  },
});

/** Every way in which the line or the server fails (spec/ledger.md §3.5, T10), longer than the time-outs that it should run into. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'delay': lasting(1_000, 2_500, { delayMs: { up: { least: 20, most: 200 }, down: { least: 20, most: 200 } } }),
  'two seconds of latency': lasting(2_000, 3_500, { delayMs: { up: { least: 900, most: 1_100 }, down: { least: 900, most: 1_100 } } }),
  'drops': {
    lastsMs: { least: 1_000, most: 2_500 },
    happen: async ({ proxy }, random, forMs) => {
      const drops = random.between(DROPS.least, DROPS.most);
      for (let k = 0; k < drops; k++) {
        proxy.drop();
        await timers.sleep(forMs / drops);
      }
    },
  },
  'resets mid-frame': lasting(1_000, 3_000, { resetAfterBytes: { least: 1, most: 20_000 } }),
  'resets now and then': lasting(1_000, 3_000, { resetAfterBytes: { least: 20_000, most: 400_000 } }),
  'half open, to the server': lasting(300, 5_000, { halfOpen: 'up' }),
  'half open, from the server, until an append gives up that was written': lasting(5_500, 6_500, { halfOpen: 'down' }),
  '1 KB/s': lasting(3_000, 5_000, { bytesPerSecond: 1_024 }),
  'black hole, longer than a call may take': lasting(10_500, 11_500, { blackHole: true }),
  'refused': {
    lastsMs: { least: 300, most: 3_000 },
    happen: async ({ proxy }, _random, forMs) => {
      proxy.refuse();
      proxy.drop();
      await timers.sleep(forMs);
    },
  },
  'killed': { lastsMs: { least: 0, most: 1_500 }, happen: async ({ killed }, _random, forMs) => killed(forMs) },
};
export const KINDS = Object.keys(FAULTS).length;

/**
 * Each fault in turn, in an order, for a time and with a calm after it that the seed chooses; again and again until the time
 * is over, and until each has happened. Yields the name of each once it is over.
 */
export async function* storm(exposed: Exposed, { random, forMs, lastingChance }: { random: Seeded; forMs: number; lastingChance: number }): AsyncGenerator<string, void> {
  const end = clock.monotonic() + forMs;
  let left: string[] = [];
  for (let count = 0; count < KINDS || clock.monotonic() < end; count++) {
    if (left.length === 0) left = Object.keys(FAULTS);
    const [name] = left.splice(random.between(0, left.length - 1), 1) as [string];
    const { lastsMs, happen } = FAULTS[name]!;
    await happen(exposed, random, random.chance(lastingChance) ? LASTING_MS : random.between(lastsMs.least, lastsMs.most));
    await exposed.proxy.heal();
    await timers.sleep(random.between(CALM_MS.least, CALM_MS.most));
    yield name;
  }
}
