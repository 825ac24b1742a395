import { describe, expect, it } from '@jest/globals';
import { abandon, account, authorize, authorized, closed, ME, opened, OWNER, release, settle, settled } from '../../test/support/an-account.js';
import { ledgerOf } from '../kernel/event.js';
import { centikudos, kudos, NO_KUDOS } from '../kernel/kudos.js';
import type { AccountEvent } from './account.events.js';

/** User 30 has made the style that `ME` uses. */
const AUTHOR = 30;
const STYLE = 'c5b1c1e0-0000-4000-8000-000000000001';
const used = (owner = AUTHOR) => ({ style: STYLE, owner, surcharge: kudos(2) });
const promised = (reward = kudos(2), owner = AUTHOR) => ({ style: { style: STYLE, owner, reward } });
const legsOf = (events: readonly AccountEvent[]): Record<string, number> =>
  Object.fromEntries(events.flatMap((event) => ledgerOf(event)?.postings ?? []).map(({ account: name, amount }) => [name, amount]));

describe('the activation of a request with a style', () => {
  it('sets the reward aside out of what it costs', () => {
    account(opened()).when(authorize({ style: used() })).then(authorized(promised()));
    expect(legsOf(account(opened()).when(authorize({ style: used() })).events)).toEqual(
      { [`user:${ME}:spendable`]: -300, 'burn:activation': 100, 'burn:style': 200 },
    );
  });
  it('costs the same with a style of one\'s own, and sets nothing aside', () =>
    account(opened()).when(authorize({ style: used(ME) })).then(authorized()));
  it.each([[0, 0], [1.99, 0], [2, 2], [2.5, 2], [3, 2]])('when the account can give %d of 3, promises %d', (has, reward) => {
    const { events } = account(opened()).when(authorize({ creditsElsewhere: kudos(has), style: used() }));
    expect(events).toEqual([authorized({ ...promised(kudos(reward)), paid: kudos(has), priority: kudos(25 + has) })]);
  });
});

describe('the first job of a request with a style', () => {
  const before = [opened(), authorized(promised())];
  it('passes on what was set aside, beside all that the job moves by itself', () =>
    expect(legsOf(account(...before).when(settle('a')).events)).toEqual({
      [`user:${ME}:spendable`]: -1_000, [`user:${OWNER}:spendable`]: 450, [`user:${OWNER}:escrow`]: 450, 'burn:settlement': 100,
      'burn:style': -200, [`user:${AUTHOR}:spendable`]: 200,
    }));
  it('says so', () =>
    expect(account(...before).when(settle('a')).events[0]?.data).toMatchObject(promised()));
  it('is the only one that does: the second passes nothing on', () =>
    account(...before, settled('a', promised())).when(settle('b')).then(settled('b')));
  it('passes on as much when the job was censored, for the price of the activation was real', () =>
    expect(legsOf(account(...before).when(settle('a', { debit: kudos(1) })).events)).toMatchObject({ 'burn:style': -200, [`user:${AUTHOR}:spendable`]: 200 }));
  it('credits a worker\'s owner who made the style, too, with both', () => {
    const events = account(opened(), authorized(promised(kudos(2), OWNER))).when(settle('a', { ownerTrusted: true })).events;
    expect(legsOf(events)).toMatchObject({ [`user:${OWNER}:spendable`]: 1_100, 'burn:style': -200 });
    expect(events[0]?.data).toMatchObject({ price: kudos(9), spendable: kudos(9), escrow: NO_KUDOS });
  });
});

describe('a style earns nothing', () => {
  const rewards = (events: readonly AccountEvent[]): readonly unknown[] => events.flatMap((event) => (event.type === 'JobSettled.v1' ? (event.data.style ?? []) : []));
  it('when its owner uses it', () =>
    expect(rewards(account(opened(), authorized()).when(settle('a')).events)).toEqual([]));
  it('when the floor forgave the price, however much the job costs later', () =>
    expect(rewards(account(opened(), authorized({ ...promised(NO_KUDOS), paid: NO_KUDOS })).when(settle('a', { creditsElsewhere: kudos(1_000) })).events)).toEqual([]));
  it('for a request that never delivers: what was set aside stays burned', () => {
    account(opened(), authorized(promised())).when(release(2)).thenNothing();
    account(opened(), authorized(promised())).when({ type: 'CloseAuthorization', request: authorize().request, submitted: [], at: authorize().at, policy: 3 }).then(closed(0));
  });
  it('when the request never came: the payer gets everything back, from where it went', () =>
    expect(legsOf(account(opened(), authorized(promised())).when(abandon).events)).toEqual(
      { 'burn:activation': -100, 'burn:style': -200, [`user:${ME}:spendable`]: 300 },
    ));
  it('more when it is asked again', () =>
    account(opened(), authorized(promised()), settled('a', promised())).when(settle('a')).thenNothing());
  it('from a price that was partly forgiven and then taken back', () =>
    expect(legsOf(account(opened(), authorized({ ...promised(kudos(2)), paid: centikudos(250) })).when(abandon).events)).toEqual(
      { 'burn:activation': -50, 'burn:style': -200, [`user:${ME}:spendable`]: 250 },
    ));
});
