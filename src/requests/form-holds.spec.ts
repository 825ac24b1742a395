import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ANode } from '../../test/support/a-node.js';
import * as req from '../../test/support/a-request.js';
import { alchemyFacts } from '../../test/support/request-facts.js';
import { WatchedLog } from '../../test/support/watched-log.js';
import { kudos, NO_KUDOS } from '../kernel/kudos.js';
import { decode } from '../platform/event-log/codec.js';

const { PAYER, OWNER, REQUEST, WORKER } = req;
const AT = req.second(0);
/** Long enough for what a worker gave back; and for what nobody is known to have got. */
const GRACE_MS = 2_000;
const PLACED_MS = 30_000;
const FORMS = ['caption', 'nsfw'].map((form) => ({ form, price: kudos(1), debit: kudos(3) }));
const CREDITS = { creditsElsewhere: kudos(100), creditsComplete: true, at: AT, policy: 1 } as const;

let log: WatchedLog;
let node: ANode;
beforeEach(async () => {
  log = await WatchedLog.open();
  node = new ANode(log);
  await node.feed.start();
  await node.onAccount(PAYER, { type: 'OpenAccount', accountClass: 'oauth', at: AT, policy: 1 });
  await node.onAccount(PAYER, {
    type: 'OpenAuthorization', ...CREDITS, request: REQUEST, kind: 'alchemy', jobs: 2, quote: kudos(6), activation: NO_KUDOS, required: NO_KUDOS,
    flagged: false, priorityCap: kudos(10_000_000), reference: 1,
  });
  await node.onRequest(REQUEST, { type: 'AcceptRequest', facts: alchemyFacts({ request: REQUEST, payer: PAYER, acceptedAt: AT }, FORMS), at: AT });
});
afterEach(async () => {
  expect(node.fatal).toEqual([]);
  await node.feed.close();
  await log.remove();
});

// The steps of a wary worker's pop and of what may follow it, each an append of its own: the process may die after any of them.
const places = (job: string) => node.onAccount(PAYER, { type: 'PlaceFormHold', ...CREDITS, request: REQUEST, job, amount: kudos(3) });
const assigns = (job: string, form: number) => node.onRequest(REQUEST, {
  type: 'AssignForms', forms: [{ job, form, held: kudos(3) }], worker: WORKER, owner: OWNER, ownerTrusted: true, ttlS: 180, at: req.second(1),
});
const faults = (job: string) => node.onRequest(REQUEST, { type: 'FaultJob', job, at: req.second(2) });
const submits = (job: string) => node.onRequest(REQUEST, {
  type: 'SubmitJob', job, state: 'ok', result: 'r', resultHash: null, seed: 0, price: kudos(1), debit: kudos(3), ownerTrusted: true, things: 1, policy: 1, reference: 1, at: req.second(2),
});
const typesOf = async (stream: string): Promise<string[]> => (await log.all(stream)).map(({ type }) => type.replace('.v1', ''));
const account = async () => (await typesOf(`account-${PAYER}`)).slice(2);
const lastOfAccount = async () => decode((await log.all(`account-${PAYER}`)).at(-1)!).data;

describe('a hold whose form nobody got', () => {
  it('is freed after 30 seconds, once', async () => {
    await places('a');
    expect(await node.repairAfter(PLACED_MS - 1)).toBe(0);
    expect(await node.repairAfter(1)).toBe(1);
    expect(await account()).toEqual(['FormHoldPlaced', 'HoldReleased']);
    expect(await lastOfAccount()).toMatchObject({ request: REQUEST, job: 'a', amount: 300 });
    expect(await node.repairAfter(PLACED_MS)).toBe(0);
  });
  it('is left alone while its worker has the form', async () => {
    await places('a');
    await assigns('a', 0);
    expect(await node.repairAfter(PLACED_MS * 100)).toBe(0);
  });
  it('is left alone as well by a node that did not see the hand-out, and asks the request\'s stream', async () => {
    await places('a');
    await assigns('a', 0);
    const late = new ANode(log, { position: await log.head(), authorizations: [], unsettled: [], formHolds: [{ request: REQUEST, payer: PAYER, job: 'a' }], unopened: [] });
    await late.openWork.open(); // and its feed never starts
    late.clock.pass(PLACED_MS);
    expect(await late.repairs.round()).toBe(1);
    expect(await account()).toEqual(['FormHoldPlaced']);
    expect(await late.repairs.round()).toBe(0);
  });
  it('is freed by a node that starts after the crash', async () => {
    await places('a');
    const late = new ANode(log, { position: await log.head(), authorizations: [], unsettled: [], formHolds: [{ request: REQUEST, payer: PAYER, job: 'a' }], unopened: [] });
    await late.openWork.open();
    late.clock.pass(PLACED_MS);
    expect(await late.repairs.round()).toBe(1);
    expect(await account()).toEqual(['FormHoldPlaced', 'HoldReleased']);
  });
});

describe('a hold whose form was given back', () => {
  it('is freed if the process died before it could', async () => {
    await places('a');
    await assigns('a', 0);
    await faults('a');
    expect(await node.repairAfter(GRACE_MS - 1)).toBe(0);
    expect(await node.repairAfter(1)).toBe(1);
    expect(await account()).toEqual(['FormHoldPlaced', 'HoldReleased']);
    expect(await node.repairAfter(PLACED_MS)).toBe(0);
  });
  it('needs no repair once it was freed', async () => {
    await places('a');
    await assigns('a', 0);
    await faults('a');
    await node.onAccount(PAYER, { type: 'ReleaseFormHold', request: REQUEST, job: 'a', at: AT, policy: 1 });
    expect(await node.repairAfter(PLACED_MS)).toBe(0);
  });
});

describe('a form that was delivered', () => {
  it('has its hold captured by the settlement that a repair makes up for', async () => {
    await places('a');
    await assigns('a', 0);
    await submits('a');
    expect(await node.repairAfter(GRACE_MS)).toBe(1);
    expect(await account()).toEqual(['FormHoldPlaced', 'JobSettled']);
    expect(await lastOfAccount()).toMatchObject({ job: 'a', captured: 300, debit: 300 });
    expect(await node.repairAfter(PLACED_MS)).toBe(0);
  });
});

describe('a request that was cancelled with a form at a worker', () => {
  it('is paid and closed by repairs, if the process died right after the cancellation', async () => {
    await places('a');
    await assigns('a', 0);
    await node.onRequest(REQUEST, { type: 'CancelForms', at: req.second(3) });
    await node.repairAfter(GRACE_MS);
    await node.repairAfter(GRACE_MS);
    expect(await account()).toEqual(['FormHoldPlaced', 'JobSettled', 'AuthorizationClosed']);
    expect(await node.repairAfter(PLACED_MS)).toBe(0);
  });
});
