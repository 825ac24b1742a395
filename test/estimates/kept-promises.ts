import { isWithin } from '../../src/dispatch/estimates/promise.message.js';
import type { Seeded } from '../support/seeded.js';
import { PlayedHorde, type Kept, type PlayedSettings, type PlayedWish, type PlayedWorker } from './played-horde.js';

export interface Trial {
  readonly name: string;
  /** Work that comes, of what the workers can do. */
  readonly load: number;
  readonly workers?: number;
  /** Kudos of the richest payer; most have hardly any. */
  readonly richest?: number;
  readonly service?: PlayedSettings['service'];
  readonly faults?: number;
  readonly fairShare?: number;
  /** Jobs that half of the workers take at once. */
  readonly batches?: number;
}

/** Shares of 0 to 1; seconds. */
export interface Figures {
  readonly asked: number;
  /** Of the time until the first hand-out, or until expiry. */
  readonly startWithin: number;
  readonly doneWithin: number;
  /** Of the requests that waited for more than a minute. */
  readonly longWithin: number;
  readonly biasS: number;
  readonly errorS: number;
  readonly meanWaitS: number;
}

const MODELS = ['Deliberate', 'Dreamshaper', 'Pony Diffusion XL', 'AlbedoBase XL (SDXL)', 'Juggernaut XL', 'Anything Diffusion'];
const PAYERS = 60;
const JOBS_MAX = 8;
const SIDES = [512, 512, 768, 1_024];
/** Mean steps × mean pixels × mean jobs of `wishes`. */
const MEAN_WORK = 27.5 * ((2 * 512 ** 2 + 768 ** 2 + 1_024 ** 2) / 4) * (0.8 + (0.2 * (2 + JOBS_MAX)) / 2);
/** What happens before is not counted: the forecasts have not seen enough yet. */
const WARM_UP_S = 900;

/** Few models are wanted most; one request in ten takes any. */
const wishes = (richest: number) => (random: Seeded): PlayedWish => {
  const payer = random.between(1, PAYERS);
  const model = MODELS[Math.floor(random.unit() ** 2 * MODELS.length)]!;
  return {
    payer, kudos: Math.round(richest * (payer / PAYERS) ** 4), jobs: random.chance(0.2) ? random.between(2, JOBS_MAX) : 1,
    models: random.chance(0.1) ? [] : [model], side: random.pick(SIDES), steps: random.between(15, 40),
  };
};

/** Each with some of the models, one to five times as fast as others. */
const workersOf = (count: number, batches: number): PlayedWorker[] => Array.from({ length: count }, (_, nth) => ({
  models: MODELS.filter((_model, at) => (nth * 7 + at * 3) % 5 < 3 || at === nth % 6), speed: 400_000 * (1 + (nth % 5)), threads: nth % 4 === 0 ? 2 : 1,
  amount: nth % 2 === 0 ? 1 : batches,
}));

/** Plays a horde for so long and compares what it promised with what came true. */
export const tried = ({ load, workers: count = 10, richest = 20_000, service = 'near', batches = 1, ...given }: Trial, seed: number, seconds: number): Figures => {
  const workers = workersOf(count, batches);
  const rate = workers.reduce((sum, { speed, threads }) => sum + speed * threads, 0);
  const horde = new PlayedHorde({ seed, workers, perHour: (load * rate * 3_600) / MEAN_WORK, wish: wishes(richest), service, watchOneIn: 20, ...given });
  horde.run(seconds);
  const kept = horde.kept.filter(({ acceptedAtS, trueStartS, expired }) => acceptedAtS > WARM_UP_S && (trueStartS !== undefined || expired));
  const done = kept.filter(({ trueDoneS }) => trueDoneS !== undefined);
  const long = kept.filter((each) => truthOf(each) > 60);
  const right = (each: Kept): boolean => isWithin(promiseOf(each), truthOf(each));
  return {
    asked: kept.length, startWithin: share(kept, right), doneWithin: share(done, ({ doneS, trueDoneS }) => isWithin(doneS, trueDoneS!)), longWithin: share(long, right),
    biasS: mean(kept.map((each) => promiseOf(each) - truthOf(each))), errorS: mean(kept.map((each) => Math.abs(promiseOf(each) - truthOf(each)))),
    meanWaitS: mean(kept.map(truthOf)),
  };
};

/** Who is told that nobody will come is told how long the request lives. */
const promiseOf = ({ startS, doneS }: Kept): number => (startS === Infinity ? doneS : startS);
const truthOf = ({ trueStartS, trueDoneS }: Kept): number => trueStartS ?? trueDoneS!;
const share = (all: readonly Kept[], is: (each: Kept) => boolean): number => (all.length === 0 ? 1 : all.filter(is).length / all.length);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

export const row = ({ name }: Trial, { asked, startWithin, doneWithin, longWithin, biasS, errorS, meanWaitS }: Figures): string =>
  `| ${name} | ${asked} | ${percent(startWithin)} | ${percent(longWithin)} | ${percent(doneWithin)} | ${Math.round(meanWaitS)} | ${Math.round(errorS)} | ${Math.round(biasS)} |`;
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
