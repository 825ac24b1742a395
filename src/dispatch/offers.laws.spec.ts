import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anImage, aText, IMAGE_MODELS, reference, TEXT_MODELS } from '../../test/support/asks.js';
import { declaration, imageFacts, textFacts } from '../../test/support/request-facts.js';
import type { Recorded } from '../kernel/event.js';
import { centikudos } from '../kernel/kudos.js';
import type { ImageJobFeatures } from '../pricing/job-features.js';
import { PRICE_POLICY_1 } from '../pricing/price-policy.js';
import { Pricing } from '../pricing/pricing.js';
import { imageBaseline } from '../reference/reference.js';
import { isHeavy, POST_PROCESSORS } from '../reference/catalogue.js';
import { requestDecider } from '../requests/request.decider.js';
import type { JobAssigned, RequestEvent, RequestFacts } from '../requests/request.events.js';
import type { Request } from '../requests/request.state.js';
import type { Declaration } from '../workers/worker.events.js';
import { LiveQueue, type AnyWorkerFacts } from './live-queue.message.js';
import type { PoppingWorker } from './live-queue/queue-row.js';
import { chosenModel } from './matching/model-choice.js';
import { imageWorkerFacts, textWorkerFacts } from './matching/worker-facts.js';
import { Offers } from './offers.js';

const IS_LONG = process.env['HORDE_LONG_TESTS'] !== undefined;
const HISTORIES = IS_LONG ? 5_000 : 300;
const AT = '2026-03-01T12:00:00.000Z';
const pricing = new Pricing(PRICE_POLICY_1, reference);
const offers = new Offers(pricing);

const models = (names: readonly string[]) => fc.uniqueArray(fc.constantFrom(...names), { maxLength: 6 });
/** Small ones among them, so that batches are met. */
const side = fc.constantFrom(256, 512, 512, 768, 1024);
const picture = fc.oneof({ weight: 1, arbitrary: anImage }, { weight: 4, arbitrary: fc.record<ImageJobFeatures>({
  width: side, height: side, steps: fc.constant(20), sampler: fc.constant('k_euler'), karras: fc.constant(true), cfgScale: fc.constant(5),
  postProcessing: fc.uniqueArray(fc.constantFrom<string>(...POST_PROCESSORS), { maxLength: 2 }),
}) });
const asked = fc.record({
  kind: fc.constantFrom('image' as const, 'image' as const, 'text' as const), picture, text: aText, images: models(IMAGE_MODELS.slice(0, 6)), texts: models(TEXT_MODELS.slice(0, 6)),
  jobs: fc.integer({ min: 1, max: 12 }), disableBatching: fc.boolean(), unitPriceMax: fc.constantFrom(500, 5_000, 1_000_000),
});
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;
const popped = fc.record({
  kind: fc.constantFrom('image' as const, 'image' as const, 'text' as const), images: models(IMAGE_MODELS.slice(0, 8)), texts: models(TEXT_MODELS.slice(0, 8)),
  amount: fc.integer({ min: 1, max: 20 }), maxPixels: fc.constantFrom(262_144, 1_048_576, 16_777_216), random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  gives: fc.constantFrom('back', 'nothing', 'nothing'),
});
type Popped = typeof popped extends fc.Arbitrary<infer T> ? T : never;

const factsOf = (request: string, { kind, picture: features, text, images, texts, jobs, disableBatching, unitPriceMax }: Asked): RequestFacts => {
  const common = { request, payer: 7, acceptedAt: AT, jobs, disableBatching, validatedBackends: false, unitPriceMax: centikudos(unitPriceMax) };
  return kind === 'image' ? imageFacts({ ...common, models: images, features }) : textFacts({ ...common, models: texts, features: text });
};

/** Requests, a queue and workers that take what it offers them. */
class World {
  readonly queue = new LiveQueue({ queue: () => Promise.resolve({ position: 0, rows: [], served: new Map() }) }, reference, { fairShare: 0, fairAges: false, fairBatches: false, anonymousLimits: false });
  readonly requests = new Map<string, Request>();
  #jobs = 0;

  accept(facts: RequestFacts): void {
    this.requests.set(facts.request, requestDecider.initialState(facts.request));
    this.#append(facts.request, { type: 'RequestAccepted.v1', data: facts });
  }

  /** What the pop was given, and of what. */
  pop({ amount, random, ...wish }: Popped, worker: Declaration): { readonly events: readonly RequestEvent[]; readonly facts: RequestFacts; readonly free: number } | undefined {
    const view = viewOf(wish.kind, worker);
    for (const { request } of this.queue.candidates(view, 100)) {
      const { facts, waiting } = this.queue.find(request)!;
      const model = chosenModel(offers.models(facts, view.facts), random);
      if (model === undefined) continue;
      const size = offers.batch(facts, { model, maxPixels: worker.maxPixels, amount, free: waiting });
      const jobs = Array.from({ length: size }, () => `job ${this.#jobs++}`);
      const ttlS = offers.ttlS(facts, model, false);
      const decision = requestDecider.decide({ type: 'AssignJobs', jobs, worker: 'w', owner: 3, model, ttlS, extraSlow: false, at: AT }, this.requests.get(request)!);
      if (decision.outcome === 'refused') throw new Error(`${request} is offered and cannot be taken`);
      for (const event of decision.events) this.#append(request, event);
      if (wish.gives === 'back') this.#append(request, { type: 'JobFaulted.v1', data: { request, job: jobs[0]!, worker: 'w', faultedAt: AT, excused: true, unheard: true } });
      return { events: decision.events, facts, free: waiting };
    }
    return undefined;
  }

  #append(request: string, event: RequestEvent): void {
    const state = requestDecider.evolve(this.requests.get(request)!, event);
    this.requests.set(request, state);
    const revision = this.queue.find(request)?.revision ?? -1;
    this.queue.apply({ stream: `request-${request}`, revision: revision + 1, position: 0, id: '', type: event.type, data: event.data, metadata: {} as Recorded['metadata'] });
  }
}

const viewOf = (kind: 'image' | 'text', declared: Declaration): PoppingWorker<AnyWorkerFacts> => {
  const standing = {
    worker: 'w', owner: 3, ownerTrusted: true, maintenance: false, stale: false, speed: 1_000_000, prioritised: new Set<number>(), requireUpfrontKudos: false, blacklist: [],
  };
  const facts = kind === 'image' ? imageWorkerFacts(declared, standing, reference) : textWorkerFacts(declared, standing, reference);
  return { kind, models: declared.models, ownerIds: [3], facts };
};

/** horde-rules §6.4, written out: what fits into the memory of the worker's graphics card. */
const safe = ({ features }: RequestFacts, model: string, { maxPixels }: Declaration, amount: number): number => {
  const { width, height, postProcessing = [], transparent } = features as ImageJobFeatures;
  const families: Readonly<Record<string, number>> = { flux_1: 5, qwen_image: 10, z_image_turbo: 8 };
  const weight = (1 + 0.4 * postProcessing.length) * (transparent || postProcessing.some(isHeavy) ? 1.8 : 1) * (families[imageBaseline(reference, model)] ?? 1);
  return Math.max(1, Math.round((maxPixels * amount) / (3.5 * width * height * weight)));
};

describe('what a pop is given, in any history of requests and pops (horde-rules §12.20)', () => {
  it('shares one model, which its worker has declared and, where any was named, its request has named; and is no more than asked for, left and safe', () => {
    const reached = { batches: 0, named: 0, any: 0, cut: 0 };
    fc.assert(fc.property(fc.array(asked, { minLength: 1, maxLength: 8 }), fc.array(popped, { minLength: 5, maxLength: 30 }), (requests, pops) => {
      const world = new World();
      requests.forEach((each, at) => { world.accept(factsOf(`r${at}`, each)); });
      for (const wish of pops) {
        const worker = declaration({ models: wish.kind === 'image' ? wish.images : wish.texts, maxPixels: wish.maxPixels, maxLength: 4_096, maxContextLength: 1_048_576 });
        const given = world.pop(wish, worker);
        if (!given) continue;
        const { events, facts, free } = given;
        const assigned = events.map(({ data }) => data as JobAssigned['data']);
        const [model, ...others] = new Set(assigned.map((each) => each.model));
        expect([others, worker.models.includes(model!)]).toEqual([[], true]);
        if (facts.models.length > 0) expect(facts.models).toContain(model);
        const most = facts.kind === 'image' ? safe(facts, model!, worker, wish.amount) : wish.amount;
        expect(assigned.length).toBeGreaterThan(0);
        expect(assigned.length).toBeLessThanOrEqual(Math.min(wish.amount, free, most, facts.disableBatching ? 1 : Infinity));
        reached.batches += assigned.length > 1 ? 1 : 0;
        reached.cut += assigned.length < Math.min(wish.amount, free) ? 1 : 0;
        reached[facts.models.length > 0 ? 'named' : 'any'] += 1;
      }
    }), { seed: 20, numRuns: HISTORIES });
    expect(Math.min(...Object.values(reached))).toBeGreaterThan(50);
  });
});
