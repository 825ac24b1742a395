import { AppModule } from '../../src/app.module.js';
import { platformProviders } from '../../src/boot/providers.js';
import type { Platform } from '../../src/boot/platform.js';
import { readConfig, type Config } from '../../src/config.js';
import { JobFinder } from '../../src/dispatch/job-finder.js';
import { LiveQueue } from '../../src/dispatch/live-queue.message.js';
import type { Decider } from '../../src/kernel/decider.js';
import { categoryOf, type AnyEvent } from '../../src/kernel/event.js';
import { Credits, type CreditsSource } from '../../src/kudos/credits.js';
import { LedgerIndex, type IndexedTransaction } from '../../src/kudos/ledger-index.js';
import { TransferIndex } from '../../src/kudos/transfers.js';
import { Commanding } from '../../src/platform/commanding/commanding.js';
import { findDecoy } from '../../src/dispatch/decoys.js';
import type { Contents } from '../../src/platform/content/contents.js';
import { NodeFeed, type NodeFold } from '../../src/platform/event-log/node-feed.js';
import { PRICE_POLICY_1 } from '../../src/pricing/price-policy.js';
import { Pricing } from '../../src/pricing/pricing.js';
import { loadReference } from '../../src/reference/load-reference.js';
import { LatestOfRequests } from '../../src/requests/latest-of-requests.js';
import { OpenWork } from '../../src/requests/open-work.js';
import { StatusRows } from '../../src/requests/status-rows.js';
import { StyleRows } from '../../src/styles/catalogue.message.js';
import { UserDirectory } from '../../src/users/directory.message.js';
import { NextUserId } from '../../src/users/next-user-id.js';
import { WorkerRegistry } from '../../src/workers/registry.message.js';
import { CommandBus } from '@nestjs/cqrs';
import { Seeded } from '../support/seeded.js';
import { Blueprint, Injector } from './injector.js';
import { NodeLog } from './network.js';
import { providePeople } from './people-ports.js';
import { seedOf, SimIds } from './randomness.js';
import type { SimSnapshots } from './snapshots.js';
import { DONATION_SOURCE_USER, KUDOS_CAP_KUDOS, TRUST_THRESHOLD_KUDOS } from './settings.js';
import { STYLES } from './styles.js';
import { SimClock, SimTimers } from './virtual-time.js';
import type { World } from './world.js';

const CONFIG: Config = readConfig({
  DATA_DIR: '/nowhere', LOG_LEVEL: 'silent', HORDE_TEST_RATELIMIT_DISABLED: '1', DONATION_SOURCE_USER: String(DONATION_SOURCE_USER),
  KUDOS_CAP: String(KUDOS_CAP_KUDOS), KUDOS_TRUST_THRESHOLD: String(TRUST_THRESHOLD_KUDOS),
});
const PRICING = new Pricing(PRICE_POLICY_1, loadReference(), CONFIG.escrow);

/** A database in which no read model was ever built: every view that is not simulated apart folds the log from its beginning. */
const EMPTY = { query: () => Promise.resolve([]), execute: () => Promise.resolve(0), transaction: (work: (db: unknown) => unknown) => Promise.resolve(work(EMPTY)) };

/** Of the features' modules, which are classes: the same for every node. */
let blueprint: Blueprint | undefined;

interface Round {
  round(): Promise<unknown>;
}

/** Wraps what a node is made of, to count what it refuses and to plant bugs in it. */
export interface Wiring {
  decider?<State, Command, Event extends AnyEvent, Rc extends string>(decider: Decider<State, Command, Event, Rc>): Decider<State, Command, Event, Rc>;
  readonly nodeLog?: new (...args: ConstructorParameters<typeof NodeLog>) => NodeLog;
  readonly credits?: new (source: CreditsSource) => Credits;
  readonly snapshots?: typeof SimSnapshots;
  /** After everything else is provided, before anything is made of it. */
  provide?(injector: Injector, world: World): void;
  bus?(bus: CommandBus, world: World): CommandBus;
}

class SimCommanding extends Commanding {
  constructor(options: ConstructorParameters<typeof Commanding>[0], private readonly wiring: Wiring, private readonly world: World) {
    super(options);
  }
  override runner<State, Command, Event extends AnyEvent, Rc extends string>(decider: Decider<State, Command, Event, Rc>, options?: { snapshots?: boolean }) {
    return super.runner(this.world.observed(this.wiring.decider ? this.wiring.decider(decider) : decider), options);
  }
}

/** One server: production's deciders, runners, flows, views and reactors, wired as production wires them, without HTTP. */
export class SimNode {
  readonly log: NodeLog;
  readonly injector: Injector;
  readonly feed: NodeFeed;
  readonly views: readonly NodeFold[];
  /** Everything that runs in rounds, by name. */
  readonly reactors: ReadonlyMap<string, Round>;
  isServing = false;
  isDead = false;
  readonly #commanding: SimCommanding;

  /** `id` is another one at every start; `place` is the machine, which keeps its snapshots. */
  constructor(readonly id: number, readonly place: number, world: World, wiring: Wiring) {
    this.log = new (wiring.nodeLog ?? NodeLog)(id, world.store, world.network);
    const { log } = this;
    const clock = new SimClock(world.time, world.skewOf(place));
    const timers = new SimTimers(world.time);
    const ids = new SimIds(new Seeded(seedOf(world.seed, 1_000 + id)));
    this.#commanding = new SimCommanding({ log, ids, clock, node: `node-${place}`, snapshots: world.snapshotsOf(place) }, wiring, world);
    const commanding = this.#commanding;
    this.feed = new NodeFeed({
      log, timers, logger: { error: () => undefined }, onFatal: (error) => { world.bug('I23', 'a view cannot follow', error); }, onEvent: (event) => { commanding.follow(event); },
    });
    const platform = {
      config: CONFIG, clock, timers, ids, log, database: EMPTY, readModels: { waitFor: (position: number, timeoutMs: number) => world.models.waitFor('requests', position, timeoutMs) }, checkpoints: {}, projector: {}, secrets: world.secrets, contents: world.contents as unknown as Contents,
      blobs: { put: () => Promise.resolve(), exists: () => Promise.resolve(true), deleteOlderThan: () => Promise.resolve(0) }, commanding, feed: this.feed, pricing: PRICING, notary: undefined,
      vault: { hashUnder: (subject: string, text: string) => Promise.resolve(world.secrets.keyedHash('address', `${subject} ${text}`)), destroyKeys: () => Promise.resolve([]) },
    } as unknown as Platform;
    blueprint ??= new Blueprint(AppModule.with(platform).imports!.filter((module) => typeof module === 'function'));
    this.injector = new Injector(blueprint);
    this.views = this.#provide(platform, world, wiring);
    this.reactors = this.#connect(world, wiring);
  }

  #provide(platform: Platform, world: World, wiring: Wiring): readonly NodeFold[] {
    const { injector, feed } = this;
    const provided = platformProviders(platform) as readonly { readonly provide: abstract new (...args: never[]) => unknown; readonly useValue: unknown }[];
    for (const { provide, useValue } of provided) injector.provide(provide, useValue);
    const { models } = world;
    const waits = (name: Parameters<typeof models.position>[0]) => (position: number, timeoutMs: number) => models.waitFor(name, position, timeoutMs);
    injector.provide(Credits, new (wiring.credits ?? Credits)({ creditsElsewhere: () => Promise.resolve({
      position: models.position('balances'), rows: [...models.credits].map(([user, credits]) => ({ user, credits })),
    }) }));
    injector.provide(OpenWork, new OpenWork({ openWork: () => Promise.resolve({
      position: models.position('queue'), authorizations: [...models.authorizations.values()].map((each) => ({ ...each })), unsettled: [...models.unsettled.values()], formHolds: [...models.formHolds.values()],
      unopened: [...models.unopened].map(([user, accountClass]) => ({ user, accountClass })),
    }) }, platform.clock));
    injector.provide(NextUserId, new NextUserId({ maxUserId: () => Promise.resolve({ id: 1, position: -1 }) }));
    injector.provide(UserDirectory, new UserDirectory({
      byKeyHash: (keyHash) => Promise.resolve(models.users.get(models.keys.get(keyHash) ?? -1)), byId: (id) => Promise.resolve(models.users.get(id)), waitFor: waits('users'),
    }, feed, (purpose, text) => world.secrets.keyedHash(purpose, text)));
    injector.provide(JobFinder, new JobFinder(injector.get(LiveQueue), { waitFor: waits('requests'), job: (id) => Promise.resolve(models.jobs.get(id)) }, feed, (job) => findDecoy(world.contents, job)));
    injector.provide(TransferIndex, {
      find: (txIds: readonly string[]) => Promise.resolve(new Map(txIds.flatMap((txId) => { const known = models.transfers.get(txId); return known ? [[txId, known] as const] : []; }))), indexedThrough: (user: number) => Promise.resolve(models.indexed.get(user) ?? -1), waitFor: waits('statement'),
    });
    const transaction = (is: (each: IndexedTransaction) => boolean): Promise<IndexedTransaction | undefined> => Promise.resolve([...models.transactions.values()].find(is));
    injector.provide(LedgerIndex, {
      find: (txId: string) => Promise.resolve(models.transactions.get(txId)), reversalOf: (txId: string) => transaction(({ reverses }) => reverses === txId),
      reversalByKey: (key: string) => transaction(({ kind, idem }) => kind === 'reversal' && idem === key),
      indexedThrough: (user: number) => Promise.resolve(models.indexed.get(user) ?? -1), waitFor: waits('statement'),
    });
    injector.provide(StyleRows, { style: (id: string) => Promise.resolve(STYLES.find((style) => style.id === id)), collection: () => Promise.resolve(undefined), sharedKeyStyles: () => Promise.resolve([]), waitFor: waits('users') });
    providePeople(injector, world, { log: this.log, clock: platform.clock });
    injector.provide(StatusRows, { waitFor: waits('requests') });
    wiring.provide?.(injector, world);
    return [...new Set(provided.map(({ provide }) => injector.get(provide)).filter(isFold))];
  }

  #connect(world: World, wiring: Wiring): ReadonlyMap<string, Round> {
    const { injector } = this;
    const bus = injector.bus();
    injector.provide(CommandBus, world.watched(wiring.bus?.(bus, world) ?? bus, this));
    injector.connectHandlers();
    for (const view of this.views) this.feed.register(view);
    const rounds = injector.providers.filter((provider) => typeof (provider.prototype as Partial<Round>).round === 'function');
    return new Map(rounds.map((provider) => [provider.name, injector.get(provider) as Round]));
  }

  /** Resolves once every view has seen what was in the log at the start. */
  async start(): Promise<void> {
    await this.feed.start();
    const queue = this.injector.get(LiveQueue);
    const registry = this.injector.get(WorkerRegistry);
    const latest = this.injector.get(LatestOfRequests);
    this.#commanding.onAppended((events) => {
      for (const event of events) {
        const category = categoryOf(event.stream);
        if (category === 'request') {
          queue.apply(event);
          latest.apply(event);
        } else if (category === 'worker') registry.apply(event);
      }
    });
    this.isServing = true;
  }

  kill(): void {
    this.isServing = false;
    this.isDead = true;
    this.log.kill();
  }

  get<Value>(type: abstract new (...args: never[]) => Value): Value {
    return this.injector.get(type);
  }
}

const isFold = (value: unknown): value is NodeFold =>
  typeof (value as Partial<NodeFold>).apply === 'function' && typeof (value as Partial<NodeFold>).open === 'function';
