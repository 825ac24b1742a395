import { iso } from '../../src/kernel/clock.js';
import { ledgerOf } from '../../src/kernel/event.js';
import { transactionId } from '../../src/kernel/ids.js';
import { kudos } from '../../src/kernel/kudos.js';
import { spendable } from '../../src/kernel/ledger.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { ChangeTeamFields, NewTeamFields } from '../../src/teams/team.body.js';
import { TeamChanges } from '../../src/teams/team-changes.js';
import { Teams } from '../../src/teams/teams.message.js';
import { teamRefusals } from '../../src/teams/team.refusals.js';
import { refusedBy } from '../../src/platform/http/refusals.js';
import { OPERATOR_ID, UserDirectory, type KnownUser } from '../../src/users/directory.message.js';
import { ChangeUserFields } from '../../src/users/user-change.body.js';
import { UserChanges } from '../../src/users/user-changes.js';
import { UserDeletions } from '../../src/users/user-deletions.js';
import { changeRefusals } from '../../src/users/user.refusals.js';
import { ChangeWorkerFields } from '../../src/workers/worker-change.body.js';
import { WorkerChanges } from '../../src/workers/worker-changes.js';
import type { WorkerFigures } from '../../src/workers/worker-view.js';
import type { Seeded } from '../support/seeded.js';
import type { Scene } from './scene.js';
import type { SimNode } from './node.js';
import { OPERATOR_KEY } from './wider-economy.js';

// What becomes of people, their teams and their workers: each as its route does it, and held to its answer.

const TEAM_NAMES = ['The Harbour', 'THE HARBOUR', 'Night shift', 'Alchemists united', 'Early birds', 'North of the river', 'Those who wait'];
const NOBODY = 999;
const DAY_MS = 24 * 60 * 60_000;
const MONTH_MS = 31 * DAY_MS;

/** Everybody known, and now and then nobody. */
const somebody = ({ random, world }: Scene): number => (random.chance(0.03) ? NOBODY : random.pick([2, ...world.models.users.keys()]));

/** The operator mostly, else who plays. */
const caller = ({ random, clients }: Scene, operator: number): string => (random.chance(operator) ? OPERATOR_KEY : clients.user(random.between(0, 9)).key);

/** As the controllers find them. */
const parties = async (node: SimNode, user: number, apiKey: string): Promise<{ target: KnownUser; caller: KnownUser }> => {
  const directory = node.get(UserDirectory);
  const target = await directory.byId(user);
  if (!target) throw refusedBy(changeRefusals, 'UserNotFound');
  const known = await directory.byKey(apiKey);
  if (!known) throw refusedBy(changeRefusals, 'InvalidAPIKey');
  return { target, caller: known };
};

const wishes = (random: Seeded): ChangeUserFields => Object.assign(new ChangeUserFields(), {
  ...(random.chance(0.35) ? { kudos: random.between(-200, 500) } : {}), ...(random.chance(0.35) ? { monthly_kudos: random.between(-300, 900) } : {}),
  ...(random.chance(0.2) ? { concurrency: random.between(0, 60) } : {}), ...(random.chance(0.2) ? { worker_invited: random.between(0, 4) } : {}),
  ...(random.chance(0.1) ? { trusted: random.chance(0.7) } : {}), ...(random.chance(0.1) ? { education: random.chance(0.5) } : {}),
  ...(random.chance(0.05) ? { username: 'Ada the second' } : {}), ...(random.chance(0.05) ? { reset_suspicion: true } : {}), ...(random.chance(0.1) ? { undelete: true } : {}),
});

/** PUT /users/{id}: what is asked for with a key happens once, however often it is asked. */
export const changeUser = (scene: Scene): void => {
  const { random, clients, node, world } = scene;
  const apiKey = caller(scene, 0.9);
  const user = somebody(scene);
  const fields = wishes(random);
  const key = random.chance(0.6) ? `change-${random.between(1, 12)}` : undefined;
  let by = 0;
  const changed = parties(node, user, apiKey).then(({ target, caller: known }) => {
    by = known.id;
    return node.get(UserChanges).change({ target, caller: known, fields, key });
  });
  void clients.call(node, 'change user', changed, ({ position }) => {
    clients.acknowledged(position <= world.head, `change of user ${user}`);
    if (key === undefined) return 'changed';
    const { transactions } = world.checks;
    if (fields.kudos) {
      const moved = movedBy(transactions.get(transactionId(fields.kudos > 0 ? 'adjustment' : 'deduction', by, user, key)), user);
      const is = fields.kudos > 0 ? moved === kudos(fields.kudos) : moved <= 0 && moved >= kudos(fields.kudos);
      world.unless(is, 'I14', () => `${fields.kudos!} kudos of user ${user} by ${key} were acknowledged, and the log says ${moved}`);
    }
    const grant = transactionId('monthly-entitlement', by, user, key);
    const isDue = world.store.stream(`user-${user}`).some((event) => event.type === 'MonthlyEntitlementChanged.v1' && isAdded(decode(event).data, grant));
    if (fields.monthly_kudos && isDue) clients.acknowledged(transactions.has(grant), `the entitlement of user ${user} by ${key}`);
    return 'changed';
  });
};

const movedBy = (data: object | undefined, user: number): number => ledgerOf({ data: data ?? {} })?.postings.find(({ account }) => account === spendable(user))?.amount ?? 0;
const isAdded = (data: object, of: string): boolean => {
  const { grant, added } = data as { readonly grant: string; readonly added: number };
  return grant === of && added > 0;
};

/** DELETE /users/{id}: marked, and wiped after a month without work. */
export const deleteUser = (scene: Scene): void => {
  const { random, clients, node, world } = scene;
  const marked = [...world.models.users.values()].filter(({ roles, name }) => roles.has('deleted') && name !== '').map(({ id }) => id);
  const user = marked.length > 0 && random.chance(0.7) ? random.pick(marked) : somebody(scene);
  const deleted = parties(node, user, caller(scene, 0.9)).then(({ target, caller: known }) => node.get(UserDeletions).delete(target, known));
  void clients.call(node, 'delete user', deleted, () => {
    const isMarked = world.store.stream(`user-${user}`).some(({ type }) => type === 'RolesChanged.v1' || type === 'PersonalDataErased.v1');
    clients.acknowledged(isMarked, `deletion of user ${user}`);
    return 'deleted';
  });
};

/** Somebody begins or ceases to support the horde, or the platform on which people do cannot be reached for a while. */
export const supporters = (scene: Scene): void => {
  const { random, world } = scene;
  const { list } = world.supporters;
  const luck = random.unit();
  if (luck < 0.15) world.supporters.isBroken = !world.supporters.isBroken;
  else if (luck < 0.35 && list.length > 0) list.splice(random.between(0, list.length - 1), 1);
  else {
    const since = random.chance(0.5) ? { since: iso(world.time.nowMs) } : { since: undefined };
    list.push({ holder: { alias: `Ada#${somebody(scene)}` }, thanks: kudos(random.chance(0.1) ? 0 : random.between(100, 3_000)), ...since });
  }
};

/** Long enough for the next month of thanks, and for whoever is marked as deleted to be wiped: who was away is, if somebody asks for it. */
export const month = (scene: Scene): void => {
  scene.world.time.pass(MONTH_MS);
  deleteUser(scene);
};

export const team = (scene: Scene): void => {
  const { random, clients, node, world } = scene;
  const known = [...world.models.people.teams.keys()];
  const apiKey = caller(scene, 0.6);
  const name = random.pick(TEAM_NAMES);
  const luck = random.unit();
  const id = known.length === 0 ? undefined : random.pick(known);
  const changes = node.get(TeamChanges);
  const made = parties(node, OPERATOR_ID, apiKey).then(async ({ caller: who }) => {
    if (id === undefined || luck < 0.4) return changes.create(who, Object.assign(new NewTeamFields(), { name }));
    const row = await node.get(Teams).find(id);
    if (!row) throw refusedBy(teamRefusals, 'TeamNotFound');
    return luck < 0.7 ? changes.change(row, who, Object.assign(new ChangeTeamFields(), { name, info: 'we work at night' })) : changes.delete(row, who);
  });
  void clients.call(node, 'team', made, ({ position }) => {
    clients.acknowledged(position <= world.head, 'a team');
    return 'done';
  });
};

/** PUT and DELETE /workers/{id}: into a team, out of it, under another name, or away. */
export const changeWorker = (scene: Scene): void => {
  const { random, clients, node, world } = scene;
  const { people } = world.models;
  if (people.workers.size === 0) return;
  const inTeams = [...people.workers.values()].filter((each) => each.team !== undefined);
  const { team: inTeam, ...worker } = random.pick(inTeams.length > 0 && random.chance(0.5) ? inTeams : [...people.workers.values()]);
  const owner = clients.users.find(({ id }) => id === worker.owner);
  const apiKey = owner && random.chance(0.8) ? owner.key : caller(scene, 0.8);
  // As its route reads it; what this call does not ask about is as of a new one.
  const figures = { ...worker, team: inTeam === undefined ? null : { id: inTeam, name: '' } } as WorkerFigures;
  const fields = workerWishes(random, [...people.teams.keys()], inTeam !== undefined);
  const changed = parties(node, OPERATOR_ID, apiKey).then(async ({ caller: who }) => {
    const changes = node.get(WorkerChanges);
    return fields ? (await changes.change({ worker: figures, caller: who, fields })).position : changes.delete(figures, who);
  });
  void clients.call(node, 'change worker', changed, (position) => {
    clients.acknowledged(position <= world.head, `change of worker ${worker.id}`);
    return 'changed';
  });
};

/** Undefined: that it were gone. */
const workerWishes = (random: Seeded, teams: readonly string[], isInTeam: boolean): ChangeWorkerFields | undefined => {
  const luck = random.unit();
  if (luck < 0.12) return undefined;
  const wish = (fields: Partial<ChangeWorkerFields>): ChangeWorkerFields => Object.assign(new ChangeWorkerFields(), fields);
  if (luck < 0.45 && isInTeam) return wish({ team: '' });
  if (luck < 0.7 && teams.length > 0) return wish({ team: random.pick(teams) });
  return wish(luck < 0.8 ? { maintenance: random.chance(0.3) } : { name: `worker renamed ${random.between(1, 4)}` });
};
