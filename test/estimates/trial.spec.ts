import { it } from '@jest/globals';
import { PlayedHorde, type PlayedSettings } from './played-horde.js';
import type { Seeded } from '../support/seeded.js';

const MODELS = ['Deliberate', 'Dreamshaper', 'Pony Diffusion XL', 'AlbedoBase XL (SDXL)', 'Juggernaut XL', 'Anything Diffusion'];
const wish = (payers: number, richest: number) => (random: Seeded) => {
  const payer = random.between(1, payers);
  const model = MODELS[Math.floor(random.unit() ** 2 * MODELS.length)]!;
  return {
    payer, kudos: Math.round(richest * (payer / payers) ** 4), jobs: random.chance(0.2) ? random.between(2, 8) : 1,
    models: random.chance(0.1) ? [] : [model], side: random.pick([512, 512, 768, 1_024]), steps: random.between(15, 40),
  };
};
const workersOf = (count: number) => Array.from({ length: count }, (_, n) => ({
  models: MODELS.filter((_, m) => (n * 7 + m * 3) % 5 < 3 || m === n % 6), speed: 400_000 * (1 + (n % 5)), threads: n % 4 === 0 ? 2 : 1,
}));
const trial = (name: string, load: number, given: Partial<PlayedSettings> = {}, count = 20, richest = 20_000): void => {
  const workers = workersOf(count);
  const rate = workers.reduce((sum, { speed, threads }) => sum + speed * threads, 0);
  const work = 27.5 * 0.5e6 * 1.8; // mean steps × mean pixels × mean jobs
  const perHour = (load * rate * 3_600) / work;
  const horde = new PlayedHorde({ seed: 17, workers, perHour, wish: wish(60, richest), service: 'near', watchOneIn: 20, ...given });
  const t0 = process.cpuUsage().user;
  horde.run(4_500);
  const ms = (process.cpuUsage().user - t0) / 1_000;
  const measured = horde.kept.filter(({ acceptedAtS, trueStartS, expired }) => acceptedAtS > 900 && (trueStartS !== undefined || expired));
  const within = (e: number, t: number) => Math.abs(e - t) <= Math.max(60, 0.5 * t);
  const est = (k: typeof measured[number]) => (k.startS === Infinity ? k.doneS : k.startS);
  const truth = (k: typeof measured[number]) => k.trueStartS ?? k.trueDoneS!;
  const done = measured.filter((k) => k.trueDoneS !== undefined);
  const long = measured.filter((k) => truth(k) > 60);
  const share = (xs: typeof measured, f: (k: typeof measured[number]) => boolean) => (xs.length ? (100 * xs.filter(f).length / xs.length).toFixed(1) : '-');
  const mean = (xs: number[]) => (xs.length ? (xs.reduce((a, b) => a + b, 0) / xs.length).toFixed(1) : '-');
  console.log(`${name} n=${measured.length} start ${share(measured, (k) => within(est(k), truth(k)))}% done ${share(done, (k) => within(k.doneS, k.trueDoneS!))}% long(${long.length}) ${share(long, (k) => within(est(k), truth(k)))}% bias ${mean(measured.map((k) => est(k) - truth(k)))} abs ${mean(measured.map((k) => Math.abs(est(k) - truth(k))))} meanTruth ${mean(measured.map(truth))} expired ${measured.filter((k) => k.expired).length} saidExpire ${measured.filter((k) => k.startS === Infinity).length} cpu ${ms.toFixed(0)} ms of which asks ${horde.askedMs.toFixed(0)} (${horde.kept.length} asked)`);
  const worst = [...long].filter((k) => !within(est(k), truth(k))).slice(0, 12).map((k) => `${est(k).toFixed(0)}/${truth(k).toFixed(0)}${k.expired ? 'x' : ''} k${k.wish.kudos}`);
  console.log(`   wrong: ${worst.join('  ')}`);
};

it('trial', () => {
  trial('load 1.2 random', 1.2, { service: 'random' }, 10);
  trial('load 0.9 random', 0.9, { service: 'random' }, 10);
}, 600_000);
