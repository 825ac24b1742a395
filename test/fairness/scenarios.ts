import type { FairnessPolicy } from '../../src/dispatch/live-queue/fairness-policy.js';
import { ToyHorde, type HordeSettings, type HordeWorker, type Told } from './toy-horde.js';

/** Under which a horde is looked at: everything else follows from it. */
export interface Weather {
  readonly seed: number;
  /** Jobs asked for, as a part of what all workers can do. */
  readonly load: number;
  readonly service?: HordeSettings['service'];
  readonly faults?: number;
  readonly policy?: FairnessPolicy;
}

interface Size {
  readonly workers: number;
  readonly serviceS: number;
}
/** Of one job. */
export const SERVICE_S = 10;
const BUSY: Size = { workers: 20, serviceS: SERVICE_S };
/** As few as design.md §6 speaks of: workers × 1,200 s ÷ service = 200. */
const FEW_AND_SLOW: Size = { workers: 10, serviceS: 60 };

/** Half of the workers take one job at a time, half up to eight. */
const AMOUNTS = [1, 8] as const;

const hordeOf = ({ seed, service, faults, policy }: Weather, { workers: count, serviceS }: Size): ToyHorde => {
  const workers = Array.from({ length: count }, (_, nth): HordeWorker => ({ id: `worker-${nth}`, models: ['Deliberate'], amount: AMOUNTS[nth % AMOUNTS.length]!, serviceS }));
  return new ToyHorde({ seed, workers, ...(service ? { service } : {}), ...(faults === undefined ? {} : { faults }), ...(policy ? { policy } : {}) });
};

/** Kudos as people have them: most have little, few have much (Pareto, 20 to 200,000). */
const anyKudos = (horde: ToyHorde): number => Math.min(200_000, Math.round(20 / (1 - horde.random.unit()) ** 1.2));

const CROWD = 200;
/** One in ten has no account. */
const ANONYMOUS_EVERY = 10;
/** 1 to 4 jobs. */
const JOBS_MAX = 4;
/** horde-rules §1.5: nobody has more jobs waiting; who asks for more is refused. */
const WAITING_MAX = 30;

interface Crowd extends Size {
  readonly load: number;
  readonly kudosMax?: number;
}

/** Two hundred people who ask at random. What they spend is made good, so that all stay as rich as they are. */
const crowd = (horde: ToyHorde, { load, kudosMax = Infinity, workers, serviceS }: Crowd): void => {
  const kudos = Array.from({ length: CROWD }, () => Math.min(kudosMax, anyKudos(horde)));
  horde.often((load * workers * 3_600) / serviceS / ((1 + JOBS_MAX) / 2), () => {
    const payer = horde.random.between(1, CROWD);
    const jobs = horde.random.between(1, JOBS_MAX);
    if (payer % ANONYMOUS_EVERY === 0) {
      const addressTag = `20260105-${payer}`;
      if (horde.queue.unfinishedJobsOfAddress(addressTag, 'image') + jobs <= WAITING_MAX) horde.ask({ payer: 0, addressTag, jobs });
    } else if (horde.queue.waitingJobsOf(payer, 'image') + jobs <= WAITING_MAX) {
      horde.balances.set(payer, kudos[payer - 1]!);
      horde.ask({ payer, jobs });
    }
  });
};

const PAIR_JOBS = 20;
const PAIR_EVERY_S = 300;

/**
 * Every five minutes two payers with the same kudos ask for the same work at the same moment: one in one request, the other in
 * twenty. Activations are made good: they would make the other one poorer by 57 kudos. Returns the ratio of the times until the
 * last of the work was handed out, of all pairs whose work was done within `hours`.
 */
export const pairs = (weather: Weather, hours: number): number[] => {
  const horde = hordeOf(weather, BUSY);
  crowd(horde, { ...BUSY, load: weather.load });
  const asked: (readonly (readonly Told[])[])[] = [];
  const ask = (payer: number, kudos: number, requests: number): Told[] => Array.from({ length: requests }, () => {
    horde.balances.set(payer, kudos);
    return horde.ask({ payer, jobs: PAIR_JOBS / requests });
  });
  const again = (): void => {
    const kudos = anyKudos(horde);
    asked.push([1, PAIR_JOBS].map((requests, nth) => ask(10_000 + 2 * asked.length + nth, kudos, requests)));
    horde.after(PAIR_EVERY_S * 1_000, again);
  };
  horde.after(PAIR_EVERY_S * 1_000, again);
  horde.run(hours * 3_600);
  const lasts = asked.map((pair) => pair.map(lastS)).filter((pair) => !pair.includes(undefined)) as [number, number][];
  return lasts.map(([one, other]) => Math.max(one, other) / Math.min(one, other));
};

/** From asking to the last hand-out; undefined while some of the work is not done. */
const lastS = (requests: readonly Told[]): number | undefined => {
  if (requests.some(({ doneAtMs }) => doneAtMs === undefined)) return undefined;
  return (Math.max(...requests.flatMap(({ handOutsMs }) => handOutsMs)) - requests[0]!.acceptedAtMs) / 1_000;
};

/** Who always has so many requests, of so many jobs each, in the queue. What they spend is made good. */
interface Keeper {
  readonly payer: number;
  readonly kudos: number;
  readonly requests: number;
  readonly jobs: number;
}
export interface Kept extends Keeper {
  /** Jobs, since they began. */
  handedOut: number;
}

const keep = (horde: ToyHorde, keepers: readonly Keeper[]): readonly Kept[] => {
  const kept = new Map<number, Kept>(keepers.map((keeper) => [keeper.payer, { ...keeper, handedOut: 0 }]));
  const ask = ({ payer, kudos, jobs }: Keeper): void => {
    horde.balances.set(payer, kudos);
    horde.ask({ payer, jobs });
  };
  horde.watchers.push(({ wish: { payer } }, handedOut) => {
    const known = kept.get(payer);
    if (known && handedOut === 0) ask(known);
    if (known) known.handedOut += handedOut;
  });
  for (const keeper of kept.values()) for (let nth = 0; nth < keeper.requests; nth += 1) ask(keeper);
  return [...kept.values()];
};

const LEVELS = [20, 100, 500, 2_000] as const;
const MANY = 30;
/** Of each level two: one keeps one request of one job, the other thirty. */
const onesAndThirties = (): Keeper[] => LEVELS.flatMap((kudos, level) => [1, MANY].map((requests, nth) => ({ payer: 20_000 + 2 * level + nth, kudos, requests, jobs: 1 })));

/** For each level of kudos, how much more the one with thirty requests got. */
const thirtyToOne = (kept: readonly Kept[]): number[] => LEVELS.map((_, level) => kept[2 * level + 1]!.handedOut / kept[2 * level]!.handedOut);

const FILLING_S = 1_800;

/** One level of kudos in a crowd. */
export interface AmongEquals {
  /** What thirty requests got, as a multiple of what one got. */
  readonly thirtyToOne: number;
  /** How long the one waited for each of his jobs, in seconds. */
  readonly waitS: number;
}

/** In a crowd that asks for more than can be done. */
export const amongEquals = (weather: Weather, hours: number): AmongEquals[] => {
  const horde = hordeOf(weather, BUSY);
  crowd(horde, { ...BUSY, load: weather.load });
  horde.run(FILLING_S);
  const kept = keep(horde, onesAndThirties());
  horde.run(hours * 3_600);
  const waitsS = LEVELS.map((_, level) => meanWaitS(horde, kept[2 * level]!.payer));
  return thirtyToOne(kept).map((ratio, level) => ({ thirtyToOne: ratio, waitS: waitsS[level]! }));
};

const meanWaitS = ({ requests }: ToyHorde, payer: number): number => {
  const waits = [...requests.values()].filter(({ wish }) => wish.payer === payer).flatMap(({ acceptedAtMs, handOutsMs: [first] }) => (first === undefined ? [] : [first - acceptedAtMs]));
  return waits.reduce((sum, waitMs) => sum + waitMs, 0) / waits.length / 1_000;
};

/** More than anybody of the crowd, at any age that a request reaches. */
const RICH_KUDOS = 100_000;
const CROWD_KUDOS_MAX = 5_000;
const RICH = 6;

export interface BesideTheRich {
  /** Of all jobs handed out. */
  readonly richShare: number;
  readonly thirtyToOne: readonly number[];
  /** Of all requests of others. */
  readonly expired: number;
}

/** Six rich people always have all waiting that they may: by kudos alone, nobody else would be served. */
export const besideTheRich = (weather: Weather, hours: number): BesideTheRich => {
  const horde = hordeOf(weather, BUSY);
  const rich = keep(horde, Array.from({ length: RICH }, (_, nth) => ({ payer: 30_000 + nth, kudos: RICH_KUDOS, requests: WAITING_MAX / 6, jobs: 6 })));
  crowd(horde, { ...BUSY, load: weather.load, kudosMax: CROWD_KUDOS_MAX });
  horde.run(FILLING_S);
  const kept = keep(horde, onesAndThirties());
  const ofRich = (): number => rich.reduce((sum, { handedOut }) => sum + handedOut, 0);
  const before = ofRich();
  let all = 0;
  horde.watchers.push((_, handedOut) => { all += handedOut; });
  horde.run(hours * 3_600);
  const others = [...horde.requests.values()].filter(({ wish }) => wish.payer < 30_000);
  return { richShare: (ofRich() - before) / all, thirtyToOne: thirtyToOne(kept), expired: others.filter(({ expiredAtMs }) => expiredAtMs !== undefined).length / others.length };
};

/** Which part of all requests had a job handed out before they expired, with just enough workers. */
export const started = (weather: Weather, hours: number): { readonly requests: number; readonly started: number } => {
  const horde = hordeOf(weather, FEW_AND_SLOW);
  crowd(horde, { ...FEW_AND_SLOW, load: weather.load });
  horde.run(hours * 3_600);
  const told = [...horde.requests.values()].filter(({ handOutsMs, expiredAtMs }) => handOutsMs.length > 0 || expiredAtMs !== undefined);
  return { requests: told.length, started: told.filter(({ handOutsMs }) => handOutsMs.length > 0).length };
};
