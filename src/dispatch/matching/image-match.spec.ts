import { describe, expect, it } from '@jest/globals';
import { kudos } from '../../kernel/kudos.js';
import type { ImageJobFeatures } from '../../pricing/job-features.js';
import { loadReference } from '../../reference/load-reference.js';
import type { Encounter, ImageNeeds, SkipReason } from './facts.js';
import { imageMatcher } from './image-match.js';
import { chosenModel, servingImageModels } from './model-choice.js';
import { skippedImages } from './skipped.js';
import { imageWorkerFacts, SLOW_PIXELSTEPS, type Declared, type Standing } from './worker-facts.js';

type Loose<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };
interface Meeting {
  request: Loose<Omit<ImageNeeds, 'features'>>;
  features: Loose<ImageJobFeatures>;
  declared: Loose<Declared>;
  standing: Loose<Standing>;
  encounter: Loose<Encounter>;
}

const reference = loadReference();
const match = imageMatcher(reference);
const REGEN = (version: number): string => `AI Horde Worker reGen:${version}:u`;
const meeting = (): Meeting => ({
  request: {
    payer: 7, payerTrusted: false, models: ['stable_diffusion'], nsfw: true, trustedWorkers: false, validatedBackends: false, slowWorkers: true,
    extraSlowWorkers: false, workers: [], workerBlacklist: false, r2: true,
  },
  features: { width: 512, height: 512, steps: 30, sampler: 'k_euler_a', karras: true, cfgScale: 5 },
  declared: {
    agent: REGEN(18), nsfw: true, models: ['stable_diffusion', 'SDXL 1.0', 'Stable Cascade 1.0', 'stable_diffusion_inpainting'], extraSlow: false, maxPixels: 4_194_304,
    allowImg2img: true, allowPainting: true, allowUnsafeIp: true, allowPostProcessing: true, allowControlnet: true, allowExtendedControlnet: true,
    allowSdxlControlnet: true, allowLora: true, limitMaxSteps: false, samplerContract: '1.0', maxLength: 512, maxContextLength: 2048, softprompts: [],
  },
  standing: {
    worker: 'w', owner: 3, ownerTrusted: true, maintenance: false, stale: false, speed: 1_000_000, prioritised: new Set(), requireUpfrontKudos: false,
    blacklist: [],
  },
  encounter: { tricked: false, prompt: 'A Horde of cats', unsafeIp: false, payerAvailable: kudos(0), price: kudos(10) },
});
const factsOf = ({ declared, standing }: Meeting) => imageWorkerFacts(declared, standing, reference);
const needsOf = ({ request, features }: Meeting): ImageNeeds => ({ ...request, features });
const reasonOf = (each: Meeting) => match(needsOf(each), factsOf(each), each.encounter);
const after = (change: (meeting: Meeting) => void): SkipReason | undefined => {
  const changed = meeting();
  change(changed);
  return reasonOf(changed);
};

/** In the order of the matcher; each entry spoils a meeting whatever the entries below it did. */
const FAULTS: readonly (readonly [SkipReason, (meeting: Meeting) => void])[] = [
  ['maintenance', ({ standing }) => { standing.maintenance = true; }],
  ['stale', ({ standing }) => { standing.stale = true; }],
  ['models', ({ request }) => { request.models = ['Deliberate']; }],
  ['nsfw', ({ declared }) => { declared.nsfw = false; }],
  ['untrusted', ({ request, standing }) => { request.trustedWorkers = true; standing.ownerTrusted = false; }],
  ['secret', ({ encounter }) => { encounter.tricked = true; }],
  ['blacklist', ({ standing }) => { standing.blacklist = ['DE CAT', 'OF CAT']; }],
  ['worker_id', ({ request }) => { request.workers = ['other']; }],
  ['performance', ({ request, standing }) => { request.slowWorkers = false; standing.speed = SLOW_PIXELSTEPS - 1; }],
  ['worker_id', ({ features }) => { features.matchedTargeting = true; }],
  ['max_pixels', ({ declared }) => { declared.maxPixels = 512 * 512 - 1; }],
  ['img2img', ({ features, declared }) => { features.sourceImage = true; declared.allowImg2img = false; }],
  ['painting', ({ features, declared }) => { features.sourceImage = true; features.sourceProcessing = 'outpainting'; declared.allowPainting = false; }],
  ['lora', ({ features, declared }) => { features.loras = 1; declared.allowLora = false; }],
  ['post-processing', ({ features, declared }) => { features.postProcessing = ['GFPGAN']; declared.allowPostProcessing = false; }],
  ['controlnet', ({ features, declared }) => { features.controlType = 'lineart'; declared.allowExtendedControlnet = false; }],
  ['performance', ({ declared }) => { declared.extraSlow = true; }],
  ['bridge_version', ({ features, declared }) => { features.flowShift = 1; declared.agent = REGEN(16); }],
  ['bridge_version', ({ features }) => { features.sampler = 'plms'; }],
  ['bridge_version', ({ features, declared }) => { features.transparent = true; declared.allowSdxlControlnet = false; }],
  ['bridge_version', ({ declared, request }) => { declared.agent = REGEN(8); declared.models = ['stable_diffusion', 'Flux.1-Schnell fp8 (Compact)']; request.models = ['stable_diffusion']; }],
  ['models', ({ declared, request }) => { declared.models = ['stable_diffusion_inpainting']; request.models = []; }],
  ['controlnet', ({ features, declared, request }) => { declared.agent = REGEN(18); features.workflow = 'qr_code'; declared.allowSdxlControlnet = false; declared.models = ['stable_diffusion', 'SDXL 1.0']; request.models = ['stable_diffusion']; }],
  ['bridge_version', ({ features, declared, request }) => { features.hiresFix = true; request.models = ['Stable Cascade 1.0']; declared.models = ['Stable Cascade 1.0']; declared.agent = REGEN(5); }],
  ['unsafe_ip', ({ encounter, declared }) => { encounter.unsafeIp = true; declared.allowUnsafeIp = false; }],
  ['step_count', ({ features, declared }) => { features.steps = 200; declared.limitMaxSteps = true; }],
  ['untrusted', ({ encounter, standing }) => { encounter.unsafeIp = true; standing.ownerTrusted = false; }],
  ['kudos', ({ standing }) => { standing.requireUpfrontKudos = true; }],
];

describe('a worker that meets an image request', () => {
  it('serves it', () => expect(after(() => undefined)).toBeUndefined());

  it.each(FAULTS.map(([reason], at) => [at, reason] as const))('%d: with this and every later fault skips it for %s', (at, reason) => {
    const spoilt = meeting();
    for (const [, spoil] of FAULTS.slice(at).reverse()) spoil(spoilt);
    expect(reasonOf(spoilt)).toBe(reason);
  });

  it('is skipped for each fault alone, and of any two for the one that comes first', () => {
    FAULTS.forEach(([reason, spoil], at) => {
      for (const [, alsoSpoil] of [[undefined, () => undefined] as const, ...FAULTS.slice(at + 1)]) {
        const spoilt = meeting();
        alsoSpoil(spoilt);
        spoil(spoilt);
        expect(reasonOf(spoilt)).toBe(reason);
      }
    });
  });

  it.each<[string, SkipReason | undefined, (meeting: Meeting) => void]>([
    ['its owner\'s, in maintenance', undefined, ({ standing, request }) => { standing.maintenance = true; request.payer = 3; }],
    ['of a prioritised payer, in maintenance', 'maintenance', ({ standing }) => { standing.maintenance = true; standing.prioritised = new Set([7]); }],
    ['for an allow-list that names it', undefined, ({ request }) => { request.workers = ['other', 'w']; }],
    ['for a deny-list that names it', 'worker_id', ({ request }) => { request.workers = ['other', 'w']; request.workerBlacklist = true; }],
    ['for a deny-list of others', undefined, ({ request }) => { request.workers = ['other']; request.workerBlacklist = true; }],
    ['for an empty deny-list', undefined, ({ request }) => { request.workerBlacklist = true; }],
    ['under matched targeting, of a payer that it prioritises', undefined, ({ features, standing }) => { features.matchedTargeting = true; standing.prioritised = new Set([7]); }],
    ['for any model', undefined, ({ request }) => { request.models = []; }],
    ['for any model, with a special one', 'models', ({ request, declared }) => { request.models = []; declared.models = ['horde_special::a#1']; }],
    ['that is exactly as large as it can', undefined, ({ declared }) => { declared.maxPixels = 512 * 512; }],
    ['for fast workers, being just fast enough', undefined, ({ request, standing }) => { request.slowWorkers = false; standing.speed = SLOW_PIXELSTEPS; }],
    ['for extra slow workers, being one', undefined, ({ request, declared }) => { request.extraSlowWorkers = true; declared.extraSlow = true; }],
    ['with results as URLs that its bridge cannot upload', 'bridge_version', ({ declared }) => { declared.agent = 'mine:1:u'; }],
    ['plain, with a bridge nobody knows', undefined, ({ declared, request }) => { declared.agent = 'mine:1:u'; request.r2 = false; }],
    ['with a classic scheduler by name, on an old bridge', undefined, ({ features, declared }) => { features.scheduler = 'normal'; declared.agent = REGEN(12); }],
    ['with a new scheduler, on an old bridge', 'bridge_version', ({ features, declared }) => { features.scheduler = 'beta'; declared.agent = REGEN(16); }],
    ['with control strength, on reGen 17', 'bridge_version', ({ features, declared }) => { features.controlType = 'canny'; features.controlStrength = 1; declared.agent = REGEN(17); }],
    ['with clip_skip 1, on a bridge without it', undefined, ({ features, declared, request }) => { features.clipSkip = 1; declared.agent = 'mine:1:u'; request.r2 = false; }],
    ['with a post-processor newer than its bridge', 'bridge_version', ({ features, declared }) => { features.postProcessing = ['GFPGAN', 'RestoreFormer']; declared.agent = REGEN(12); }],
    ['with hires_fix on SDXL, on the old worker', 'bridge_version', ({ features, declared, request }) => { features.hiresFix = true; request.models = ['SDXL 1.0']; declared.agent = 'AI Horde Worker:24:u'; }],
    ['with hires_fix on SD1, on the old worker', undefined, ({ features, declared }) => { features.hiresFix = true; declared.agent = 'AI Horde Worker:24:u'; }],
    ['to inpaint without an inpainting model', 'models', ({ features, declared }) => { features.sourceImage = true; features.sourceProcessing = 'inpainting'; declared.models = ['stable_diffusion']; }],
    ['adaptive, limiting steps, under its contract', undefined, ({ features, declared }) => { features.sampler = 'k_dpm_adaptive'; features.steps = 8; declared.limitMaxSteps = true; }],
    ['adaptive, limiting steps, without a contract', 'step_count', ({ features, declared }) => { features.sampler = 'k_dpm_adaptive'; features.steps = 8; declared.limitMaxSteps = true; declared.samplerContract = null; }],
    ['adaptive of order 2, which is a step less than it may', undefined, ({ features, declared }) => { features.sampler = 'k_dpm_adaptive'; features.steps = 12; features.samplerOrder = 2; declared.limitMaxSteps = true; }],
    ['adaptive of order 3, which is too much', 'step_count', ({ features, declared }) => { features.sampler = 'k_dpm_adaptive'; features.steps = 12; declared.limitMaxSteps = true; }],
    ['of more steps than one of its own models takes', 'step_count', ({ features, declared }) => { features.steps = 10; declared.limitMaxSteps = true; declared.models = ['stable_diffusion', 'Flux.1-Schnell fp8 (Compact)']; }],
    ['of steps that the one model it names would not take', undefined, ({ features, declared, request }) => { features.steps = 30; declared.limitMaxSteps = true; request.models = ['stable_diffusion']; declared.models = ['stable_diffusion']; }],
    ['whose source is a control already, without control, on an old bridge', undefined, ({ features, declared }) => { features.imageIsControl = true; declared.agent = 'AI Horde Worker:22:u'; }],
    ['whose source is a control already, on an old bridge', 'bridge_version', ({ features, declared }) => { features.controlType = 'canny'; features.imageIsControl = true; declared.agent = 'AI Horde Worker:22:u'; }],
    ['of steps within the models it names', 'step_count', ({ features, declared, request }) => { features.steps = 29; declared.limitMaxSteps = true; request.models = ['stable_diffusion', 'Flux.1-Schnell fp8 (Compact)']; }],
    ['of a trusted payer without kudos', undefined, ({ request, standing }) => { standing.requireUpfrontKudos = true; request.payerTrusted = true; }],
    ['of a prioritised payer without kudos', undefined, ({ standing }) => { standing.requireUpfrontKudos = true; standing.prioritised = new Set([7]); }],
    ['of its owner without kudos', undefined, ({ request, standing }) => { standing.requireUpfrontKudos = true; request.payer = 3; }],
    ['of a payer with just enough', undefined, ({ standing, encounter }) => { standing.requireUpfrontKudos = true; encounter.payerAvailable = kudos(10); }],
    ['from an unsafe address, being trusted', undefined, ({ encounter }) => { encounter.unsafeIp = true; }],
    ['whose prompt has not been read', undefined, ({ encounter, standing }) => { delete encounter.prompt; standing.blacklist = ['cats']; }],
    ['with an empty word on its blacklist', undefined, ({ standing }) => { standing.blacklist = ['']; }],
  ])('%s: %s', (_what, reason, change) => expect(after(change)).toBe(reason));

  it('says of the queue alone what does not depend on the encounter', () => {
    const each = meeting();
    each.standing.requireUpfrontKudos = true;
    each.standing.blacklist = ['cats'];
    expect(match(needsOf(each), factsOf(each))).toBeUndefined();
  });
});

describe('the model of a batch', () => {
  const request = needsOf(meeting());
  const worker = factsOf(meeting());
  const any = { ...request, models: [] };
  const all = () => true;
  it('is requested and declared, or any that fits and can be afforded', () => {
    expect(servingImageModels({ ...request, models: ['Deliberate', 'SDXL 1.0'] }, worker, reference, () => false)).toEqual(['SDXL 1.0']);
    expect(servingImageModels(any, worker, reference, all)).toEqual(['stable_diffusion', 'SDXL 1.0', 'Stable Cascade 1.0']);
    expect(servingImageModels({ ...any, features: { ...request.features, sourceImage: true, sourceProcessing: 'inpainting' } }, worker, reference, all)).toEqual(['stable_diffusion_inpainting']);
    expect(servingImageModels(any, worker, reference, (model) => model === 'SDXL 1.0')).toEqual(['SDXL 1.0']);
  });
  it('is chosen at random', () => {
    expect([0, 0.34, 0.99].map((random) => chosenModel(['a', 'b', 'c'], random))).toEqual(['a', 'b', 'c']);
    expect(chosenModel([], 0.5)).toBeUndefined();
  });
});

describe('the skipped counts of an image pop', () => {
  it('always name the twelve reasons that workers read, the others when there are any, silent ones never', () => {
    const none = skippedImages({});
    expect(Object.keys(none)).toHaveLength(12);
    expect(new Set(Object.values(none))).toEqual(new Set([0]));
    expect(skippedImages({ nsfw: 2, kudos: 1, secret: 9, maintenance: 3, max_pixels: 0 })).toEqual({ ...none, nsfw: 2, kudos: 1 });
  });
});
