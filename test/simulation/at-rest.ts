import { types } from 'node:util';
import { decode } from '../../src/platform/event-log/codec.js';
import { kudos } from '../../src/kernel/kudos.js';
import { Credits } from '../../src/kudos/credits.js';
import { accountDecider } from '../../src/kudos/account.decider.js';
import type { AccountEvent } from '../../src/kudos/account.events.js';
import { Spending } from '../../src/kudos/spending.message.js';
import { OpenWork } from '../../src/requests/open-work.js';
import { Seeded } from '../support/seeded.js';
import { idOfAlias } from '../../src/users/directory.message.js';
import { DONATION_SOURCE_USER, KUDOS_CAP_KUDOS } from './settings.js';
import { MODELS } from './read-models.js';
import { seedOf } from './randomness.js';
import type { SimNode } from './node.js';
import type { Clients } from './client.js';
import type { World } from './world.js';

/** What is brought to rest. */
interface Simulation {
  readonly world: World;
  readonly clients: Clients;
  readonly nodes: readonly (SimNode | undefined)[];
  readonly options: { readonly seed: number };
  turn(random: Seeded, calls: number): Promise<void>;
  restart(place: number): Promise<void>;
}

const EVERYTHING = Number.POSITIVE_INFINITY;
/** Longer than the longest life of a request, in steps that let jobs and requests expire one after the other. */
const STEPS_MS = [3_000, 40_000, 12 * 60_000, 25 * 60_000, 65 * 60_000, 65 * 60_000];
const ROUNDS_A_STEP_MAX = 6;

/** The faults are healed and nobody asks for anything more: what was begun must come to its end, and everybody must agree (I7, I12). */
export const atRest = async (simulation: Simulation): Promise<void> => {
  const { world, clients, nodes, options: { seed } } = simulation;
  const random = new Seeded(seedOf(seed, 2));
  world.network.heal();
  for (const [place, node] of nodes.entries()) if (!node?.isServing) await simulation.restart(place);
  await calm(simulation, random);
  for (const stepMs of STEPS_MS) {
    world.time.pass(stepMs);
    for (let round = 0, before = -1; round < ROUNDS_A_STEP_MAX && before !== world.store.all.length; round++) {
      before = world.store.all.length;
      world.time.pass(2_500);
      for (const node of nodes) for (const name of node!.reactors.keys()) clients.round(node!, name);
      await calm(simulation, random);
    }
    if (world.wrong) return;
  }
  checkEnds(simulation);
  clients.checkRefused();
  world.checkRefusals();
  for (const node of nodes) await checkViews(simulation, node!, random);
};

/** Every call happens and every view sees everything. */
const calm = async (simulation: Simulation, random: Seeded): Promise<void> => {
  const { world, nodes } = simulation;
  for (let before = -1; before !== world.store.all.length || world.network.waiting > 0;) {
    before = world.store.all.length;
    await simulation.turn(random, EVERYTHING);
    for (const node of nodes) node?.log.feedUpTo(world.head);
    for (const name of MODELS) world.models.advance(name, EVERYTHING);
    await simulation.turn(random, EVERYTHING);
  }
};

const checkEnds = ({ world, clients, nodes }: Simulation): void => {
  const { audit } = world.checks;
  const { unsettledJobs, openHolds, openRequests, undrained } = audit.report();
  world.unless(undrained.length === 0, 'I10', () => `user ${undrained[0]} is trusted, and has ${world.checks.purse(undrained[0]!).escrow} in escrow`);
  world.unless(unsettledJobs.length === 0, 'I7', () => `${unsettledJobs.length} delivered jobs are never paid: ${unsettledJobs[0]}`);
  world.unless(openHolds.length === 0, 'I6', () => `${openHolds.length} authorizations never end: of request ${openHolds[0]!.request}`);
  world.unless(openRequests === 0, 'I18', () => `${openRequests} requests never end`);
  for (const node of nodes) world.unless(clients.open.get(node!.id) === undefined || clients.open.get(node!.id) === 0, 'liveness', () => `${String(clients.open.get(node!.id))} calls are never answered`);
  for (const [user, { held, floor, own, elsewhere }] of world.checks.purses) {
    world.unless(own + elsewhere <= kudos(KUDOS_CAP_KUDOS) || user === DONATION_SOURCE_USER, 'I20', () => `user ${user} has ${own + elsewhere}, more than one can accumulate`);
    world.unless(held === 0, 'I6', () => `user ${user} has ${held} held, and nothing open`);
    const hasCome = world.store.stream(`user-${user}`).length > 0; // styles are there from the beginning, and so are their rewards
    world.unless(floor > 0 || !hasCome, 'liveness', () => `user ${user} never got an account`);
  }
  checkPeople(world);
  for (const [user, books] of audit.books.users) {
    const purse = world.checks.purse(user);
    world.unless(books.spendable === purse.own + purse.elsewhere && books.escrow === purse.escrow, 'I12', () => `the audit and the plain sum differ about user ${user}`);
    world.unless((world.models.credits.get(user) ?? 0) === purse.elsewhere, 'I12', () => `the balances read model credits user ${user} with ${String(world.models.credits.get(user))} and not ${purse.elsewhere}`);
  }
};

/** Whoever has a claim is thanked, whoever was wiped has left nothing, and two teams never bear one name. */
const checkPeople = (world: World): void => {
  const { checks, supporters, models: { people, users } } = world;
  world.unless(people.due.size === 0, 'liveness', () => `${people.due.size} raised entitlements are never credited: ${[...people.due.keys()][0]}`);
  const canRepay = checks.purse(DONATION_SOURCE_USER).floor > 0;
  world.unless(people.unrepaid.size === 0 || !canRepay, 'liveness', () => `${people.unrepaid.size} months of thanks are never repaid: ${[...people.unrepaid][0]}`);
  for (const { holder, thanks } of supporters.isBroken ? [] : supporters.list) {
    const user = users.get(idOfAlias('alias' in holder ? holder.alias : '') ?? -1);
    if (user && thanks > 0 && !user.roles.has('deleted')) world.unless(people.thanked.has(user.id), 'liveness', () => `user ${user.id} supports the horde and is never thanked`);
  }
  const left = [...people.workers.values()].map(({ owner }) => owner).concat([...people.sharedKeys.values()]).find((owner) => people.erased.has(owner));
  world.unless(left === undefined, 'liveness', () => `user ${left!} is wiped, and has workers or shared keys`);
  const names = [...people.teams.values()].map(({ nameHash }) => nameHash);
  world.unless(new Set(names).size === names.length, 'bug', () => 'two teams bear one name');
};

/** What a node remembers is what the log says, whatever it lived through. */
const checkViews = async (simulation: Simulation, node: SimNode, random: Seeded): Promise<void> => {
  const { world } = simulation;
  const credits = node.get(Credits);
  for (const [user, purse] of world.checks.purses) {
    world.unless(credits.of(user) === purse.elsewhere, 'I12', () => `node ${node.id} credits user ${user} with ${credits.of(user)} and not ${purse.elsewhere}`);
    if (purse.floor === 0) continue;
    const asked = node.get(Spending).account(user);
    await simulation.turn(random, EVERYTHING);
    const events = world.store.stream(`account-${user}`);
    const folded = events.reduce((state, event) => accountDecider.evolve(state, decode(event) as unknown as AccountEvent), accountDecider.initialState(String(user)));
    const remembered = await asked;
    world.unless(plain(remembered) === plain(folded), 'I23', () => `node ${node.id} remembers another account of user ${user} than its events tell`);
  }
  const { authorizations, unsettled } = node.get(OpenWork).sizes;
  world.unless(authorizations === 0 && unsettled === 0, 'I7', () => `node ${node.id} still means to repair ${authorizations} authorizations and ${unsettled} jobs`);
};

/** The same for the same state, also for one that comes from a snapshot, whose maps another realm has made. */
const plain = (state: unknown): string =>
  JSON.stringify(state, (_name, value: unknown) => {
    if (types.isMap(value)) return { map: [...value] };
    if (types.isSet(value)) return { set: [...value] };
    return typeof value === 'bigint' ? `${value}n` : value;
  });
