import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anImageAsk, aServe, aTextAsk, reference } from '../../../test/support/asks.js';
import { PricedWorld, VALIDATED_AGENT, type Ask, type Serve } from '../../../test/support/priced-world.js';
import { declaration } from '../../../test/support/request-facts.js';
import { ledgerOf, type Recorded } from '../../kernel/event.js';
import { centikudos } from '../../kernel/kudos.js';
import type { Posting } from '../../kernel/ledger.js';
import { patchedPolicy, readPatch, type PolicyPatch } from '../../pricing/policy-patch.js';
import { PRICE_POLICY_1 as POLICY, type PricePolicy } from '../../pricing/price-policy.js';
import { Pricing } from '../../pricing/pricing.js';
import { gini, whatIfReport, type WhatIfReport } from './report.js';
import { WhatIf } from './what-if.js';

const SEED = 9;
const [RICH, POOR, OWNER, NEWCOMER] = [7, 8, 12, 13];
/** Costs 9.33 kudos, and 18.66 at twice the scale. */
const PLAIN = { width: 512, height: 512, steps: 40, sampler: 'k_euler_a', karras: true, cfgScale: 5 };
const image = (parts: Partial<Ask> = {}): Ask => ({
  kind: 'image', payer: RICH, features: PLAIN, jobs: 1, models: ['stable_diffusion'], offered: [], slowWorkers: true, workerBlacklist: false,
  load: { queue: 0, threads: 100 }, ...parts,
});
const text = (parts: Partial<Ask> = {}): Ask => image({ kind: 'text', features: { maxLength: 80, maxContextLength: 2048, promptTokens: 1024 }, models: ['microsoft/phi-4'], ...parts });
const serve = (parts: Partial<Serve> = {}): Serve => ({
  owner: OWNER, ownerTrusted: true, agent: VALIDATED_AGENT, models: ['stable_diffusion', 'microsoft/phi-4', 'Flux.1-Schnell fp8 (Compact)'], state: 'ok', text: 'x'.repeat(400), ...parts,
});
const aWorld = (kudos: Readonly<Record<number, number>> = {}): PricedWorld => {
  const world = new PricedWorld(new Pricing(POLICY, reference));
  for (const user of [RICH, POOR, OWNER, NEWCOMER]) world.open(user, kudos[user] ?? 0);
  return world;
};
const whole = (world: PricedWorld, ask: Ask, ...serves: readonly Serve[]): void => {
  const { facts } = world.ask(ask)!;
  for (const each of serves) expect(world.serve(facts, each)).toBeDefined();
  world.end(facts);
};

const folded = (log: readonly Recorded[], patch: PolicyPatch, more: { from?: string; policies?: readonly PricePolicy[] } = {}): { fold: WhatIf; postings: (readonly Posting[])[]; report: WhatIfReport } => {
  const fold = new WhatIf({ patch, policies: [POLICY], reference, ...more });
  const postings = log.map((event) => fold.add(event));
  return { fold, postings, report: whatIfReport(fold) };
};
const row = ({ users }: WhatIfReport, user: number) => users.find((each) => each.user === user)!;

describe('the same log under another policy', () => {
  it('asks more of who spends and gives it to who works, to the centikudo', () => {
    const world = aWorld({ [RICH]: 100_000 });
    whole(world, image(), serve());
    // The price is doubled; the fees stay: 3 for asking, 1 for the job.
    const { report, fold } = folded(world.log, { image: { scale: 2 } });
    expect(fold.jobs).toEqual({ repriced: 1, before: 0, unexplained: 0 });
    expect(row(report, RICH)).toEqual({
      user: RICH, balance: { was: 102_500 - 300 - 1_033, would: 102_500 - 300 - 1_966 }, earned: { was: 0, would: 0 }, spent: { was: 1_333, would: 2_266 }, difference: -933,
    });
    expect(row(report, OWNER)).toMatchObject({ earned: { was: 933, would: 1_866 }, difference: 933 });
    expect(report.totals).toEqual({ earned: { was: 933, would: 1_866 }, spent: { was: 1_333, would: 2_266 }, gainers: 1, losers: 1, unchanged: 2 });
    expect(report.users.map(({ user }) => user)).toEqual([OWNER, POOR, NEWCOMER, RICH]);
    expect(report.models).toEqual([{ kind: 'image', model: 'stable_diffusion', jobs: 1, earned: { was: 933, would: 1_866 }, spent: { was: 1_033, would: 1_966 }, difference: 933 }]);
    expect(report.kinds.map(({ model, jobs, spent }) => [model, jobs, spent])).toEqual([['(activation)', 1, { was: 300, would: 300 }], ['(jobs)', 1, { was: 1_033, would: 1_966 }]]);
    expect(report.system.find(({ account }) => account === 'burn:settlement')).toMatchObject({ balance: { was: 100, would: 100 } });
  });

  it('prices text by what was delivered, by whom, and unknown models by the trust in their owner', () => {
    const world = aWorld({ [RICH]: 1_000_000 });
    whole(world, text(), serve());
    whole(world, text(), serve({ agent: 'somebody:1:x', owner: NEWCOMER, ownerTrusted: false }));
    whole(world, text({ models: ['nobody knows'] }), serve({ models: ['nobody knows'] }));
    const { report } = folded(world.log, { text: { divisor: 62.5, unknownPerToken: 0.054 } });
    for (const { earned } of report.models) expect(Math.abs(earned.would - 2 * earned.was)).toBeLessThanOrEqual(2);
    expect(report.jobs).toEqual({ repriced: 3, before: 0, unexplained: 0 });
  });

  it('pays a bridge less where the policy says so, and burns the rest', () => {
    const world = aWorld({ [RICH]: 100_000 });
    whole(world, image(), serve({ agent: 'old bridge:1:x' }));
    const { report } = folded(world.log, { bridgeMultipliers: { 'old bridge': 0.75 } });
    expect(row(report, OWNER)).toMatchObject({ earned: { was: 933, would: 700 }, difference: -233 });
    expect(row(report, RICH).difference).toBe(0);
    expect(report.system.find(({ account }) => account === 'burn:settlement')).toMatchObject({ difference: 233 });
  });

  it('counts the parts of what is asked that cost at once: activation, extra source images, a style', () => {
    const world = aWorld({ [RICH]: 100_000 });
    whole(world, image({ features: { ...PLAIN, sourceImage: true, sourceProcessing: 'remix', extraSourceImages: 2 }, models: ['Stable Cascade 1.0'] }), serve({ models: ['Stable Cascade 1.0'] }));
    expect(row(folded(world.log, { activation: { extraSourceImage: 7 } }).report, RICH).difference).toBe(-400);
    expect(row(folded(world.log, { activation: { image: 0 } }).report, RICH).difference).toBe(200);
  });

  it('charges nobody for anonymous use, and says what it would have issued', () => {
    const world = aWorld();
    whole(world, image({ payer: 0, jobs: 2 }), serve(), serve());
    const { report } = folded(world.log, { image: { scale: 2 }, activation: { base: 2 } });
    expect(report.users.filter(({ difference }) => difference !== 0).map(({ user }) => user)).toEqual([OWNER]);
    expect(report.system.find(({ account }) => account === 'issue:anonymous')).toMatchObject({ difference: -2 * 933 - 100 });
  });

  it('forgives below the floor as the ledger does, in either direction', () => {
    const world = aWorld({ [POOR]: 500 });
    whole(world, image({ payer: POOR }), serve()); // 500 − 300 leaves 200 of the 1,033
    const { report, postings } = folded(world.log, { image: { scale: 0.05 } }); // 9.33 becomes 0.47, so 1.47 with its fee
    expect(row(report, POOR)).toMatchObject({ spent: { was: 500, would: 300 + 147 }, difference: 53 });
    expect(report.system.find(({ account }) => account === 'issue:floor')).toMatchObject({ balance: { was: -833, would: 0 } });
    expect(postings.flat().every(({ amount }) => Number.isSafeInteger(amount))).toBe(true);
    const dearer = folded(world.log, { activation: { base: 90 } }).report; // nothing left for the job at all
    expect(row(dearer, POOR)).toMatchObject({ spent: { was: 500, would: 500 }, difference: 0 });
  });

  it('gives back what an abandoned request would have paid', () => {
    const world = aWorld({ [RICH]: 100_000 });
    world.abandon(image());
    world.abandon(image({ payer: POOR })); // nothing was paid, so nothing was given back
    const { report } = folded(world.log, { activation: { base: 40 } });
    for (const user of [RICH, POOR]) expect(row(report, user)).toMatchObject({ spent: { was: 0, would: 0 }, difference: 0 });
  });

  it('releases from escrow what would have waited there', () => {
    const world = aWorld({ [RICH]: 100_000 });
    whole(world, image(), serve({ owner: NEWCOMER, ownerTrusted: false }));
    const released: Recorded = {
      ...world.log.at(-1)!, stream: `account-${NEWCOMER}`, position: world.log.length, type: 'EscrowReleased.v1', data: { user: NEWCOMER, ledger: {
        txId: 'r', kind: 'evaluation_promotion', effectiveAt: world.now(), policy: 1, reverses: null,
        postings: [{ account: `user:${NEWCOMER}:escrow`, amount: centikudos(-466) }, { account: `user:${NEWCOMER}:spendable`, amount: centikudos(466) }],
      } },
    };
    const { fold } = folded([...world.log, released], { image: { scale: 2 } });
    expect(fold.books.of(NEWCOMER)).toMatchObject({ was: { spendable: 2_500 + 933, escrow: 0 }, would: { spendable: 2_500 + 1_866, escrow: 0 } });
  });

  it('brings the owner of a style what their share of the activation would have been, once', () => {
    const world = aWorld({ [RICH]: 100_000 });
    whole(world, text({ jobs: 2, style: { style: 's', owner: NEWCOMER } }), serve(), serve());
    const { report } = folded(world.log, { styleReward: 1, activation: { foreignTextStyle: 4 } });
    expect(row(report, NEWCOMER)).toMatchObject({ earned: { was: 200, would: 100 }, difference: -100 });
    expect(row(report, RICH).difference).toBe(-200);
    expect(report.system.find(({ account }) => account === 'burn:style')).toMatchObject({ balance: { was: 0, would: 0 } });
  });

  it('pays workers for their time by what they declared before', () => {
    const [at, ready] = ['2026-03-01T12:20:00.000Z', declaration({ models: ['a', 'b', 'c'], allowLora: true })];
    const reward = (worker: string, kind: string, amount: number, waits: boolean): Partial<Recorded> => ({ type: 'UptimeRewarded.v1', data: {
      worker, owner: OWNER, kind, number: 1, amount, spendable: waits ? 0 : amount, escrow: waits ? amount : 0, rewardedAt: at, policy: 1, ledger: {
        txId: `uptime-${worker}`, kind: 'uptime_reward', effectiveAt: at, policy: 1, reverses: null,
        postings: [{ account: 'issue:uptime', amount: centikudos(-amount) }, { account: `user:${OWNER}:${waits ? 'escrow' : 'spendable'}`, amount: centikudos(amount) }],
      },
    } });
    const declared = (worker: string, said: object): Partial<Recorded> => ({ type: 'WorkerDeclared.v1', data: { worker, declaration: said, declaredAt: at } });
    const log = [
      declared('dreamer', ready), reward('dreamer', 'image', 8_600, false), declared('dreamer', declaration()), reward('dreamer', 'image', 8_600, true),
      declared('alchemist', ready), reward('alchemist', 'interrogation', 4_000, false),
      declared('scribe', declaration({ agent: VALIDATED_AGENT, models: ['microsoft/phi-4'], maxContextLength: 2_048 })), reward('scribe', 'text', 11_519, false),
      reward('nobody', 'image', 5_000, false),
    ].map((event, position) => ({ stream: 'worker-x', revision: position, position, id: String(position), metadata: {}, ...event }) as unknown as Recorded);
    const { report, fold } = folded(log, { uptime: { image: { base: 60, perModel: 1 }, interrogation: 10, text: { base: 55 } } });
    expect(fold.uptime).toEqual({ repriced: 4, before: 0, unexplained: 1 });
    expect(report.kinds).toContainEqual(expect.objectContaining({ kind: 'uptime', jobs: 5, earned: { was: 2 * 8_600 + 4_000 + 11_519 + 5_000, would: 2 * 9_300 + 1_000 + 17_801 + 5_000 } }));
    expect(fold.books.of(OWNER)).toMatchObject({ was: { escrow: 8_600 }, would: { escrow: 9_300 } });
    expect(folded(log, {}).report.users.every(({ difference }) => difference === 0)).toBe(true);
  });

  it('prices forms of alchemy by their kind and the tiles of their image', () => {
    const world = aWorld({ [RICH]: 100_000 });
    const forms = [{ form: 'caption', price: centikudos(100), debit: centikudos(300) }, { form: 'GFPGAN', price: centikudos(1_200), debit: centikudos(1_400) }];
    whole(world, image({ kind: 'alchemy', features: { tiles: 4, forms }, jobs: 2, models: [] }), serve(), serve());
    const { report, fold } = folded(world.log, { alchemy: { postProcessorPerTile: 5, perFormSlowWorkers: 1 } });
    expect(fold.jobs).toEqual({ repriced: 2, before: 0, unexplained: 0 });
    expect(row(report, OWNER)).toMatchObject({ earned: { was: 1_300, would: 2_100 } });
    expect(row(report, RICH)).toMatchObject({ spent: { was: 1_700, would: 2_300 } });
  });

  it('leaves requests from before the date as they were', () => {
    const world = aWorld({ [RICH]: 100_000 });
    whole(world, image(), serve());
    const from = world.now();
    whole(world, image(), serve());
    const { report } = folded(world.log, { image: { scale: 2 } }, { from: new Date(Date.parse(from) + 1).toISOString() });
    expect(report.jobs).toEqual({ repriced: 1, before: 1, unexplained: 0 });
    expect(row(report, RICH).difference).toBe(-933);
  });

  it('leaves and counts what is not explained by what is stored', () => {
    const world = aWorld({ [RICH]: 100_000 });
    whole(world, text(), serve());
    whole(world, image(), serve());
    const untold = world.log.map((event): Recorded => {
      if (event.type === 'JobSubmitted.v1') return { ...event, data: { ...event.data, text: undefined } };
      return event.type === 'RequestAccepted.v1' ? { ...event, data: { ...event.data, reference: 99 } } : event;
    });
    const { report } = folded(untold, { image: { scale: 2 }, text: { divisor: 10 } });
    expect(report.jobs).toEqual({ repriced: 0, before: 0, unexplained: 2 });
    expect(report.users.every(({ difference }) => difference === 0)).toBe(true);
  });

  it('says when a gift would not have been possible, and lets it stand', () => {
    const world = aWorld({ [RICH]: 3_000 });
    whole(world, image(), serve());
    world.transfer(RICH, POOR, 1_667);
    const { report, fold } = folded(world.log, { image: { scale: 2 } });
    expect(fold.overdrawn).toBe(1);
    expect(row(report, RICH).balance).toEqual({ was: 2_500, would: 2_500 - 933 });
  });
});

const user = fc.constantFrom(RICH, POOR);
const anyAsk = fc.oneof(anImageAsk(fc.oneof(user, fc.constant(0))), aTextAsk(fc.oneof(user, fc.constant(0))));
const step = fc.oneof(
  fc.record({ kind: fc.constant('request' as const), ask: anyAsk, serves: fc.array(aServe(fc.constantFrom(OWNER, NEWCOMER, POOR)), { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('gift' as const), from: fc.constantFrom(RICH, OWNER), to: fc.constantFrom(POOR, NEWCOMER), amount: fc.integer({ min: 1, max: 5_000 }) }),
  fc.record({ kind: fc.constant('abandon' as const), ask: anyAsk }),
  fc.record({ kind: fc.constant('grant' as const), to: user, amount: fc.integer({ min: 1, max: 2_000_000 }) }),
);
const history = fc.array(step, { minLength: 3, maxLength: 12 });
const lived = (steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]): PricedWorld => {
  const world = aWorld({ [RICH]: 500_000_000, [POOR]: 3_000 });
  for (const each of steps) {
    if (each.kind === 'gift') world.transfer(each.from, each.to, each.amount);
    else if (each.kind === 'grant') world.grant(each.to, each.amount);
    else if (each.kind === 'abandon') world.abandon(each.ask);
    else {
      const taken = world.ask(each.ask);
      if (!taken) continue;
      for (const served of each.serves) world.serve(taken.facts, { ...served, models: [...each.ask.models, ...each.ask.offered, ...served.models] });
      world.end(taken.facts);
    }
  }
  return world;
};
const factor = fc.double({ min: 0.1, max: 10, noNaN: true });
const aPatch: fc.Arbitrary<PolicyPatch> = fc.record({
  image: fc.record({ scale: factor, lora: factor, hiresFix: factor, burn: fc.record({ perJob: factor, sourceImage: factor }) }, { requiredKeys: [] }),
  text: fc.record({ divisor: fc.double({ min: 1, max: 1_000, noNaN: true }), perJob: factor, unvalidated: factor }, { requiredKeys: [] }),
  activation: fc.record({ base: factor, extraSourceImage: factor }, { requiredKeys: [] }), bridgeMultipliers: fc.record({ somebody: factor }, { requiredKeys: [] }),
}, { requiredKeys: [] });

describe('laws', () => {
  it('under the same policy every transaction is the same, byte for byte, and nobody gains or loses', () => {
    let repriced = 0;
    fc.assert(fc.property(history, (steps) => {
      const { log } = lived(steps);
      const { postings, report } = folded(log, {});
      expect(JSON.stringify(postings)).toBe(JSON.stringify(log.map((event) => ledgerOf(event)?.postings ?? [])));
      expect(report.users.every(({ difference, earned, spent }) => difference === 0 && earned.was === earned.would && spent.was === spent.would)).toBe(true);
      expect(report.jobs).toMatchObject({ before: 0, unexplained: 0 });
      expect(report.gini.would).toBe(report.gini.was);
      repriced += report.jobs.repriced;
    }), { seed: SEED, numRuns: 300 });
    expect(repriced).toBeGreaterThan(200);
  });

  it('under any policy every transaction balances, and a difference is what was earned and spent otherwise', () => {
    fc.assert(fc.property(history, aPatch, (steps, patch) => {
      expect(readPatch(patch)).toHaveProperty('patch');
      const { log } = lived(steps);
      const { postings, report, fold } = folded(log, patch);
      for (const each of postings) expect(each.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
      for (const { earned, spent, difference } of report.users) expect(difference).toBe(earned.would - earned.was - (spent.would - spent.was));
      const supply = [...report.users.map(({ difference }) => difference), ...report.system.map(({ difference }) => difference)];
      expect(supply.reduce((sum, difference) => sum + difference, 0)).toBe(0);
      if (fold.overdrawn === 0) for (const { floor, would } of fold.books.users.values()) expect(would.spendable).toBeGreaterThanOrEqual(floor);
    }), { seed: SEED, numRuns: 200 });
  });

  it('answers what would have happened, when it did happen: the log of a world that had adopted it', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.oneof(anImageAsk(fc.constant(RICH)), aTextAsk(fc.constant(RICH))), aServe(fc.constant(OWNER))), { maxLength: 6 }), aPatch, (asks, patch) => {
      const live = (policy: PricePolicy): PricedWorld => {
        const world = new PricedWorld(new Pricing(policy, reference));
        for (const each of [RICH, OWNER]) world.open(each, 1_000_000_000_000);
        for (const [ask, served] of asks) {
          // Named models and free workers: who is admitted and who serves must be the same in both worlds.
          const { facts } = world.ask({ ...ask, models: ['stable_diffusion', ...ask.models] })!;
          world.serve(facts, { ...served, models: ['stable_diffusion', ...served.models] });
          world.end(facts);
        }
        return world;
      };
      const would = live(patchedPolicy(POLICY, patch)).log.map((event) => ledgerOf(event)?.postings ?? []);
      expect(folded(live(POLICY).log, patch).postings).toEqual(would);
    }), { seed: SEED, numRuns: 150 });
  });
});

describe('the Gini coefficient', () => {
  it.each([[[], 0], [[5], 0], [[0, 0], 0], [[5, 5, 5], 0], [[0, 10], 5_000], [[0, 0, 0, 10], 7_500], [[1, 2, 3, 4], 2_500], [[-7, 10], 5_000], [[2 ** 53 - 1, 2 ** 53 - 1], 0]])('of %j is %d', (amounts, expected) => {
    expect(gini(amounts)).toBe(expected);
  });
});
