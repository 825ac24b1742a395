import { centikudos, kudos } from '../../src/kernel/kudos.js';
import type { ImageRequestBody, TextRequestBody } from '../../src/requests/rules/request-body.js';
import type { Role } from '../../src/users/user.events.js';
import { declaration } from '../support/request-facts.js';
import { Seeded } from '../support/seeded.js';
import { ANYBODY, FAULTS, settled } from './network.js';
import { changeUser, changeWorker, deleteUser, month, supporters, team } from './people.js';
import { STYLES } from './styles.js';
import type { Scene } from './scene.js';
import { alchemy, award, bulk, deliverForm, fundKey, operator, payerOf, popForms, rate, reconcile, reverse, sharedKey } from './wider-economy.js';
import { MODELS } from './read-models.js';
import { seedOf } from './randomness.js';
import type { World } from './world.js';

/**
 * One thing that happens. It carries its own luck, so that an operation means the same when others are taken out of the
 * list: that is what lets a failing seed shrink.
 */
export interface Operation {
  readonly kind: OperationKind;
  readonly seed: number;
}

const IMAGE_MODELS = ['stable_diffusion', 'SDXL 1.0', 'Flux.1-Schnell fp8 (Compact)', 'Deliberate'];
const TEXT_MODELS = ['koboldcpp/Mistral-7B', 'aphrodite/Llama-3-70B'];
const ROLES: readonly Role[] = ['trusted', 'trusted', 'trusted', 'flagged', 'education', 'deleted', 'moderator', 'moderator', 'moderator'];
/** Few appends begin with these: a fault that did not wait for one would hardly ever meet it. */
const RARE_EVENTS = ['TransactionReversed.v1', 'HoldReleased.v1', 'RequestAbandoned.v1', 'RequestExpired.v1', 'AuthorizationClosed.v1', 'ApiKeyIssued.v1', 'JobFaulted.v1', 'JobExpired.v1',
  'RolesChanged.v1', 'AccountOpened.v1', 'WorkerRegistered.v1', 'SharedKeyCreated.v1', 'SharedKeyChanged.v1', 'SharedKeyDeleted.v1', 'FormHoldPlaced.v1', 'UptimeAccrued.v1',
  'DonationOffset.v1', 'KudosGranted.v1', 'UserSettingsChanged.v1', 'MonthlyEntitlementChanged.v1', 'PersonalDataErased.v1', 'TeamNameReserved.v1', 'TeamCreated.v1', 'TeamChanged.v1',
  'TeamDeleted.v1', 'TeamJoined.v1', 'TeamLeft.v1', 'TeamNameReleased.v1', 'WorkerDeleted.v1', 'WorkerRenamed.v1', 'WorkerNameReleased.v1',
  // Once more, and twice: of these a thousand seeds met each fault three to ten times only, so that any change of their histories might have missed one.
  'RequestExpired.v1', 'HoldReleased.v1', 'TeamDeleted.v1', 'WorkerDeleted.v1', 'WorkerRenamed.v1', 'TeamNameReleased.v1', 'MonthlyEntitlementChanged.v1', 'DonationOffset.v1',
  'TeamLeft.v1', 'TeamLeft.v1', 'TeamChanged.v1', 'TeamChanged.v1', 'PersonalDataErased.v1', 'PersonalDataErased.v1', 'RequestAbandoned.v1', 'RequestAbandoned.v1'];
const VIGIL_CALLS = 5;
const VIGIL_PAUSE_MS = 160_000;
const MINUTE_MS = 60_000;

/** A fifth use a style, now and then one of the wrong kind. */
const styled = (random: Seeded, kind: 'image' | 'text'): { style?: string } => {
  if (!random.chance(0.2)) return {};
  return { style: random.pick(random.chance(0.95) ? STYLES.filter((style) => style.kind === kind) : STYLES).id };
};

const image = ({ random }: Scene): ImageRequestBody => {
  const size = (): number => 64 * random.between(4, random.chance(0.3) ? 20 : 10);
  return {
    prompt: 'a harbour at dawn', ...styled(random, 'image'),
    models: random.chance(0.15) ? [] : [random.pick(IMAGE_MODELS), random.pick(IMAGE_MODELS)].slice(0, random.between(1, 2)),
    slow_workers: !random.chance(0.15), worker_blacklist: random.chance(0.05), allow_downgrade: random.chance(0.1), dry_run: random.chance(0.03), r2: random.chance(0.8),
    params: {
      width: size(), height: size(), steps: random.between(1, random.chance(0.2) ? 100 : 30), n: random.chance(0.5) ? 1 : random.between(2, 10),
      sampler_name: random.chance(0.8) ? 'k_euler' : 'k_heun', hires_fix: random.chance(0.05), cfg_scale: 7,
      ...(random.chance(0.1) ? { post_processing: ['RealESRGAN_x4plus'] } : {}),
    },
  };
};

const text = ({ random }: Scene): TextRequestBody => ({
  prompt: 'Once upon a time', ...styled(random, 'text'), models: random.chance(0.2) ? [] : [random.pick(TEXT_MODELS)], slow_workers: !random.chance(0.15), allow_downgrade: random.chance(0.1),
  params: { n: random.chance(0.6) ? 1 : random.between(2, 6), max_length: random.between(16, 1_000), max_context_length: random.between(80, 8_192) },
});

const pop = (scene: Scene): void => { popAs(scene, scene.random.between(0, 7)); };

/** A worker that asks every few minutes is paid for being there. */
const vigil = async (scene: Scene): Promise<void> => {
  const worker = scene.random.between(0, 7);
  for (let call = 0; call < VIGIL_CALLS; call++) {
    popAs(scene, worker);
    await settled();
    scene.world.time.pass(VIGIL_PAUSE_MS);
  }
};

const popAs = ({ random, clients, node }: Scene, worker: number): void => {
  const kind = worker % 3 === 0 ? 'text' : 'image';
  clients.pop(node, clients.user(1 + worker), {
    kind, name: `worker ${worker}`, ip: '127.0.0.1', amount: random.between(1, 4), wish: { prioritised: [], requireUpfrontKudos: false, blacklist: [], test: false },
    declaration: declaration({
      models: kind === 'image' ? IMAGE_MODELS : TEXT_MODELS, maxPixels: 4_194_304, threads: 1 + (worker % 2), extraSlow: worker === 5, maxLength: 4_096, maxContextLength: 16_384,
      ...(kind === 'text' ? { agent: 'KoboldAI Bridge:10:https://github.com/KoboldAI' } : {}),
    }),
  });
};

const deliver = ({ random, clients, node }: Scene): void => {
  const { jobs } = clients;
  if (jobs.length === 0) return;
  // Mostly what was handed out lately; now and then something that was delivered or lost long ago.
  const job = random.chance(0.85) ? jobs[Math.max(0, jobs.length - random.between(1, 6))]! : random.pick(jobs);
  if (job.kind === 'alchemy') return;
  const luck = random.unit();
  const censored = luck > 0.94;
  clients.deliver(node, job, {
    seed: random.bits(), state: luck < 0.07 ? 'faulted' : 'ok', generation: job.kind === 'image' ? 'R2' : 'word '.repeat(random.between(1, 200)),
    metadata: censored ? [{ type: 'censorship', value: luck > 0.98 ? 'csam' : 'nsfw' }] : [],
  });
};

/** Of those that hold something, or one of the last, or one that nobody has made. */
const cancel = ({ random, clients, node, world }: Scene): void => {
  const holding = random.chance(0.5) ? [...world.checks.audit.authorizations.open.values()].filter(({ hold }) => hold > 0).map(({ request }) => request) : [];
  const latest = clients.requests.slice(-8).map(({ id }) => id);
  const known = holding.length > 0 ? holding : latest;
  clients.cancel(node, known.length > 0 && !random.chance(0.05) ? random.pick(known) : random.uuid());
};

const pass = ({ random, world }: Scene): void => {
  const luck = random.unit();
  if (luck < 0.6) world.time.pass(random.between(50, 1_500));
  else if (luck < 0.97) world.time.pass(random.between(2_000, 90_000));
  else world.time.pass(random.between(2, 25) * MINUTE_MS);
};

/** A moderator deals with everybody whom the list of users knows, also with who was registered only by half, and sometimes errs. */
const anybody = (random: Seeded, { models }: World): number => (random.chance(0.03) ? 999 : random.pick([...models.users.keys(), 2]));

/** Every kind of operation: how often (of a thousand), and what it does. */
const KINDS = {
  register: [12, ({ random, clients, node }: Scene) => clients.register(node, 'Ada', random.pick(['oauth', 'pseudonymous'] as const))],
  transfer: [100, ({ random, clients, node }: Scene) => {
    const amount = random.chance(0.04) ? centikudos(random.chance(0.5) ? 0 : -100) : centikudos(random.between(1, random.chance(0.2) ? 100_000 : 4_000));
    clients.transfer(node, clients.user(random.between(0, 40)), clients.user(random.between(0, 40)), amount, random.chance(0.7) ? `key-${random.bits()}` : undefined);
  }],
  'transfer again': [25, ({ random, clients, node }: Scene) => clients.again(node, random.bits(), random.chance(0.2) ? kudos(random.between(1, 9)) : undefined)],
  image: [85, (scene: Scene) => void scene.clients.image(scene.node, payerOf(scene), image(scene))],
  text: [45, (scene: Scene) => void scene.clients.text(scene.node, payerOf(scene), text(scene))],
  pop: [150, pop],
  deliver: [160, deliver],
  vigil: [3, vigil],
  alchemy: [25, alchemy],
  'pop forms': [40, popForms],
  'deliver form': [40, deliverForm],
  'shared key': [20, sharedKey],
  'fund key': [12, fundKey],
  bulk: [14, bulk],
  operator: [2, operator],
  award: [10, award],
  rate: [14, rate],
  reverse: [18, reverse],
  reconcile: [6, reconcile],
  'change user': [18, changeUser],
  'delete user': [5, deleteUser],
  'change worker': [12, changeWorker],
  team: [12, team],
  supporters: [8, supporters],
  month: [2, month],
  week: [2, ({ world }: Scene) => { world.time.pass(8 * 24 * 60 * MINUTE_MS); }],
  cancel: [30, cancel],
  adjust: [35, ({ random, clients, node, world }: Scene) => clients.adjust(node, random.pick([2, ...world.models.users.keys()]), centikudos(random.between(-20_000, random.chance(0.4) ? 1_000_000 : 20_000) || 1))],
  roles: [14, ({ random, clients, node, world }: Scene) => clients.roles(node, anybody(random, world), random.pick(ROLES), random.chance(0.6))],
  'new key': [4, ({ random, clients, node }: Scene) => clients.newKey(node, clients.user(random.between(1, 40)))],
  round: [60, ({ random, clients, node }: Scene) => clients.round(node, random.pick([...node.reactors.keys()]))],
  pass: [70, pass],
  feed: [80, ({ random, world, node }: Scene) => {
    const { store } = world;
    const at = Math.min(store.all.length - 1, store.indexAfter(node.log.fed) + random.between(0, 60));
    if (at >= 0) node.log.feedUpTo(store.all[at]!.position);
  }],
  project: [60, ({ random, world }: Scene) => {
    const name = random.pick(MODELS);
    const events = random.between(1, 120);
    if (random.chance(0.15)) world.crashProjector(name, events);
    else world.models.advance(name, events);
  }],
  fault: [40, ({ random, world, node }: Scene) => {
    const fault = random.pick(FAULTS);
    if (random.chance(0.4)) world.network.arm(node.id, fault, undefined);
    else if (random.chance(0.15)) world.network.arm(ANYBODY, 'delayed', 'RequestAccepted.v1'); // so late that it is given up
    else world.network.arm(ANYBODY, fault, random.pick(random.chance(0.8) ? RARE_EVENTS : [...world.checks.types.keys()]));
  }],
  pause: [6, ({ random, world, node }: Scene) => { world.network.pause(node.id, random.between(5, 60)); }],
  restart: [4, (scene: Scene) => scene.restart(scene.random.between(0, 1))],
} as const satisfies Readonly<Record<string, readonly [weight: number, perform: (scene: Scene) => void | Promise<void>]>>;

export type OperationKind = keyof typeof KINDS;
export const OPERATION_KINDS = Object.keys(KINDS) as readonly OperationKind[];

export const perform = (kind: OperationKind, scene: Scene): void | Promise<void> => KINDS[kind][1](scene);

/** A horde begins with some people in it. */
const FIRST: readonly OperationKind[] = ['operator', 'register', 'register', 'register', 'register', 'register', 'register', 'register', 'register', 'feed', 'project', 'adjust', 'adjust', 'adjust', 'feed'];

export const operationsOf = (seed: number, count: number): Operation[] => {
  const random = new Seeded(seedOf(seed, 1));
  const lots = OPERATION_KINDS.flatMap((kind) => Array.from({ length: KINDS[kind][0] }, () => kind));
  return Array.from({ length: count }, (_, index) => ({ kind: FIRST[index] ?? random.pick(lots), seed: random.bits() }));
};
