import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anImageAsk, aServe, aTextAsk, IMAGE_MODELS, reference, TEXT_MODELS } from '../../test/support/asks.js';
import { PricedWorld, type Ask, type Serve, type Taken } from '../../test/support/priced-world.js';
import { Authorizations } from '../audit/authorizations.js';
import { Books } from '../audit/books.js';
import { Jobs } from '../audit/jobs.js';
import { Violations } from '../audit/violations.js';
import type { AuthorizationClosed, AuthorizationOpened, HoldReleased, JobSettled } from '../kudos/account.events.js';
import { imageUnitPrice } from '../pricing/image-price.js';
import type { ImageJobFeatures } from '../pricing/job-features.js';
import { patchedPolicy } from '../pricing/policy-patch.js';
import { PRICE_POLICY_1 as POLICY, type PricePolicy } from '../pricing/price-policy.js';
import { Pricing } from '../pricing/pricing.js';

/**
 * The whole path at decider level: quote, authorise, assign, settle, end. I26 over random requests, models and workers, with
 * a dearer policy adopted in between.
 */
const SEED = 26;
const PAYER = 7;
const OWNER = 12;
const DEARER: PricePolicy = { ...patchedPolicy(POLICY, { image: { scale: 5, burn: { perJob: 9 } }, text: { divisor: 20, perJob: 9 }, activation: { base: 50 } }), version: 2 };

const adopted = new Pricing(POLICY, reference);
const afterwards = new Pricing(DEARER, reference, true, { earlier: [POLICY] });

interface Path {
  readonly world: PricedWorld;
  readonly taken: Taken | undefined;
  readonly served: readonly string[];
}

const walk = (ask: Ask, serves: readonly Serve[], { kudos, change }: { kudos: number; change: boolean }): Path => {
  const world = new PricedWorld(adopted);
  for (const user of [PAYER, OWNER]) world.open(user);
  if (kudos > 0) world.grant(PAYER, kudos);
  const taken = world.ask(ask);
  if (change) world.pricing = afterwards;
  if (!taken) return { world, taken, served: [] };
  const served = serves.slice(0, ask.jobs).flatMap((each) => world.serve(taken.facts, each) ?? []);
  world.end(taken.facts);
  return { world, taken, served };
};

const eventsOf = <Data>(world: PricedWorld, type: string): Data[] => world.log.filter((event) => event.type === type).map(({ data }) => data as Data);

const faults = ({ log }: PricedWorld): readonly string[] => {
  const violations = new Violations();
  const jobs = new Jobs(violations);
  const folds = [new Books(violations), jobs, new Authorizations(violations, jobs)];
  for (const event of log) for (const fold of folds) fold.add(event);
  return violations.kept.map(({ invariant, text }) => `${invariant}: ${text}`);
};

const payer = fc.constantFrom(PAYER, PAYER, 0);
const anAsk = fc.oneof(anImageAsk(payer), aTextAsk(payer));
const means = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50_000 }), fc.constant(100_000_000));
const workers = fc.array(aServe(fc.constant(OWNER)), { maxLength: 6 });

describe('a request on its whole path', () => {
  it('never costs more than its quote, holds exactly what is required less its activation, and pays its workers their price', () => {
    const reached = { taken: 0, refused: 0, held: 0, jobs: 0, forgiven: 0 };
    fc.assert(fc.property(anAsk, workers, means, fc.boolean(), (ask, serves, kudos, change) => {
      const { world, taken, served } = walk(ask, serves, { kudos, change });
      expect(faults(world)).toEqual([]);
      if (!taken) {
        reached.refused += 1;
        expect(eventsOf(world, 'AuthorizationOpened.v1')).toEqual([]);
        return;
      }
      reached.taken += 1;
      const { facts, quote, required } = taken;
      expect(quote.total).toBe(quote.activation + ask.jobs * quote.perJob);
      expect(required).toBeLessThanOrEqual(quote.total);
      const settled = eventsOf<JobSettled['data']>(world, 'JobSettled.v1');
      expect(settled.length).toBe(served.length);
      reached.jobs += settled.length;
      expect(quote.activation + settled.reduce((sum, { debit }) => sum + debit, 0)).toBeLessThanOrEqual(quote.total);
      for (const job of settled) {
        expect(job.price).toBeLessThanOrEqual(facts.unitPriceMax);
        expect(job.debit).toBeLessThanOrEqual(quote.perJob);
        expect(job.spendable + job.escrow).toBe(job.price);
        expect(job.policy).toBe(POLICY.version);
        reached.forgiven += job.forgiven > 0 ? 1 : 0;
      }
      if (facts.payer !== PAYER) return;
      const { hold } = eventsOf<AuthorizationOpened['data']>(world, 'AuthorizationOpened.v1')[0]!;
      reached.held += hold > 0 ? 1 : 0;
      expect(hold).toBe(Math.max(0, required - quote.activation));
      const freed = [
        ...settled.map(({ captured }) => captured), ...eventsOf<HoldReleased['data']>(world, 'HoldReleased.v1').map(({ amount }) => amount),
        ...eventsOf<AuthorizationClosed['data']>(world, 'AuthorizationClosed.v1').map(({ released }) => released),
      ];
      expect(freed.reduce((sum, amount) => sum + amount, 0)).toBe(hold);
      expect([world.account(PAYER).held, world.account(PAYER).authorizations.size]).toEqual([0, 0]);
    }), { seed: SEED, numRuns: 1_500 });
    process.stdout.write(`quotes that were walked to their end: ${JSON.stringify(reached)}\n`);
    expect(Math.min(...Object.values(reached))).toBeGreaterThan(20);
  });

  it('pays its workers the same for censored results, for which it pays no more than what each job burns (horde-rules §12.25)', () => {
    let compared = 0;
    fc.assert(fc.property(anAsk, workers, means, (ask, serves, kudos) => {
      const [shown, censored] = (['ok', 'csam'] as const).map((state) => walk(ask, serves.map((serve) => ({ ...serve, state })), { kudos, change: false }));
      const [paid, spared] = [shown!, censored!].map(({ world }) => eventsOf<JobSettled['data']>(world, 'JobSettled.v1'));
      expect(spared!.length).toBe(paid!.length);
      // Written out: one kudos a job, of images dearer by a fifth without slow workers and by a tenth with workers kept out.
      const burn = ask.kind === 'text' ? 100 : Math.round(100 * (ask.slowWorkers ? 1 : 1.2) * (ask.workerBlacklist ? 1.1 : 1));
      spared!.forEach(({ debit, price, spendable, escrow, things }, at) => {
        const other = paid![at]!;
        expect([price, spendable, escrow, things]).toEqual([other.price, other.spendable, other.escrow, other.things]);
        expect(debit).toBe(burn);
        expect(debit).toBeLessThanOrEqual(other.debit);
        compared += debit < other.debit ? 1 : 0;
      });
    }), { seed: SEED, numRuns: 600 });
    expect(compared).toBeGreaterThan(100);
  });

  it('is handed to no model that is dearer than those it was quoted by', () => {
    let refused = 0;
    fc.assert(fc.property(anImageAsk(fc.constant(PAYER)), aServe(fc.constant(OWNER)), fc.shuffledSubarray(IMAGE_MODELS), (ask, worker, models) => {
      const serve = { ...worker, models };
      const { taken, served: [model] } = walk({ ...ask, models: [], slowWorkers: true }, [serve], { kudos: 100_000_000, change: true });
      const price = (name: string) => imageUnitPrice(ask.features as ImageJobFeatures, name, POLICY, reference);
      const affordable = serve.models.filter((name) => price(name) <= taken!.quote.unitPrice);
      refused += serve.models.length - affordable.length;
      expect(model).toBe(affordable[0]);
    }), { seed: SEED, numRuns: 900 });
    expect(refused).toBeGreaterThan(100);
  });

  it('is not touched by a policy that is adopted while it is under way', () => {
    fc.assert(fc.property(anAsk, workers, means, (ask, serves, kudos) => {
      const [as, changed] = [false, true].map((change) => walk(ask, serves, { kudos, change }).world.log.filter(({ type }) => type === 'JobSettled.v1'));
      expect(changed!.map(({ data }) => data)).toEqual(as!.map(({ data }) => data));
    }), { seed: SEED, numRuns: 300 });
  });

  it('is quoted anew by the new policy when it comes after it', () => {
    const world = new PricedWorld(afterwards);
    world.open(PAYER, 10_000_000);
    const ask: Ask = {
      kind: 'image', payer: PAYER, features: { width: 512, height: 512, steps: 30, sampler: 'k_euler_a', karras: true, cfgScale: 5 }, jobs: 1, models: ['stable_diffusion'],
      offered: [], slowWorkers: true, workerBlacklist: false, load: { queue: 0, threads: 100 },
    };
    expect(world.ask(ask)!.facts).toMatchObject({ policy: 2, activation: 5_200 });
  });
});

describe('a quote', () => {
  it('for any model is that of the dearest that is offered, and names it', () => {
    const world = new PricedWorld(adopted);
    fc.assert(fc.property(anAsk, (ask) => {
      const any = world.quoteOf({ ...ask, models: [] }).quote;
      const each = ask.offered.map((model) => world.quoteOf({ ...ask, models: [model] }).quote);
      if (each.length === 0) expect(any.dearest).toBeUndefined();
      else {
        expect(any.total).toBe(Math.max(...each.map(({ total }) => total)));
        expect(world.quoteOf({ ...ask, models: [any.dearest!] }).quote.total).toBe(any.total);
      }
    }), { seed: SEED, numRuns: 300 });
  });

  it('grows with every model that is added to the list', () => {
    const world = new PricedWorld(adopted);
    fc.assert(fc.property(anAsk, fc.constantFrom(...IMAGE_MODELS), fc.constantFrom(...TEXT_MODELS), (ask, image, text) => {
      const [first = image] = ask.models;
      const [one, two] = [[first], [first, ask.kind === 'image' ? image : text]].map((models) => world.quoteOf({ ...ask, models }).quote.total);
      expect(two).toBeGreaterThanOrEqual(one!);
    }), { seed: SEED, numRuns: 300 });
  });
});
