import type { FaultProxy } from '../support/fault-proxy.js';
import type { Seeded } from '../support/seeded.js';
import { clock, timers } from './eventually.js';

/** What a storm does its harm to. */
export interface Exposed {
  readonly proxy: FaultProxy;
  /** The server dies in the middle of everything and is started again, after so long. */
  readonly killed: (awayMs: number) => Promise<void>;
}

/** Long enough for every time-out of the adapter to pass, or too short for any. */
const FAULT_MS = { least: 300, most: 6_000 } as const;
/** A fault that nobody notices for a while: a cable pulled, a machine that hangs. */
const LASTING_MS = 60_000;
const CALM_MS = { least: 200, most: 1_500 } as const;
/** Drops in a row: the connection is hardly there before it is gone again. */
const DROPS = { least: 1, most: 12 } as const;

type Fault = (exposed: Exposed, random: Seeded, forMs: number) => Promise<void>;
const lasting = (faults: Parameters<FaultProxy['set']>[0]): Fault => async ({ proxy }, _random, forMs) => {
  proxy.set(faults);
  await timers.sleep(forMs);
};

/** Every way in which the line or the server fails; spec/ledger.md §3.5, T10. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'delay': lasting({ delayMs: { up: { least: 20, most: 200 }, down: { least: 20, most: 200 } } }),
  'two seconds of latency': lasting({ delayMs: { up: { least: 900, most: 1_100 }, down: { least: 900, most: 1_100 } } }),
  'drops': async ({ proxy }, random, forMs) => {
    const drops = random.between(DROPS.least, DROPS.most);
    for (let k = 0; k < drops; k++) {
      proxy.drop();
      await timers.sleep(forMs / drops);
    }
  },
  'resets mid-frame': lasting({ resetAfterBytes: { least: 1, most: 20_000 } }),
  'resets now and then': lasting({ resetAfterBytes: { least: 20_000, most: 400_000 } }),
  'half open, to the server': lasting({ halfOpen: 'up' }),
  'half open, from the server': lasting({ halfOpen: 'down' }),
  '1 KB/s': lasting({ bytesPerSecond: 1_024 }),
  'black hole': lasting({ blackHole: true }),
  'refused': async ({ proxy }, _random, forMs) => {
    proxy.refuse();
    proxy.drop();
    await timers.sleep(forMs);
  },
  'killed': async ({ killed }, random) => killed(random.between(0, CALM_MS.most)),
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
    await FAULTS[name]!(exposed, random, random.chance(lastingChance) ? LASTING_MS : random.between(FAULT_MS.least, FAULT_MS.most));
    await exposed.proxy.heal();
    await timers.sleep(random.between(CALM_MS.least, CALM_MS.most));
    yield name;
  }
}
