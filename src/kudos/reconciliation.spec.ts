import { describe, it } from '@jest/globals';
import { account, FORGOTTEN, forgetful, opened } from '../../test/support/an-account.js';
import { reconcile, reconciled } from '../../test/support/a-reversal.js';
import { kudos, NO_KUDOS } from '../kernel/kudos.js';

describe('a compensation by the operator', () => {
  it('gives and takes against suspense:reconciliation', () => {
    account(opened()).when(reconcile(kudos(12.5))).then(reconciled(kudos(12.5)));
    account(opened()).when(reconcile(kudos(-12.5))).then(reconciled(kudos(-12.5)));
  });
  it('happens once for a reference, however often it is asked', () => account(opened(), reconciled(kudos(12.5))).when(reconcile(kudos(12.5))).thenNothing());
  it('of another amount under the same reference is a conflict', () => account(opened(), reconciled(kudos(12.5))).when(reconcile(kudos(12))).thenRefused('IdempotencyKeyConflict'));
  it('stops at the floor, and says what is left; asked again it is the same', () => {
    account(opened()).when(reconcile(kudos(-160))).then(reconciled(kudos(-100), kudos(60)));
    account(opened(), reconciled(kudos(-100), kudos(60))).when(reconcile(kudos(-160))).thenNothing();
  });
  it('stops at the floor only on views that have reached the head', () => account(opened()).when(reconcile(kudos(-160), { creditsComplete: false })).thenRefused('CreditsBehind'));
  it('of what is there, or given, waits for no view', () => {
    for (const amount of [kudos(-100), kudos(12.5)]) account(opened()).when(reconcile(amount, { creditsComplete: false })).then(reconciled(amount));
  });
  it('asks the index about what the account has forgotten', () => {
    account(...forgetful).when(reconcile(kudos(12.5), { indexedThrough: FORGOTTEN - 1 })).thenRefused('IndexBehind');
    account(...forgetful).when(reconcile(kudos(12.5), { indexedThrough: FORGOTTEN })).then(reconciled(kudos(12.5)));
  });
  it.each([[NO_KUDOS, kudos(100)], [kudos(-5), NO_KUDOS]])('of %d with %d elsewhere moves nothing', (amount, creditsElsewhere) =>
    account(opened()).when(reconcile(amount, { creditsElsewhere })).thenRefused('NothingToReconcile'));
});
