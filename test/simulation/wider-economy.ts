import { CommandBus } from '@nestjs/cqrs';
import { AlchemyDeliver } from '../../src/dispatch/alchemy-deliver.js';
import { AlchemyPop } from '../../src/dispatch/alchemy-pop.js';
import { popOwner } from '../../src/dispatch/pop-owner.js';
import { iso } from '../../src/kernel/clock.js';
import { transactionId } from '../../src/kernel/ids.js';
import { centikudos, kudos } from '../../src/kernel/kudos.js';
import { Awards } from '../../src/kudos/awards.js';
import { BulkTransfers } from '../../src/kudos/bulk-transfers.js';
import { grantKeys, OnGrant } from '../../src/kudos/grant.message.js';
import { Reconciliations } from '../../src/kudos/reconciliations.js';
import { Reversals } from '../../src/kudos/reversals.js';
import { SharedKeys } from '../../src/kudos/shared-keys.js';
import { AlchemySubmission } from '../../src/requests/alchemy-submission.js';
import { AlchemyRequestFields } from '../../src/requests/bodies/alchemy-request.body.js';
import { OPERATOR_ID, UserDirectory } from '../../src/users/directory.message.js';
import { Registration } from '../../src/users/registration.message.js';
import { OnUser } from '../../src/users/user.message.js';
import { personal } from '../../src/kernel/event.js';
import { declaration } from '../support/request-facts.js';
import { SOURCE } from '../support/alchemy.js';
import type { SimUser } from './client.js';
import type { Scene } from './scene.js';

// What people do besides images, texts and transfers: each as its routes do it, and held to its answer.

const FORMS = ['caption', 'interrogation', 'nsfw', 'GFPGAN', 'strip_background'];
const ALCHEMISTS = 3;
const FIRST_ALCHEMIST = 20;
export const OPERATOR_KEY = 'operator-of-the-simulation';

export const alchemy = ({ random, clients, node, world }: Scene): void => {
  const payer = clients.user(random.between(0, 9));
  const forms = Array.from({ length: random.between(1, 4) }, () => ({ name: random.pick(FORMS) }));
  const body = Object.assign(new AlchemyRequestFields(), { source_image: SOURCE, forms, trusted_workers: random.chance(0.1), slow_workers: random.chance(0.8) });
  void clients.call(node, 'alchemy', node.get(AlchemySubmission).submit(body, { apiKey: payer.key, clientAgent: 'simulated:1:nobody', ip: '127.0.0.1' }), ({ answer: { id } }) => {
    clients.acknowledged(world.store.stream(`request-${id}`).length > 0, `request ${id}`);
    clients.requests.push({ id, payer });
    return `request ${id}`;
  });
};

export const popForms = ({ random, clients, node }: Scene): void => {
  const alchemist = random.between(0, ALCHEMISTS - 1);
  const owner = clients.user(1 + alchemist);
  const asked = {
    name: `alchemist ${FIRST_ALCHEMIST + alchemist}`, ip: '127.0.0.1', amount: random.between(1, 4), declaration: declaration({ models: FORMS, maxTiles: 64, maxPixels: 0 }),
    wish: { prioritised: [], requireUpfrontKudos: random.chance(0.6), blacklist: [], test: false },
  };
  const popped = popOwner(node.get(UserDirectory), owner.key, []).then((user) => node.get(AlchemyPop).pop(user, asked));
  void clients.call(node, 'pop forms', popped, ({ forms }) => {
    for (const { job } of forms) clients.jobs.push({ id: job, kind: 'alchemy', owner, delivered: false });
    return `forms ${forms.map(({ job }) => job).join()}`;
  });
};

export const deliverForm = ({ random, clients, node }: Scene): void => {
  const forms = clients.jobs.filter(({ kind }) => kind === 'alchemy');
  if (forms.length === 0) return;
  const job = random.chance(0.85) ? forms[Math.max(0, forms.length - random.between(1, 4))]! : random.pick(forms);
  const faulted = random.chance(0.1);
  void clients.call(node, 'deliver form', node.get(AlchemyDeliver).deliver({ id: job.id, result: { caption: 'a harbour' }, faulted }, job.owner.key), ({ reward, position }) => {
    if (!faulted && position >= 0) clients.took(job);
    return `rewarded ${reward}`;
  });
};

export const sharedKey = (scene: Scene): void => {
  const { random, clients, node, world } = scene;
  const known = clients.sharedKeys.length > 0 ? random.pick(clients.sharedKeys) : undefined;
  const wishes = {
    kudos: random.chance(0.2) ? -1 : random.between(0, 900), expiry: random.chance(0.7) ? -1 : random.between(1, 3),
    ...(random.chance(0.2) ? { maxImageSteps: random.between(1, 40), maxTextTokens: random.between(16, 400), maxImagePixels: random.between(200_000, 900_000) } : {}),
  };
  if (known && random.chance(0.15)) {
    void clients.call(node, 'delete key', node.get(SharedKeys).delete(known.owner.key, known.id), () => 'deleted');
  } else if (known && random.chance(0.35)) {
    void clients.call(node, 'change key', node.get(SharedKeys).change(known.owner.key, known.id, wishes), () => 'changed');
  } else {
    const owner = clients.user(random.between(1, 9));
    void clients.call(node, 'create key', node.get(SharedKeys).create(owner.key, wishes), ({ shown: { id }, position }) => {
      clients.acknowledged(position <= world.head, 'a shared key');
      if (id !== null) clients.sharedKeys.push({ id, owner });
      return `key of user ${owner.id}`;
    });
  }
};

/** Kudos for a key: its budget grows by what was sent to it. */
export const fundKey = ({ random, clients, node }: Scene): void => {
  if (clients.sharedKeys.length === 0) return;
  clients.transfer(node, clients.user(random.between(1, 40)), random.pick(clients.sharedKeys).id, centikudos(random.between(1, 5_000)), random.chance(0.7) ? `key-${random.bits()}` : undefined);
};

/** Who pays: oneself, or a shared key's owner. */
export const payerOf = ({ random, clients }: Scene): SimUser => {
  if (clients.sharedKeys.length === 0 || !random.chance(0.2)) return clients.user(random.between(0, 9));
  const { id, owner } = random.pick(clients.sharedKeys);
  return { id: owner.id, key: id };
};

export const bulk = ({ random, clients, node, world }: Scene): void => {
  const from = clients.user(random.between(1, 40));
  const key = `bulk-${random.chance(0.3) ? 1 : random.bits()}`;
  const seed = random.between(0, 3); // the same key means the same list
  const items = Array.from({ length: 1 + (key === 'bulk-1' ? 4 : random.between(0, 9)) }, (_, place) => ({ username: `user#${1 + ((place * 7 + seed) % 11)}`, amount: centikudos(100 + place * 37) }));
  const { transactions } = world.checks;
  const was = items.map((_, place) => transactions.has(transactionId('bulk', from.id, key, place)));
  void clients.call(node, 'bulk', node.get(BulkTransfers).transfer({ apiKey: from.key, key, items }), ({ results }) => {
    for (const [place, result] of results.entries()) {
      const txId = transactionId('bulk', from.id, key, place);
      if (result.rc === undefined) world.unless(transactions.get(txId)?.amount === items[place]!.amount, 'I14', () => `transfer ${place} of ${key} was acknowledged, and the log says ${String(transactions.get(txId)?.amount)}`);
      else world.unless(!was[place], 'I9', () => `transfer ${place} of ${key} is refused with ${result.rc}, and had been done`);
    }
    return `${results.filter(({ rc }) => rc === undefined).length} of ${items.length}`;
  });
};

/** User 1, made at the first start as `horde` makes it; whichever node is first. */
export const operator = ({ clients, node, world }: Scene): void => {
  const registration = node.get(Registration);
  const { keyHash, lastFour } = registration.keyFrom(OPERATOR_KEY);
  const context = { actor: { kind: 'operator' as const }, correlationId: `operator-${clients.number}` };
  const register = node.get(CommandBus).execute(new OnUser(OPERATOR_ID, {
    type: 'RegisterUser', accountClass: 'operator', name: personal('user-1', 'operator'), keyHash, lastFour, at: iso(world.time.nowMs),
  }, context));
  const roles = { type: 'ChangeRoles', roles: { moderator: true, trusted: true }, at: iso(world.time.nowMs) } as const;
  const begun = register.then(() => node.get(CommandBus).execute(new OnUser(OPERATOR_ID, roles, context))).then(() => registration.openAccount(OPERATOR_ID, 'operator', context));
  void clients.call(node, 'operator', begun, () => 'operator');
};

export const award = ({ random, clients, node, world }: Scene): void => {
  const apiKey = random.chance(0.95) ? OPERATOR_KEY : clients.user(2).key;
  const user = random.chance(0.95) ? random.pick([2, ...world.models.users.keys()]) : 0;
  const amount = random.chance(0.9) ? kudos(random.between(1, 2_000)) : kudos(random.between(-1, 0));
  const key = `award-${random.between(1, 12)}`;
  const txId = transactionId('award', OPERATOR_ID, key);
  void clients.call(node, 'award', node.get(Awards).award({ apiKey, key, username: `user#${user}`, amount }), () => {
    clients.acknowledged(world.checks.transactions.get(txId)?.amount === amount, `award ${key} of ${amount}`);
    return `awarded ${amount}`;
  });
};

/** What the ratings of a request's images earn, asked for at any node and as often as people like. */
export const rate = ({ random, clients, node, world }: Scene): void => {
  if (clients.requests.length === 0) return;
  const { id, payer } = random.pick(clients.requests.slice(-12));
  const context = { actor: { kind: 'anonymous' as const }, correlationId: `rate-${clients.number}` };
  const amount = centikudos(payer.id === 0 ? 0 : random.between(1, 600));
  const given = node.get(CommandBus).execute(new OnGrant(grantKeys.rating(id), {
    type: 'GrantRating', user: payer.id, amount, rating: { request: id, ratings: [] }, at: iso(world.time.nowMs), policy: 1,
  }, context));
  void clients.call(node, 'rate', given, ({ outcome }) => {
    if (outcome === 'appended' && amount > 0) clients.acknowledged(world.checks.transactions.has(transactionId('rating', id)), `rating of ${id}`);
    return outcome;
  });
};

/** A moderator takes something back that happened lately: the operator, who may also force it, or somebody who may not. */
export const reverse = ({ random, clients, node, world }: Scene): void => {
  const known = [...world.models.transactions.keys()].slice(-40);
  if (known.length === 0) return;
  const apiKey = random.chance(0.9) ? OPERATOR_KEY : clients.user(random.between(1, 9)).key;
  const txId = random.chance(0.97) ? random.pick(known) : random.uuid();
  void clients.call(node, 'reverse', node.get(Reversals).reverse({ apiKey, key: `reversal-${random.between(1, 30)}`, txId, force: random.chance(0.2) }), ({ reversal, taken, receivable }) => {
    clients.acknowledged(world.checks.transactions.has(reversal), `reversal of ${txId}`);
    return `took ${taken} back, and not ${receivable}`;
  });
};

export const reconcile = ({ random, clients, node, world }: Scene): void => {
  const account = random.pick([2, ...world.models.users.keys()]);
  const amount = centikudos(random.between(-3_000, 3_000));
  const asked = { apiKey: random.chance(0.95) ? OPERATOR_KEY : clients.user(2).key, account, amount, reference: `error ${random.between(1, 9)}` };
  void clients.call(node, 'reconcile', node.get(Reconciliations).reconcile(asked), ({ transaction, moved }) => {
    clients.acknowledged(world.checks.transactions.has(transaction), `compensation of user ${account}`);
    return `moved ${moved}`;
  });
};
