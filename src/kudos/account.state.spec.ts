import { describe, expect, it } from '@jest/globals';
import {
  account, adjust, adjusted, authorize, authorized, closed, FRIEND, INCOME, ME, opened, released, REQUEST, reversed, settle, settled, transferred,
} from '../../test/support/an-account.js';
import { reconciled } from '../../test/support/a-reversal.js';
import { reversalId, transactionId } from '../kernel/ids.js';
import { centikudos, kudos, NO_KUDOS } from '../kernel/kudos.js';
import type { AccountEvent } from './account.events.js';

const BEHIND = { creditsComplete: false } as const;
/** A request that this account has not, or no longer. */
const elsewhere = 'b1c9f6de-2a70-4d2b-9c3c-6c1f8f0f4a11';

describe('an account remembers', () => {
  const remembered = (event: AccountEvent, txId: string) => account(opened(), event).state().transfers.get(txId);

  it('a gift: to whom, how much, and whose key only where it was sent to one', () => {
    expect(Object.keys(remembered(transferred(kudos(5)), 'tx-1')!)).toEqual(['to', 'amount', 'revision']);
    expect(remembered(transferred(kudos(5)), 'tx-1')).toMatchObject({ to: FRIEND, amount: kudos(5) });
  });
  it('what a moderator took, as sent to nobody else', () => expect(remembered(adjusted(kudos(7)), 'adjust-1')).toEqual({ to: ME, amount: kudos(7), revision: 1 }));
  it('what was given back, by what it takes back', () =>
    expect(remembered(reversed(kudos(3)), reversalId(transactionId('activation', REQUEST)))).toEqual({ to: ME, amount: NO_KUDOS, revision: 1 }));
  it('a reconciliation, by the amount that was asked for', () => {
    const event = reconciled(kudos(-100), kudos(60));
    const { txId } = (event.data as { ledger: { txId: string } }).ledger;
    expect(remembered(event, txId)).toEqual({ to: ME, amount: centikudos(-16_000), revision: 1 });
  });
});

describe('an account is not troubled', () => {
  const admitted = [opened(), authorized({ hold: kudos(20) })];
  it.each<[string, AccountEvent]>([
    ['a job that is settled', settled('a', { request: elsewhere, captured: kudos(5) })],
    ['a hold that is released', released(kudos(5), elsewhere)],
    ['a form whose hold is placed', { type: 'FormHoldPlaced.v1', data: { user: ME, request: elsewhere, job: 'a', amount: kudos(5), placedAt: '2026-03-01T12:00:00.000Z' } }],
    ['a request that is closed', closed(0, kudos(5), elsewhere)],
  ])('by %s for a request that it does not know', (_what, event) => {
    const { held, authorizations } = account(...admitted, event).state();
    expect([held, [...authorizations.keys()]]).toEqual([kudos(20), [REQUEST]]);
  });
});

describe('what an account can pay whole', () => {
  // A view that is behind can only miss credits, so what is there already is there.
  it('it pays on a view that may be behind, to the last centikudo', () => {
    const whole = { ...BEHIND, creditsElsewhere: INCOME };
    expect(account(opened()).when(authorize({ ...whole, activation: INCOME })).events).toHaveLength(1);
    expect(account(opened(), authorized()).when(settle('a', { ...whole, debit: kudos(10) })).events).toHaveLength(1);
    expect(account(opened()).when(adjust(INCOME, whole)).events).toHaveLength(1);
  });
  it('and no more than that', () => {
    const more = centikudos(INCOME + 1);
    account(opened()).when(authorize({ ...BEHIND, activation: more })).thenRefused('CreditsBehind');
    account(opened()).when(adjust(more, BEHIND)).thenRefused('CreditsBehind');
    account(opened()).when(authorize({ ...BEHIND, activation: more, creditsElsewhere: NO_KUDOS })).thenRefused('CreditsBehind');
  });
  it('also when the debit is all that it has', () => {
    const rest = account(opened(), authorized({ activation: NO_KUDOS }));
    expect(rest.when(settle('a', { ...BEHIND, debit: INCOME })).events).toHaveLength(1);
    rest.when(settle('a', { ...BEHIND, debit: centikudos(INCOME + 1) })).thenRefused('CreditsBehind');
  });
});
