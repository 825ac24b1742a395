import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AlchemyJobFeatures, ImageJobFeatures, TextJobFeatures } from '../../pricing/job-features.js';
import { loadReference } from '../../reference/load-reference.js';
import { SAMPLER_NAMES } from '../../reference/samplers.js';
import type { RequestFacts, RequestKind } from '../../requests/request.events.js';
import { declaration } from '../../../test/support/request-facts.js';
import { alchemyMatch } from '../matching/alchemy-match.js';
import type { AlchemyNeeds, AlchemyWorkerFacts, ImageNeeds, ImageWorkerFacts, TextNeeds, TextWorkerFacts } from '../matching/facts.js';
import { imageMatcher } from '../matching/image-match.js';
import { textMatch } from '../matching/text-match.js';
import { alchemyWorkerFacts, imageWorkerFacts, textWorkerFacts, type Declared, type Standing } from '../matching/worker-facts.js';
import { matchFacets } from './match-facets.js';
import { wholeFacets } from './match-signature.js';
import { someFacts } from './naive-queue.fixture.js';
import { Signatures, type Facets } from './signatures.js';
import { Verdicts, WORKERS_MAX, type Match } from './verdicts.js';

const reference = loadReference();
const MODELS = [...[...reference.images.values()].filter(({ type }) => type === 'checkpoint').map(({ name }) => name), 'Unknown to all'];
const SPECIAL = 'horde_special::mine#1';
const OWNER = 7;
const FRIEND = 8;
const STRANGERS = [0, 9, 10];

const defined = <Shape extends object>(shape: Shape): Shape =>
  Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Shape;

/** How often a feature is used at all. What asks for everything is refused by everybody, and tells nothing. */
type Maybe = <Value>(value: fc.Arbitrary<Value>) => fc.Arbitrary<Value | undefined>;
const seldomUsed: Maybe = (value) => fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const alwaysUsed: Maybe = (value) => value;
const yes = fc.constant(true as const);

const imageFeatures = (maybe: Maybe): fc.Arbitrary<ImageJobFeatures> => fc.record({
  width: fc.constantFrom(512, 768, 1024), height: fc.constantFrom(512, 1024), steps: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(5, 9, 15, 25, 33)), sampler: fc.constantFrom('k_euler', 'k_euler', 'lcm', ...SAMPLER_NAMES),
  scheduler: maybe(fc.constantFrom('karras', 'normal', 'beta', 'simple')), karras: fc.boolean(), cfgScale: fc.constantFrom(1, 7),
  hiresFix: maybe(yes), tiling: maybe(yes), transparent: maybe(yes), clipSkip: maybe(fc.constantFrom(1, 2)),
  postProcessing: maybe(fc.subarray(['GFPGAN', 'RestoreFormer', 'RealESRGAN_x2plus'], { minLength: 1 })),
  controlType: maybe(fc.constantFrom('canny', 'anime_lineart', 'tile')), controlStrength: maybe(fc.constant(0.5)), imageIsControl: maybe(yes), returnControlMap: maybe(yes),
  loras: maybe(fc.constantFrom(1, 2)), lorasVersioned: maybe(yes), tis: maybe(fc.constant(1)), workflow: maybe(fc.constantFrom('qr_code', 'other')),
  sourceImage: maybe(yes), sourceProcessing: maybe(fc.constantFrom('img2img' as const, 'inpainting' as const, 'outpainting' as const, 'remix' as const)),
  extraSourceImages: maybe(fc.constant(1)), samplerSettings: maybe(yes), samplerOrder: maybe(fc.constantFrom(2, 3)), flowShift: maybe(fc.constant(3)), matchedTargeting: maybe(yes),
}).map((features) => defined(features) as ImageJobFeatures);
const textFeatures = (maybe: Maybe): fc.Arbitrary<TextJobFeatures> => fc.record({
  maxLength: fc.constantFrom(80, 512, 1_024), maxContextLength: fc.constantFrom(1_024, 4_096), promptTokens: fc.constantFrom(10, 100),
  softprompt: maybe(fc.constantFrom('', 'mine', 'theirs')), matchedTargeting: maybe(yes),
}).map((features) => defined(features) as TextJobFeatures);
const alchemyFeatures = (maybe: Maybe): fc.Arbitrary<AlchemyJobFeatures> =>
  fc.record({ tiles: fc.constantFrom(1, 80, 81, 255), forms: maybe(fc.constant([])) }).map(({ tiles }) => ({ tiles, forms: [] }));

const usually = fc.nat(19).map((value) => value > 0);
const seldom = usually.map((value) => !value);
const facts = <Features>(kind: RequestKind, features: fc.Arbitrary<Features>): fc.Arbitrary<RequestFacts> => fc.record({
  payer: fc.constantFrom(...STRANGERS), payerTrusted: fc.boolean(), nsfw: seldom, trustedWorkers: seldom, validatedBackends: seldom, slowWorkers: usually,
  extraSlowWorkers: usually, workers: fc.constantFrom([], [], [], ['me'], ['me', 'another'], ['another']), workerBlacklist: fc.boolean(), r2: fc.boolean(),
  models: fc.oneof(fc.constantFrom(...MODELS).map((model) => [model]), fc.subarray(MODELS, { maxLength: 6 }), fc.subarray(MODELS, { minLength: 2, maxLength: 2 }), fc.constant([])), features,
}).map((given) => ({ ...someFacts({ request: 'r' }), ...given, kind } as RequestFacts));

const AGENTS = [
  'AI Horde Worker reGen:20:x', 'AI Horde Worker reGen:11:x', 'AI Horde Worker reGen:9:x', 'AI Horde Worker reGen:4:x', 'AI Horde Worker reGen:1:x',
  'AI Horde Worker:24:x', 'AI Horde Worker:12:x', 'AI Horde Worker:3:x', 'SD-WebUI Stable Horde Worker Bridge:4:x', 'HordeAutoWebBridge:2:x',
  'KoboldCppEmbedWorker:2:x', 'Nobody knows:1:x', 'garbage',
];
const declared = (models: readonly string[]): fc.Arbitrary<Declared> => fc.record({
  agent: fc.constantFrom(...AGENTS), nsfw: usually, extraSlow: seldom, maxPixels: fc.constantFrom(512 * 512, 768 * 1024, 2048 * 2048),
  models: fc.constant([...models]),
  allowImg2img: usually, allowPainting: usually, allowUnsafeIp: usually, allowPostProcessing: usually, allowControlnet: usually, allowExtendedControlnet: usually,
  allowSdxlControlnet: usually, allowLora: usually, limitMaxSteps: fc.boolean(), samplerContract: fc.constantFrom(null, '1.0'),
  maxTiles: fc.constantFrom(16, 80, 255), maxLength: fc.constantFrom(80, 512), maxContextLength: fc.constantFrom(1_024, 8_192), softprompts: fc.constantFrom([], ['mine']),
});
const standing: fc.Arbitrary<Standing> = fc.record({
  worker: fc.constant('me'), owner: fc.constant(OWNER), ownerTrusted: usually, maintenance: seldom, stale: seldom,
  speed: fc.constantFrom(1, 6, 100, 2_000_000), prioritised: fc.constantFrom(new Set<number>(), new Set([FRIEND])), requireUpfrontKudos: fc.boolean(),
  blacklist: fc.constantFrom([], ['word']),
});

/** A request, others that differ from it in one thing each, and some that have nothing to do with it. */
const variations = (requests: (maybe: Maybe) => fc.Arbitrary<RequestFacts>): fc.Arbitrary<RequestFacts[]> => fc.tuple(
  requests(seldomUsed), requests(alwaysUsed), fc.array(requests(seldomUsed), { minLength: 10, maxLength: 10 }),
).map(([base, other, unrelated]) => [
  base, ...unrelated,
  ...Object.entries<unknown>({ ...other }).map(([name, value]) => ({ ...base, [name]: name === 'features' ? base.features : value })),
  ...Object.entries<unknown>({ ...other.features }).map(([name, value]) => ({ ...base, features: { ...base.features, [name]: value } })),
]);

/** A worker, and requests that share a model with it or name none: others are never matched. */
const meetings = <Worker>(
  requests: (maybe: Maybe) => fc.Arbitrary<RequestFacts>, toFacts: (declared: Declared, standing: Standing) => Worker,
): fc.Arbitrary<[Worker, RequestFacts[]]> =>
  fc.tuple(fc.subarray(MODELS, { minLength: 1, maxLength: 4 }), fc.constantFrom([], [], [], [SPECIAL]), variations(requests))
    .chain(([models, special, all]) => fc.tuple(declared([...models, ...special]), standing).map(([given, stands]): [Worker, RequestFacts[]] => [
      toFacts(given, stands), all.filter((each) => each.models.length === 0 || each.models.some((model) => models.includes(model))),
    ]));

const agrees = <Worker extends object>(match: Match<Worker>, { facets, precedence }: Facets) => ([worker, requests]: [Worker, RequestFacts[]]): void => {
  const signatures = new Signatures(facets);
  const known = requests.map((each) => signatures.acquire(each));
  const verdicts = new Verdicts(match, signatures, precedence).of(worker);
  const asked = new Verdicts(match, signatures, precedence);
  // The last first: which of the requests with a value a worker is asked about has nothing to do with which of them came first.
  const servedBackwards = [...requests.entries()].reverse().map(([index, each]) => asked.serves(worker, known[index]!, each));
  const told = requests.map((each, index) => [verdicts.reason(known[index]!, each), verdicts.serves(known[index]!, each)]);
  const wanted = requests.map((each) => match(each, worker)).map((reason) => [reason, reason === undefined]);
  expect([told, servedBackwards]).toEqual([wanted, wanted.map(([, serves]) => serves).reverse()]); // one comparison: a million of Jest's take half a minute
};

describe('what is remembered of a matcher', () => {
  const matchImage = imageMatcher(reference);
  const image: Match<ImageWorkerFacts> = (each, worker) => matchImage(each as RequestFacts & ImageNeeds, worker);
  const text: Match<TextWorkerFacts> = (each, worker) => textMatch(each as RequestFacts & TextNeeds, worker);
  const images = meetings((maybe) => facts('image', imageFeatures(maybe)), (given, stands) => imageWorkerFacts(given, stands, reference));
  const texts = meetings((maybe) => facts('text', textFeatures(maybe)), (given, stands) => textWorkerFacts(given, stands, reference));

  it.each([['by parts', matchFacets(reference)], ['by whole signatures', wholeFacets]])('is what it says of images, %s', (_, { image: parts }) => {
    fc.assert(fc.property(images, agrees(image, parts)), { numRuns: 1_500 });
  });

  it.each([['by parts', matchFacets(reference)], ['by whole signatures', wholeFacets]])('is what it says of texts, %s', (_, { text: parts }) => {
    fc.assert(fc.property(texts, agrees(text, parts)), { numRuns: 500 });
  });

  const alchemy: Match<AlchemyWorkerFacts> = (each, worker) => alchemyMatch(each as RequestFacts & AlchemyNeeds, worker);
  const alchemies = meetings((maybe) => facts('alchemy', alchemyFeatures(maybe)), (given, stands) => alchemyWorkerFacts(given, stands));
  it.each([['by parts', matchFacets(reference)], ['by whole signatures', wholeFacets]])('is what it says of alchemy, %s', (_, { alchemy: parts }) => {
    fc.assert(fc.property(alchemies, agrees(alchemy, parts)), { numRuns: 500 });
  });

  it('tells of the steps of each request by its own models, whichever request came first', () => {
    const { facets, precedence } = matchFacets(reference).image;
    const features = (steps: number): ImageJobFeatures => ({ width: 512, height: 512, steps, sampler: 'k_euler', karras: false, cfgScale: 7 });
    const slow = someFacts({ request: 'slow', models: ['Deliberate', 'SDXL 1.0'], features: features(25) });
    const fast = someFacts({ request: 'fast', models: ['Flux.1-Schnell fp8 (Compact)', 'Z-Image-Turbo'], features: features(5) });
    const tooFew = { ...fast, features: features(25) };
    const worker = imageWorkerFacts(declaration({ models: [...slow.models, ...fast.models], limitMaxSteps: true }), {
      worker: 'me', owner: OWNER, ownerTrusted: true, maintenance: false, stale: false, speed: 2_000_000, prioritised: new Set(), requireUpfrontKudos: false, blacklist: [],
    }, reference);
    for (const order of [[slow, fast, tooFew], [tooFew, fast, slow]]) {
      const signatures = new Signatures(facets);
      const known = new Map(order.map((each) => [each, signatures.acquire(each)]));
      const verdicts = new Verdicts(image, signatures, precedence).of(worker);
      for (const each of order.toReversed()) expect(verdicts.reason(known.get(each)!, each)).toBe(each === tooFew ? 'step_count' : undefined);
    }
  });

  it('is asked of the matcher once for each value of a part, and again by another worker', () => {
    const asked: string[] = [];
    const match: Match<{ name: string }> = ({ nsfw }, { name }) => {
      asked.push(name);
      return nsfw ? 'nsfw' : undefined;
    };
    const signatures = new Signatures([{ name: 'flags', keyOf: ({ nsfw }) => String(nsfw), partOf: (each) => each }]);
    const verdicts = new Verdicts(match, signatures, []);
    const [decent, other, explicit] = [false, false, true].map((nsfw, index) => someFacts({ request: String(index), nsfw })) as [RequestFacts, RequestFacts, RequestFacts];
    const known = new Map([decent, other, explicit].map((each) => [each, signatures.acquire(each)]));
    for (const worker of [{ name: 'first' }, { name: 'second' }]) {
      for (const each of [decent, other, explicit, decent]) expect(verdicts.of(worker).reason(known.get(each)!, each)).toBe(each.nsfw ? 'nsfw' : undefined);
    }
    expect(asked).toEqual(['first', 'first', 'second', 'second']);
  });

  it('is forgotten of who has not asked for longest, so that a worker which calls with another list of words each time takes up no more room', () => {
    const asked: number[] = [];
    const match: Match<{ nth: number }> = (_, { nth }) => { asked.push(nth); return undefined; };
    const signatures = new Signatures([{ name: 'all', keyOf: () => '', partOf: (each) => each }]);
    const verdicts = new Verdicts(match, signatures, []);
    const each = someFacts({ request: 'r' });
    const signature = signatures.acquire(each);
    const workers = Array.from({ length: WORKERS_MAX + 1 }, (_, nth) => ({ nth }));
    for (const worker of workers) verdicts.of(worker).serves(signature, each);
    expect(asked).toHaveLength(workers.length);
    verdicts.of(workers.at(-1)!).serves(signature, each);
    verdicts.of(workers[1]!).serves(signature, each);
    expect(asked).toHaveLength(workers.length);
    verdicts.of(workers[0]!).serves(signature, each);
    expect(asked).toHaveLength(workers.length + 1);
  });

  it('stays right while values come and go by the thousands, and in little memory', () => {
    const match: Match<{ most: number }> = ({ jobs }, { most }) => (jobs > most ? 'too many' : undefined);
    const signatures = new Signatures([{ name: 'jobs', keyOf: ({ jobs }) => String(jobs), partOf: (each) => each }]);
    const verdicts = new Verdicts(match, signatures, [], 4_096);
    const workers = [{ most: 100 }, { most: 5_000 }, { most: 100_000 }];
    const longAgo = workers.map((worker) => ({ worker, verdicts: verdicts.of(worker) })); // a walk through candidates, held over awaits
    for (let jobs = 0; jobs < 12_000; jobs += 1) {
      const each = someFacts({ request: 'r', jobs });
      const signature = signatures.acquire(each);
      for (const worker of workers) expect(verdicts.of(worker).serves(signature, each)).toBe(jobs <= worker.most);
      for (const held of longAgo) expect(held.verdicts.serves(signature, each)).toBe(jobs <= held.worker.most);
      signatures.release(signature);
    }
    expect(signatures.size).toBe(0);
  });
});
