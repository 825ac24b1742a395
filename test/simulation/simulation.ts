import { hash } from 'node:crypto';
import { registerTypes } from '../../src/platform/event-log/upcasts.js';
import { EVENT_TYPES } from '../../src/boot/event-types.js';
import { Seeded } from '../support/seeded.js';
import { atRest } from './at-rest.js';
import { Clients } from './client.js';
import { settled } from './network.js';
import { MODELS } from './read-models.js';
import { SimNode, type Wiring } from './node.js';
import { operationsOf, perform, type Operation } from './operations.js';
import { seedOf } from './randomness.js';
import { World, type Found } from './world.js';

export const OPERATIONS_DEFAULT = 500;
const PLACES = [0, 1];
/** How often, after an operation, a node's feed or a read model has come to the head. */
const FEED_CHANCE = 0.35;
const MODEL_CHANCE = 0.2;

registerTypes(EVENT_TYPES);

export interface SimulationOptions {
  readonly seed: number;
  readonly operations?: number | readonly Operation[];
  readonly wiring?: Wiring;
}

/** What one seed came to. */
export interface Simulated {
  readonly seed: number;
  /** Undefined when every invariant held. */
  readonly wrong: Found | undefined;
  /** The operation after which it was seen; the number of operations when only at rest. */
  readonly at: number;
  /** Of everything that was written and everything that was answered. */
  readonly hash: string;
  readonly events: number;
  readonly calls: number;
  readonly counts: Readonly<Record<'types' | 'commands' | 'refusals' | 'faults' | 'answers', ReadonlyMap<string, number>>>;
}

/** One horde: two machines on one log, people and workers, and whatever goes wrong. The same seed is the same history, byte for byte. */
export class Simulation {
  readonly world: World;
  readonly clients: Clients;
  readonly nodes: (SimNode | undefined)[] = [];
  readonly #wiring: Wiring;
  #started = 0;

  constructor(readonly options: SimulationOptions) {
    this.#wiring = options.wiring ?? {};
    this.world = new World(options.seed, this.#wiring.snapshots);
    this.clients = new Clients(this.world);
    this.world.network.onCrash = (id) => this.#crash(id);
  }

  async run(): Promise<Simulated> {
    const { seed, operations = OPERATIONS_DEFAULT } = this.options;
    const list = typeof operations === 'number' ? operationsOf(seed, operations) : operations;
    for (const place of PLACES) await this.restart(place);
    let at = 0;
    for (; at < list.length && !this.world.wrong; at++) await this.#operate(list[at]!);
    if (!this.world.wrong) await atRest(this);
    return this.#report(at);
  }

  async #operate({ kind, seed }: Operation): Promise<void> {
    const random = new Seeded(seed);
    const place = random.between(0, PLACES.length - 1);
    if (!this.nodes[place]?.isServing && random.chance(0.3)) await this.restart(place);
    this.world.passTurn();
    const node = [this.nodes[place], this.nodes[1 - place]].find((each) => each?.isServing && !this.world.network.isPaused(each.id));
    if (!node) return;
    await perform(kind, { world: this.world, clients: this.clients, random, node, restart: (which) => this.restart(which) });
    await this.turn(random, random.chance(0.05) ? Number.POSITIVE_INFINITY : random.between(0, 6));
    this.#flow(random);
  }

  /** Feeds and read models mostly keep up, and now and then fall behind: further than one operation, or a hundred. */
  #flow(random: Seeded): void {
    const { world } = this;
    for (const node of this.nodes) if (node && random.chance(FEED_CHANCE) && !world.network.isPaused(node.id)) node.log.feedUpTo(world.head);
    for (const name of MODELS) if (random.chance(MODEL_CHANCE)) world.models.advance(name, Number.POSITIVE_INFINITY);
  }

  /** So many calls between nodes and log happen, in any order. */
  async turn(random: Seeded, calls: number): Promise<void> {
    await settled();
    const { network } = this.world;
    for (let done = 0; done < calls && network.waiting > 0; done++) {
      network.step(random);
      await settled();
    }
  }

  /** The node at that place dies, if it lives, and a new one starts there; it serves once its views have caught up. */
  async restart(place: number): Promise<void> {
    this.nodes[place]?.kill();
    const id = this.#started++;
    const node = new SimNode(id, place, this.world, this.#wiring);
    this.nodes[place] = node;
    void node.start();
    const random = new Seeded(seedOf(this.options.seed, 10_000 + id));
    for (let round = 0; round < 1_000 && !node.isServing; round++) {
      node.log.feedUpTo(this.world.head);
      await this.turn(random, 1);
    }
    if (!node.isServing && !node.isDead) this.world.bug('liveness', `node ${id} does not start`);
  }

  #crash(id: number): void {
    this.nodes.find((node) => node?.id === id)?.kill();
  }

  #report(at: number): Simulated {
    const { world, clients, options: { seed } } = this;
    const written = world.store.all.flatMap(({ stream, revision, position, id, type, data }) => [Buffer.from(`${stream}@${revision}/${position} ${id} ${type}\n`), data]);
    const answered = Buffer.from(clients.answers.map((answer) => `${answer}\n`).join(''));
    return {
      seed, wrong: world.wrong, at, hash: hash('sha256', Buffer.concat([...written, answered]), 'hex'), events: world.store.all.length, calls: clients.answers.length,
      counts: { types: world.checks.types, commands: world.commands, refusals: world.refusals, faults: world.network.reached, answers: clients.refused },
    };
  }
}

/** Thousands of refusals a seed are answers, not faults: nobody reads where in the code they were made. */
const withoutStacks = async <Value>(work: () => Promise<Value>): Promise<Value> => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};

export const simulate = (options: SimulationOptions): Promise<Simulated> => withoutStacks(() => new Simulation(options).run());
