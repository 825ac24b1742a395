import { describe, expect, it } from '@jest/globals';
import { kudos } from '../../kernel/kudos.js';
import type { TextJobFeatures } from '../../pricing/job-features.js';
import { loadReference } from '../../reference/load-reference.js';
import type { Encounter, SkipReason, TextNeeds } from './facts.js';
import { skippedTexts } from './skipped.js';
import { textMatch } from './text-match.js';
import { slowTokens, textWorkerFacts, type Declared, type Standing } from './worker-facts.js';

type Loose<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };
interface Meeting {
  request: Loose<Omit<TextNeeds, 'features'>>;
  features: Loose<TextJobFeatures>;
  declared: Loose<Declared>;
  standing: Loose<Standing>;
  encounter: Loose<Encounter>;
}
const reference = loadReference();
const meeting = (): Meeting => ({
  request: {
    payer: 7, payerTrusted: false, models: [], nsfw: false, trustedWorkers: false, validatedBackends: false, slowWorkers: true, extraSlowWorkers: false,
    workers: [], workerBlacklist: false, r2: true,
  },
  features: { maxLength: 80, maxContextLength: 2048, promptTokens: 20 },
  declared: {
    agent: 'KoboldCppEmbedWorker:2:u', nsfw: true, models: ['Llama-3.1-8B-Instruct'], extraSlow: true, maxPixels: 0, allowImg2img: false, allowPainting: false,
    allowUnsafeIp: true, allowPostProcessing: false, allowControlnet: false, allowExtendedControlnet: false, allowSdxlControlnet: false, allowLora: false,
    limitMaxSteps: false, samplerContract: null, maxLength: 80, maxContextLength: 2048, softprompts: ['soft'],
  },
  standing: { worker: 'w', owner: 3, ownerTrusted: true, maintenance: false, stale: false, speed: 1, prioritised: new Set(), requireUpfrontKudos: false, blacklist: [] },
  encounter: { tricked: false, prompt: 'once', unsafeIp: false, payerAvailable: kudos(0), price: kudos(10) },
});
const reasonOf = ({ request, features, declared, standing, encounter }: Meeting) => textMatch({ ...request, features }, textWorkerFacts(declared, standing, reference), encounter);

const FAULTS: readonly (readonly [SkipReason, (meeting: Meeting) => void])[] = [
  ['maintenance', ({ standing }) => { standing.maintenance = true; }],
  ['models', ({ request }) => { request.models = ['other']; }],
  ['nsfw', ({ request, declared }) => { request.nsfw = true; declared.nsfw = false; }],
  ['untrusted', ({ request, standing }) => { request.trustedWorkers = true; standing.ownerTrusted = false; }],
  ['secret', ({ encounter }) => { encounter.tricked = true; }],
  ['worker_id', ({ request }) => { request.workers = ['w']; request.workerBlacklist = true; }],
  ['performance', ({ request }) => { request.slowWorkers = false; }],
  ['unsafe_ip', ({ encounter, declared }) => { encounter.unsafeIp = true; declared.allowUnsafeIp = false; }],
  ['max_context_length', ({ features }) => { features.maxContextLength = 2049; }],
  ['max_length', ({ features }) => { features.maxLength = 81; }],
  ['bridge_version', ({ request, declared }) => { request.validatedBackends = true; declared.agent = 'mine:1:u'; }],
  ['matching_softprompt', ({ features }) => { features.softprompt = 'hard'; }],
  ['untrusted', ({ encounter, standing }) => { encounter.unsafeIp = true; standing.ownerTrusted = false; }],
  ['kudos', ({ standing }) => { standing.requireUpfrontKudos = true; }],
];

describe('a worker that meets a text request', () => {
  it('serves it', () => expect(reasonOf(meeting())).toBeUndefined());
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
  it.each([['soft'], ['']])('serves the softprompt %j', (softprompt) => {
    const each = meeting();
    each.features.softprompt = softprompt;
    expect(reasonOf(each)).toBeUndefined();
  });
  it.each([[undefined, 3], ['Llama-3.3-70B-Instruct', 3], ['phi-4', 4], ['Llama-3.1-8B-Instruct', 5], ['unknown', 5]])('with %s first is slow below %d tokens a second', (model, tokens) => {
    expect(slowTokens(model, reference)).toBe(tokens);
  });
  it('is told only of what was skipped', () => {
    expect(skippedTexts({})).toEqual({});
    expect(skippedTexts({ max_length: 2, secret: 1, nsfw: 0 })).toEqual({ max_length: 2 });
  });
});
