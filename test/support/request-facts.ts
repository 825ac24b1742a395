import { kudos, most, NO_KUDOS, plus } from '../../src/kernel/kudos.js';
import { serviceOf } from '../../src/pricing/alchemy-forms.js';
import type { FormFacts } from '../../src/pricing/job-features.js';
import type { RequestFacts } from '../../src/requests/request.events.js';
import type { Declaration } from '../../src/workers/worker.events.js';

/** An ordinary image request; what a test cares about is given. */
export const imageFacts = (given: Partial<RequestFacts> & Pick<RequestFacts, 'request' | 'payer' | 'acceptedAt'>): RequestFacts => ({
  kind: 'image', payerTrusted: false, priority: kudos(25), jobs: 1, models: ['stable_diffusion'],
  features: { width: 512, height: 512, steps: 30, sampler: 'k_euler', karras: true, cfgScale: 7.5 },
  nsfw: false, censorNsfw: true, trustedWorkers: false, validatedBackends: true, slowWorkers: true, extraSlowWorkers: false,
  workers: [], workerBlacklist: false, disableBatching: false, r2: true, shared: false,
  activation: kudos(3), quote: kudos(43), unitPriceMax: kudos(30), policy: 1, reference: 1,
  contentHash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', ...given,
});

/** An ordinary text request. */
export const textFacts = (given: Partial<RequestFacts> & Pick<RequestFacts, 'request' | 'payer' | 'acceptedAt'>): RequestFacts => ({
  ...imageFacts(given), kind: 'text', models: ['koboldcpp/Mistral-7B'], activation: kudos(1),
  features: { maxLength: 80, maxContextLength: 2048, promptTokens: 311 }, ...given,
});

/** An ordinary alchemy request for these forms. */
export const alchemyFacts = (
  given: Partial<RequestFacts> & Pick<RequestFacts, 'request' | 'payer' | 'acceptedAt'>, forms: readonly FormFacts[], tiles = 4,
): RequestFacts => ({
  ...imageFacts(given), kind: 'alchemy', jobs: forms.length, models: [...new Set(forms.map(serviceOf))], features: { tiles, forms }, censorNsfw: false,
  validatedBackends: false, extraSlowWorkers: true, activation: NO_KUDOS, quote: plus(NO_KUDOS, ...forms.map(({ debit }) => debit)),
  unitPriceMax: most(NO_KUDOS, ...forms.map(({ price }) => price)), ...given,
});

/** What an image worker declares of itself. */
export const declaration = (given: Partial<Declaration> = {}): Declaration => ({
  agent: 'AI Horde Worker reGen:11:https://github.com/Haidra-Org/horde-worker-reGen', threads: 1, nsfw: true,
  models: ['stable_diffusion'], extraSlow: false, maxPixels: 1_048_576, allowImg2img: true, allowPainting: true, allowUnsafeIp: true,
  allowPostProcessing: true, allowControlnet: false, allowExtendedControlnet: false, allowSdxlControlnet: false, allowLora: true,
  limitMaxSteps: false, samplerContract: null, maxLength: 512, maxContextLength: 2048, softprompts: [], ...given,
});

