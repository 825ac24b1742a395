import { ToyHorde, type HordeSettings, type HordeWorker, type Told } from './toy-horde.js';

/** What makes a run: everything else follows from it. */
export interface Weather {
  readonly seed: number;
  /** Jobs asked for, as a part of what all workers can do. */
  readonly load: number;
  readonly service?: HordeSettings['service'];
  readonly faults?: number;
  readonly policy?: HordeSettings['policy'];
}

const SERVICE_S = 10;
const WORKERS = 20;
/** Half of the workers take one job at a time, half up to eight. */
const AMOUNTS = [1, 8] as const;
const JOBS_AN_HOUR = (WORKERS * 3_600) / SERVICE_S;

const workers = (): HordeWorker[] => Array.from({ length: WORKERS }, (_, nth) =>
  ({ id: `worker-${nth}`, models: ['Deliberate'], amount: AMOUNTS[nth % AMOUNTS.length]!, serviceS: SERVICE_S }));

export const hordeOf = ({ seed, service, faults, policy }: Weather): ToyHorde => new ToyHorde({
  seed, workers: workers(), ...(service ? { service } : {}), ...(faults === undefined ? {} : { faults }), ...(policy ? { policy } : {}),
});

/** Kudos as people have them: most have little, few have much (Pareto, 20 to 200,000). */
export const anyKudos = (horde: ToyHorde): number => Math.min(200_000, 20 / (1 - horde.random.unit()) ** 1.2);

const CROWD = 200;
/** horde-rules §1.5: nobody has more jobs waiting; who asks for more is refused. */
const WAITING_MAX = 30;
/** 1 to 4 jobs. */
const JOBS_MAX = 4;

/** Two hundred people who ask at random, each with what they have at the start and earn while the run lasts: just what they spend. */
export const crowd = (horde: ToyHorde, load: number, kudosMax = Infinity): void => {
  const kudos = new Map(Array.from({ length: CROWD }, (_, nth) => [1 + nth, Math.min(kudosMax, anyKudos(horde))]));
  for (const [payer, has] of kudos) horde.balances.set(payer, has);
  horde.often((load * JOBS_AN_HOUR) / ((1 + JOBS_MAX) / 2), () => {
    const payer = horde.random.between(1, CROWD);
    const jobs = horde.random.between(1, JOBS_MAX);
    if (horde.queue.waitingJobsOf(payer, 'image') + jobs > WAITING_MAX) return;
    horde.balances.set(payer, kudos.get(payer)!);
    horde.ask({ payer, jobs });
  });
};

export interface Pair {
  readonly kudos: number;
  /** From asking to the last hand-out, in seconds; undefined while some of the work was never handed out. */
  readonly lastS: readonly (number | undefined)[];
}

const PAIR_JOBS = 20;

/** Two payers with the same kudos ask for the same work at the same moment: one in one request, the other in twenty. */
const askInPairs = (horde: ToyHorde, everyS: number): (() => Pair[]) => {
  const pairs: { readonly kudos: number; readonly asked: readonly (readonly Told[])[] }[] = [];
  let payer = 10_000;
  const again = (): void => {
    const kudos = anyKudos(horde);
    const asked = [1, PAIR_JOBS].map((requests) => {
      payer += 1;
      horde.balances.set(payer, kudos);
      return Array.from({ length: requests }, () => horde.ask({ payer, jobs: PAIR_JOBS / requests }));
    });
    pairs.push({ kudos, asked });
    horde.after(everyS * 1_000, again);
  };
  horde.after(everyS * 1_000, again);
  return () => pairs.map(({ kudos, asked }) => ({ kudos, lastS: asked.map(lastOf) }));
};

const lastOf = (requests: readonly Told[]): number | undefined => {
  if (requests.some(({ doneAtMs }) => doneAtMs === undefined)) return undefined;
  return (Math.max(...requests.flatMap(({ handOutsMs }) => handOutsMs)) - requests[0]!.acceptedAtMs) / 1_000;
};

export const pairs = (weather: Weather, hours: number): { pairs: Pair[]; horde: ToyHorde } => {
  const horde = hordeOf(weather);
  crowd(horde, weather.load);
  const asked = askInPairs(horde, 300);
  horde.run(hours * 3_600);
  return { pairs: asked(), horde };
};

/** Who always has so many requests of one job in the queue. */
export interface Keeper {
  readonly payer: number;
  readonly kudos: number;
  readonly requests: number;
}

/** From now on; what they spend is made good. Returns how many jobs each has been handed since. */
export const keep = (horde: ToyHorde, keepers: readonly Keeper[]): (() => { keeper: Keeper; handOuts: number }[]) => {
  const byPayer = new Map(keepers.map((keeper) => [keeper.payer, { keeper, handOuts: 0 }]));
  const ask = ({ payer, kudos }: Keeper): void => {
    horde.balances.set(payer, kudos);
    horde.ask({ payer, jobs: 1 });
  };
  horde.watchers.push(({ wish: { payer } }, what) => {
    const known = byPayer.get(payer);
    if (known && what === 'over') ask(known.keeper);
    if (known && what === 'handed out') known.handOuts += 1;
  });
  for (const keeper of keepers) for (let nth = 0; nth < keeper.requests; nth += 1) ask(keeper);
  return () => [...byPayer.values()];
};

/** Much more than anybody of the crowd, at any age that a request reaches. */
const RICH_KUDOS = 100_000;
const RICH = 6;

/** A horde whose queue some rich people fill with all they may: by kudos alone, nobody else would be served. */
export const besideTheRich = (weather: Weather, hours: number): { rich: number; shares: { keeper: Keeper; handOuts: number }[]; handOuts: number; horde: ToyHorde } => {
  const horde = hordeOf(weather);
  const rich = keep(horde, Array.from({ length: RICH }, (_, nth) => ({ payer: 30_000 + nth, kudos: RICH_KUDOS, requests: WAITING_MAX })));
  crowd(horde, weather.load, 5_000);
  horde.run(1_800); // until it is full
  const levels = [20, 100, 500, 2_000];
  const kept = keep(horde, levels.flatMap((kudos, level) => [1, 30].map((requests, nth) => ({ payer: 20_000 + 2 * level + nth, kudos, requests }))));
  const before = rich().reduce((sum, { handOuts }) => sum + handOuts, 0);
  let handOuts = 0;
  horde.watchers.push((_, what) => { if (what === 'handed out') handOuts += 1; });
  horde.run(hours * 3_600);
  return { rich: rich().reduce((sum, each) => sum + each.handOuts, 0) - before, shares: kept(), handOuts, horde };
};
