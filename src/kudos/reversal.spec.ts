import { describe, expect, it } from '@jest/globals';
import { abandon, account, adjusted, authorized, closed, FORGOTTEN, forgetful, FRIEND, ME, opened, OWNER, REQUEST, reversed } from '../../test/support/an-account.js';
import { gift, original, takeBack, takenBack } from '../../test/support/a-reversal.js';
import { transactionId } from '../kernel/ids.js';
import { kudos, NO_KUDOS } from '../kernel/kudos.js';
import type { TransactionKind } from '../kernel/ledger.js';
import { REVERSIBLE, reversalAccountOf } from './reversal.js';

const activation = original('activation', [[`user:${ME}:spendable`, kudos(-3)], ['burn:activation', kudos(3)]], { txId: transactionId('activation', REQUEST), request: REQUEST });

describe('a transaction that a moderator takes back', () => {
  it('gives the sender of a gift what its recipient loses', () =>
    account(opened()).when(takeBack(gift(kudos(60)))).then(takenBack(gift(kudos(60)), [[`user:${ME}:spendable`, kudos(-60)], [`user:${FRIEND}:spendable`, kudos(60)]], { taken: kudos(60) })));
  it('is taken back once, whoever asks and however often', () => {
    const once = takenBack(gift(kudos(60)), [[`user:${ME}:spendable`, kudos(-60)], [`user:${FRIEND}:spendable`, kudos(60)]], { taken: kudos(60) });
    account(opened(), once).when(takeBack(gift(kudos(60)))).thenRefused('TransactionAlreadyReversed');
    account(opened(), once).when(takeBack(gift(kudos(60)), { by: 9, force: true })).thenRefused('TransactionAlreadyReversed');
  });
  it('leaves what was spent since as a receivable, and the floor and what is held alone', () => {
    account(opened()).when(takeBack(gift(kudos(160)))).then(takenBack(gift(kudos(160)), [[`user:${ME}:spendable`, kudos(-100)], [`user:${FRIEND}:spendable`, kudos(100)]], { taken: kudos(100), receivable: kudos(60) }));
    account(opened(), authorized({ hold: kudos(30), activation: NO_KUDOS })).when(takeBack(gift(kudos(160)))).then(
      takenBack(gift(kudos(160)), [[`user:${ME}:spendable`, kudos(-70)], [`user:${FRIEND}:spendable`, kudos(70)]], { taken: kudos(70), receivable: kudos(90) }));
  });
  it('is taken back whole when an admin forces it, below the floor if need be', () =>
    account(opened()).when(takeBack(gift(kudos(160)), { force: true })).then(
      takenBack(gift(kudos(160)), [[`user:${ME}:spendable`, kudos(-160)], [`user:${FRIEND}:spendable`, kudos(160)]], { taken: kudos(160), forced: true })));
  it('of what is there is taken back on a view that lags', () => {
    const whole = takenBack(gift(kudos(100)), [[`user:${ME}:spendable`, kudos(-100)], [`user:${FRIEND}:spendable`, kudos(100)]], { taken: kudos(100) });
    account(opened()).when(takeBack(gift(kudos(100)), { creditsComplete: false })).then(whole);
  });
  it('is looked for in the index when the account may have forgotten it', () => {
    account(...forgetful).when(takeBack(gift(kudos(60)), { indexedThrough: FORGOTTEN - 1 })).thenRefused('IndexBehind');
    expect(account(...forgetful).when(takeBack(gift(kudos(60)), { indexedThrough: FORGOTTEN })).events).toHaveLength(1);
  });
  it('leaves no receivable on a view that lags', () => account(opened()).when(takeBack(gift(kudos(160)), { creditsComplete: false })).thenRefused('CreditsBehind'));
  it('waits where there is nothing to take', () => account(opened()).when(takeBack(gift(kudos(60)), { creditsElsewhere: NO_KUDOS })).thenRefused('NothingToReverse'));

  it('gives everything back that was issued', () => {
    const award = original('award', [['issue:award', kudos(-50)], [`user:${ME}:spendable`, kudos(50)]]);
    account(opened()).when(takeBack(award)).then(takenBack(award, [[`user:${ME}:spendable`, kudos(-50)], ['issue:award', kudos(50)]], { taken: kudos(50) }));
    const uptime = original('uptime_reward', [['issue:uptime', kudos(-50)], [`user:${ME}:escrow`, kudos(50)]]);
    account(opened()).when(takeBack(uptime, { escrowElsewhere: kudos(50) })).then(takenBack(uptime, [[`user:${ME}:escrow`, kudos(-50)], ['issue:uptime', kudos(50)]], { taken: kudos(50) }));
  });
  it('gives a payer the price of a job and its fee, before what was made up or forgiven', () => {
    const job = original('generation', [['user:21:spendable', kudos(-4)], ['issue:floor', kudos(-6)], [`user:${ME}:spendable`, kudos(9)], ['burn:settlement', kudos(1)]], { request: REQUEST, job: 'a' });
    account(opened()).when(takeBack(job)).then(takenBack(job, [
      [`user:${ME}:spendable`, kudos(-9)], ['burn:settlement', kudos(-1)], ['user:21:spendable', kudos(4)], ['issue:floor', kudos(6)],
    ], { taken: kudos(9) }));
    account(opened()).when(takeBack(job, { creditsElsewhere: kudos(2) })).then(takenBack(job, [
      [`user:${ME}:spendable`, kudos(-2)], ['burn:settlement', kudos(-1)], ['user:21:spendable', kudos(3)],
    ], { taken: kudos(2), receivable: kudos(7) }));
  });
  it('gives back to a payer first, in whatever order the postings stand', () => {
    const job = original('generation', [['issue:floor', kudos(-6)], ['user:21:spendable', kudos(-4)], [`user:${ME}:spendable`, kudos(10)]]);
    account(opened()).when(takeBack(job, { creditsElsewhere: kudos(5) })).then(takenBack(job, [
      [`user:${ME}:spendable`, kudos(-5)], ['user:21:spendable', kudos(4)], ['issue:floor', kudos(1)],
    ], { taken: kudos(5), receivable: kudos(5) }));
  });
  it('gives nothing back, not even the fee, while its owner has nothing', () => {
    const job = original('generation', [['user:21:spendable', kudos(-10)], [`user:${ME}:spendable`, kudos(9)], ['burn:settlement', kudos(1)]]);
    account(opened()).when(takeBack(job, { creditsElsewhere: NO_KUDOS })).thenRefused('NothingToReverse');
  });
  it('gives nothing back of an admission whose whole price was set aside for a style', () => {
    const styled = original('activation', [[`user:${ME}:spendable`, kudos(-2)], ['burn:style', kudos(2)]]);
    account(opened()).when(takeBack(styled)).thenRefused('NothingToReverse');
  });
  it('gives back where nobody loses: the price of admission, a correction', () => {
    account(opened()).when(takeBack(activation)).then(takenBack(activation, [[`user:${ME}:spendable`, kudos(3)], ['burn:activation', kudos(-3)]], { taken: NO_KUDOS }));
    const styled = original('activation', [[`user:${ME}:spendable`, kudos(-3)], ['burn:activation', kudos(1)], ['burn:style', kudos(2)]]);
    account(opened()).when(takeBack(styled)).then(takenBack(styled, [[`user:${ME}:spendable`, kudos(1)], ['burn:activation', kudos(-1)]], { taken: NO_KUDOS }));
    const correction = original('admin_adjustment', [[`user:${ME}:spendable`, kudos(-8)], ['burn:adjustment', kudos(8)]], { txId: 'adjust-1' });
    account(opened(), adjusted(kudos(8))).when(takeBack(correction)).then(takenBack(correction, [[`user:${ME}:spendable`, kudos(8)], ['burn:adjustment', kudos(-8)]], { taken: NO_KUDOS }));
  });
});

describe('the price of an admission', () => {
  it('is not taken back while its request may still be abandoned', () => account(opened(), authorized()).when(takeBack(activation)).thenRefused('TransactionUnfinished'));
  it('is given back once: not by a moderator after it was abandoned', () =>
    account(opened(), authorized(), reversed(kudos(3)), closed(0)).when(takeBack(activation)).thenRefused('TransactionAlreadyReversed'));
  it('is given back once: not by an abandonment after a moderator', () => {
    const refund = takenBack(activation, [[`user:${ME}:spendable`, kudos(3)], ['burn:activation', kudos(-3)]], { taken: NO_KUDOS });
    account(opened(), authorized(), closed(0), refund).when(abandon).thenNothing();
  });
});

describe('a transaction that cannot be taken back', () => {
  const kinds = Object.entries(REVERSIBLE).filter(([, may]) => !may).map(([kind]) => kind as TransactionKind);
  it.each(kinds)('%s', (kind) => account(opened()).when(takeBack({ ...gift(kudos(60)), kind })).thenRefused('TransactionIrreversible'));
  it('takes from two users: one event decreases one account', () => {
    const both = original('generation', [['user:21:spendable', kudos(-10)], [`user:${ME}:spendable`, kudos(9)], [`user:${OWNER}:spendable`, kudos(1)]]);
    expect(reversalAccountOf(both)).toBeUndefined();
    account(opened()).when(takeBack(both)).thenRefused('TransactionIrreversible');
  });
  it('has no user in it', () => expect(reversalAccountOf(original('activation', [['issue:anonymous', kudos(-3)], ['burn:activation', kudos(3)]]))).toBeUndefined());
  it('belongs to another account', () => account(opened()).when(takeBack(original('transfer', [[`user:${ME}:spendable`, kudos(-5)], ['user:21:spendable', kudos(5)]]))).thenRefused('TransactionIrreversible'));

  // By descending precedence: each row fixes the fault of the row above and keeps the ones below.
  const once = takenBack(gift(kudos(60)), [[`user:${ME}:spendable`, kudos(-60)], [`user:${FRIEND}:spendable`, kudos(60)]], { taken: kudos(60) });
  it.each([
    ['AccountNotOpen', [], { kind: 'opening' }], ['TransactionAlreadyReversed', [opened(), once], { kind: 'opening' }], ['TransactionIrreversible', [opened(), authorized({ activation: kudos(3) })], { kind: 'opening', txId: transactionId('activation', REQUEST) }],
    ['TransactionUnfinished', [opened(), authorized({ activation: kudos(3) })], { txId: transactionId('activation', REQUEST) }], ['NothingToReverse', [opened()], {}],
  ] as const)('%s comes before the faults below it', (rc, history, parts) =>
    account(...history).when(takeBack({ ...gift(kudos(60)), ...parts }, { creditsElsewhere: NO_KUDOS })).thenRefused(rc));
});
