import { describe, expect, it } from '@jest/globals';
import { benchModels, seeded, someRequest } from '../cli/bench/dispatch-workload.js';
import { declaration } from '../../test/support/request-facts.js';
import { Pricing } from '../pricing/pricing.js';
import { PRICE_POLICY_1 } from '../pricing/price-policy.js';
import { loadReference } from '../reference/load-reference.js';
import type { KnownWorker } from '../workers/registry.message.js';
import { matcherOf } from './live-queue.message.js';
import { Matcher } from './matcher.js';
import { isWithdrawn, WorkerViews } from './worker-view.js';

const reference = loadReference();
const pricing = new Pricing(PRICE_POLICY_1, reference);
const models = benchModels(reference);
const random = seeded(7);
const yes = (share: number): boolean => random() < share;
const NO_WISH = { prioritised: [], requireUpfrontKudos: false, blacklist: [], test: false };

const someWorker = (index: number): KnownWorker => ({
  id: `worker-${index}`, kind: 'image', owner: 1 + (index % 20), nameHash: String(index), registeredAtMs: 0,
  declaration: declaration({
    models: models.filter(() => yes(0.3)), maxPixels: yes(0.5) ? 1024 * 1024 : 2048 * 2048, nsfw: yes(0.9), allowImg2img: yes(0.8), allowLora: yes(0.8),
    allowControlnet: yes(0.7), allowPostProcessing: yes(0.8), extraSlow: yes(0.1), limitMaxSteps: yes(0.2),
  }),
  maintenance: yes(0.1), maintenanceMessage: undefined, paused: yes(0.1), samples: yes(0.5) ? [] : [yes(0.5) ? 100_000 : 2_000_000], lastSeenMs: 0, presentSinceMs: 0,
  uptimeThroughMs: 0, outageMs: 0, ownerTrusted: yes(0.7),
});

describe('whom a request may be served by', () => {
  it('is what the rules say of each worker, its own payer\'s among them, also after a worker has changed', () => {
    const matcher = new Matcher(pricing);
    const rules = matcherOf(reference);
    const views = new WorkerViews(pricing, isWithdrawn);
    const workers = Array.from({ length: 60 }, (_, index) => someWorker(index));
    const seen = { served: 0, refused: 0, own: 0 };
    for (let nth = 0; nth < 1_500; nth++) {
      const facts = { ...someRequest(random, `request-${nth}`, { models, nowMs: 0 }), payer: nth % 25, workers: yes(0.1) ? ['worker-3', `worker-${nth % 60}`] : [] };
      const changed = workers[nth % workers.length]!;
      Object.assign(changed, { paused: yes(0.2), maintenance: yes(0.1), ownerTrusted: yes(0.7) });
      const asked = workers.filter(({ declaration: { models: offered } }) => facts.models.length === 0 || facts.models.some((model) => offered.includes(model)));
      const expected = asked.filter((worker) => rules(facts, views.of(worker, NO_WISH).facts) === undefined);
      expect(matcher.asking(facts, (mayServe) => asked.filter(mayServe))).toEqual(expected);
      seen.served += expected.length;
      seen.refused += asked.length - expected.length;
      seen.own += expected.filter(({ owner, paused, maintenance }) => owner === facts.payer && (paused || maintenance)).length;
    }
    expect(seen.served).toBeGreaterThan(1_000);
    expect(seen.refused).toBeGreaterThan(1_000);
    expect(seen.own).toBeGreaterThan(10);
  });
});
