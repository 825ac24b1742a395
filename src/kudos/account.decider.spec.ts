import { describe, expect, it } from '@jest/globals';
import {
  abandon, account, adjust, adjusted, AT, authorize, authorized, close, closed, FLOOR, FORGOTTEN, forgetful, innocent, ME, opened, OWNER, POLICY, release, released,
  REQUEST, reversed, send, settle, settled, transferred,
} from '../../test/support/an-account.js';
import { given } from '../../test/support/given.js';
import { centikudos, kudos, NO_KUDOS } from '../kernel/kudos.js';
import { accountDecider } from './account.decider.js';
import { availableOf, TRANSFERS_REMEMBERED } from './account.state.js';

describe('opening an account', () => {
  const open = (accountClass: 'oauth' | 'pseudonymous' | 'operator') => ({ type: 'OpenAccount', accountClass, at: AT, policy: POLICY } as const);

  it.each(['oauth', 'pseudonymous', 'operator'] as const)('grants the floor of an %s account, so that nothing of it can be spent', (accountClass) => {
    account().when(open(accountClass)).then(opened(accountClass));
    expect(availableOf(account(opened(accountClass)).state(), NO_KUDOS)).toBe(0);
  });
  it('happens once, however often it is asked', () => account(opened()).when(open('oauth')).thenNothing());
  it.each([send(kudos(1)), authorize(), settle('a'), release(1), close(), abandon, adjust(kudos(1))])(
    '%#: comes before everything else', (command) => account().when(command).thenRefused('AccountNotOpen'));
  it('is not needed to look at it', () => account().when({ type: 'ReadAccount' }).thenNothing());
});

describe('a transfer', () => {
  it('moves what the account holds, and nothing else', () => account(opened()).when(send(kudos(60))).then(transferred(kudos(60))));
  it('may take all that is available, but nothing of the floor', () => {
    account(opened()).when(send(kudos(100))).then(transferred(kudos(100)));
    account(opened()).when(send(centikudos(10_001))).thenRefused('KudosTransferNotEnough');
    account(opened('pseudonymous')).when(send(kudos(100))).then(transferred(kudos(100)));
    account(opened('pseudonymous')).when(send(centikudos(10_001))).thenRefused('KudosTransferNotEnough');
  });
  it('leaves alone what is held for requests', () => {
    const holding = [opened(), authorized({ hold: kudos(40) })];
    account(...holding).when(send(kudos(57))).then(transferred(kudos(57))); // 125 − 3 paid − 40 held − 25
    account(...holding).when(send(centikudos(5_701))).thenRefused('KudosTransferNotEnough');
  });
  it('is booked as a donation when an education account receives it', () =>
    account(opened()).when(send(kudos(5), { parties: { ...innocent, recipientEducation: true } })).then(transferred(kudos(5), { booked: 'donated' })));
  it('is refused for want of kudos only on complete knowledge of the credits', () => {
    account(opened()).when(send(kudos(101), { creditsComplete: false })).thenRefused('CreditsBehind');
    account(opened()).when(send(kudos(100), { creditsComplete: false })).then(transferred(kudos(100)));
  });
  it('is refused for every other reason on whatever knowledge there is', () =>
    account(opened()).when(send(kudos(-5), { creditsComplete: false })).thenRefused('NegativeKudosTransfer'));

  // By descending precedence: each row fixes the fault of the row above and keeps the ones below.
  const faulty = {
    recipientUnknown: false, recipientKeyExpired: false, reversesRecentGift: true, senderSuspicious: true, senderFlagged: true, senderEducation: true, recipientSuspicious: true, recipientFlagged: true,
    recipientEducation: false, recipientDeleted: true, senderDeleted: true, recipientRoom: kudos(-9),
  };
  const asked = (fixed: Partial<typeof faulty>, amount = -5) => send(kudos(amount), { parties: { ...faulty, ...fixed } });
  const fixes = [
    [{}, 'TooFastKudosTransfers'], [{ reversesRecentGift: false }, 'FaultWhenKudosSending'], [{ senderSuspicious: false }, 'SourceAccountFlagged'],
    [{ senderFlagged: false }, 'EducationCannotSendKudos'], [{ senderEducation: false }, 'FaultWhenKudosReceiving'],
    [{ recipientSuspicious: false }, 'TargetAccountFlagged'], [{ recipientFlagged: false }, 'DeletedUser'], [{ recipientDeleted: false }, 'DeletedUser'],
    [{ senderDeleted: false }, 'NegativeKudosTransfer'],
  ] as const;
  it.each(fixes.map(([, rc], row) => [rc, fixes.slice(0, row + 1).reduce<object>((all, [fix]) => ({ ...all, ...fix }), {})] as const))(
    '%s comes before the faults below it', (rc, fixed) => account(opened()).when(asked(fixed)).thenRefused(rc));
  it.each([
    ['KudosTransferFromAnon', 0, { to: 0 }], ['KudosTransferToAnon', ME, { to: 0 }], ['KudosTransferToSelf', ME, { to: ME }],
  ] as const)('%s comes before them all', (rc, sender, target) => {
    given(accountDecider, String(sender), opened('oauth', sender)).when({ ...asked({}), ...target }).thenRefused(rc);
  });
  it.each([
    ['KudosTransferFromAnon', 0, {}], ['InvalidTargetUsername', ME, {}], ['SharedKeyExpired', ME, { recipientUnknown: false }],
  ] as const)('%s comes before all that asks who the recipient is', (rc, sender, fixed) => {
    const parties = { ...faulty, recipientUnknown: true, recipientKeyExpired: true, ...fixed };
    given(accountDecider, String(sender), opened('oauth', sender)).when({ ...asked({}), to: 0, parties }).thenRefused(rc);
  });
  it.each([['InvalidKudosTransferAmount', 0], ['KudosTransferNotEnough', 101]] as const)('%s comes after them all', (rc, amount) => {
    account(opened()).when(send(kudos(amount))).thenRefused(rc);
  });

  describe('with an idempotency key', () => {
    it('happens once, however often it is asked', () => account(opened(), transferred(kudos(60))).when(send(kudos(60))).thenNothing());
    it('is answered as the first time even if it could not be made any more', () =>
      account(opened(), transferred(kudos(60))).when(send(kudos(60), { creditsElsewhere: NO_KUDOS, parties: faulty })).thenNothing());
    it.each([send(kudos(61)), send(kudos(60), { to: OWNER })])('%#: a key that was used for another transfer is a conflict', (command) =>
      account(opened(), transferred(kudos(60))).when(command).thenRefused('IdempotencyKeyConflict'));
    it('a key of a refused transfer is free', () => account(opened(), transferred(kudos(60), { txId: 'tx-0' })).when(send(kudos(40))).then(transferred(kudos(40))));

    it('remembers the newest ones itself', () => {
      account(...forgetful).when(send(centikudos(1), { txId: 'key-2' })).thenNothing();
      account(...forgetful).when(send(centikudos(1), { txId: `key-${TRANSFERS_REMEMBERED + 1}` })).thenNothing();
      expect(account(...forgetful).state().transfers.size).toBe(TRANSFERS_REMEMBERED);
    });
    it('is sent to the index for older ones, until that has read further than the account forgets', () => {
      account(...forgetful).when(send(centikudos(1), { txId: 'key-0', indexedThrough: FORGOTTEN - 1 })).thenRefused('IndexBehind');
      account(...forgetful).when(send(centikudos(1), { txId: 'new', indexedThrough: FORGOTTEN })).then(transferred(centikudos(1), { txId: 'new' }));
    });
    it('and without a key nothing is looked up', () =>
      account(...forgetful).when(send(centikudos(1), { txId: 'fresh', keyed: false })).then(transferred(centikudos(1), { txId: 'fresh' })));
  });
});

describe('admission', () => {
  it('takes the activation price and freezes the priority as it was before', () => account(opened()).when(authorize()).then(authorized()));
  it('holds what has to be there upfront, less the activation price', () =>
    account(opened()).when(authorize({ required: kudos(23) })).then(authorized({ hold: kudos(20) })));
  it('needs what is required above floor and holds, to the last hundredth', () => {
    account(opened()).when(authorize({ required: kudos(100) })).then(authorized({ hold: kudos(97) }));
    account(opened()).when(authorize({ required: centikudos(10_001) })).thenRefused('KudosUpfront', { required: 10_001, available: 10_000 });
    account(opened(), authorized({ request: 'other', hold: kudos(90) })).when(authorize({ required: kudos(8) }))
      .thenRefused('KudosUpfront', { required: 800, available: 700 });
  });
  it('is refused for want of kudos only on complete knowledge of the credits', () =>
    account(opened()).when(authorize({ required: kudos(101), creditsComplete: false })).thenRefused('CreditsBehind'));
  it('is free for who has nothing, when nothing is required upfront: the floor forgives the price', () =>
    account(opened()).when(authorize({ creditsElsewhere: NO_KUDOS })).then(authorized({ paid: NO_KUDOS, priority: FLOOR })));
  it('takes what is there, and forgives the rest', () =>
    account(opened()).when(authorize({ creditsElsewhere: kudos(1.25) })).then(authorized({ paid: kudos(1.25), priority: kudos(26.25) })));
  it('forgives only on complete knowledge of the credits', () =>
    account(opened()).when(authorize({ creditsElsewhere: kudos(1.25), creditsComplete: false })).thenRefused('CreditsBehind'));
  it('never goes below the floor, even where less than the activation price is required', () =>
    account(opened()).when(authorize({ creditsElsewhere: kudos(2), required: kudos(2) })).then(authorized({ paid: kudos(2), priority: kudos(27) })));
  it('happens once, however often it is asked', () => account(opened(), authorized()).when(authorize()).thenNothing());
  it('without a price stores no transaction', () => account(opened()).when(authorize({ activation: NO_KUDOS })).then(authorized({ activation: NO_KUDOS })));
  it.each([
    ['is the balance', { creditsElsewhere: kudos(100) }, kudos(125)],
    ['stops at the cap', { priorityCap: kudos(120) }, kudos(120)],
    ['of a flagged account is a thousandth', { flagged: true, creditsElsewhere: kudos(9_875) }, kudos(10)],
    ['of a flagged account stops at the cap, too', { flagged: true, creditsElsewhere: kudos(9_875), priorityCap: kudos(5) }, kudos(5)],
    ['of a poor flagged account is behind everybody', { flagged: true, creditsElsewhere: kudos(-15) }, kudos(-100)],
  ] as const)('its priority %s', (_claim, parts, priority) => {
    expect(account(opened()).when(authorize(parts)).events).toMatchObject([{ data: { priority } }]);
  });
});

describe('a settlement', () => {
  const admitted = [opened(), authorized()];

  it('of a worker\'s test of itself moves nothing but the hold', () =>
    account(...admitted).when(settle('a', { owner: ME, ownerTrusted: true, price: NO_KUDOS, debit: NO_KUDOS, selfTest: true })).then(
      settled('a', { owner: ME, price: NO_KUDOS, debit: NO_KUDOS, spendable: NO_KUDOS, escrow: NO_KUDOS, selfTest: true, legs: [] })));
  it('names the team that the worker was in', () => account(...admitted).when(settle('a', { team: 'night shift' })).then(settled('a', { team: 'night shift' })));
  it('pays the owner exactly the price, half of it into escrow, and burns the fee', () => account(...admitted).when(settle('a')).then(settled('a')));
  it('pays a trusted owner at once', () =>
    account(...admitted).when(settle('a', { ownerTrusted: true })).then(settled('a', { spendable: kudos(9), escrow: NO_KUDOS, legs: [
      [`user:${ME}:spendable`, kudos(-10)], [`user:${OWNER}:spendable`, kudos(9)], ['burn:settlement', kudos(1)],
    ] })));
  it('gives the odd hundredth of a split to whichever is even: the escrow', () => {
    const split = (price: number) => account(...admitted).when(settle('a', { price: centikudos(price) })).events.map(({ data }) => data);
    expect(split(901)).toMatchObject([{ spendable: 451, escrow: 450 }]);
    expect(split(903)).toMatchObject([{ spendable: 451, escrow: 452 }]);
  });
  it('of a censored image charges the fee only; the owner is paid all the same, out of issue:makeup', () =>
    account(...admitted).when(settle('a', { debit: kudos(1) })).then(settled('a', { debit: kudos(1), legs: [
      [`user:${ME}:spendable`, kudos(-1)], [`user:${OWNER}:spendable`, kudos(4.5)], [`user:${OWNER}:escrow`, kudos(4.5)], ['issue:makeup', kudos(-8)],
    ] })));
  it('to oneself nets what one pays and earns', () =>
    account(...admitted).when(settle('a', { owner: ME, ownerTrusted: true })).then(settled('a', { owner: ME, spendable: kudos(9), escrow: NO_KUDOS, legs: [
      [`user:${ME}:spendable`, kudos(-1)], ['burn:settlement', kudos(1)],
    ] })));
  it('to oneself, untrusted, waits in escrow', () =>
    account(...admitted).when(settle('a', { owner: ME })).then(settled('a', { owner: ME, legs: [
      [`user:${ME}:spendable`, kudos(-5.5)], [`user:${ME}:escrow`, kudos(4.5)], ['burn:settlement', kudos(1)],
    ] })));
  it('happens once, however often it is asked', () => account(...admitted, settled('a')).when(settle('a')).thenNothing());
  it('of an authorization that is closed has happened before', () => account(...admitted, settled('a'), closed(1)).when(settle('a')).thenNothing());
  it('takes what is above the floor, and the floor forgives the rest', () =>
    account(...admitted).when(settle('a', { creditsElsewhere: kudos(7) })).then(settled('a', { forgiven: kudos(6), legs: [
      [`user:${ME}:spendable`, kudos(-4)], ['issue:floor', kudos(-6)], [`user:${OWNER}:spendable`, kudos(4.5)], [`user:${OWNER}:escrow`, kudos(4.5)],
      ['burn:settlement', kudos(1)],
    ] })));
  it('forgives only on complete knowledge of the credits', () =>
    account(...admitted).when(settle('a', { creditsElsewhere: kudos(7), creditsComplete: false })).thenRefused('CreditsBehind'));
  it('may use what is held for another request: a hold that nobody serves makes nothing free', () =>
    account(...admitted, authorized({ request: 'other', hold: kudos(94) })).when(settle('a')).then(settled('a')));
  it('of a job that cost nothing and earned nothing stores no transaction', () =>
    account(...admitted).when(settle('a', { price: NO_KUDOS, debit: NO_KUDOS })).then(settled('a', {
      price: NO_KUDOS, debit: NO_KUDOS, spendable: NO_KUDOS, escrow: NO_KUDOS, legs: [],
    })));
  it('of the last job closes the authorization in the same append', () =>
    account(...admitted, settled('a')).when(settle('b', { ended: ['a', 'b'] })).then(settled('b'), closed(2)));
  it('does not close it while another delivered job is unsettled, in whatever order they come', () => {
    account(...admitted).when(settle('b', { ended: ['a', 'b'] })).then(settled('b'));
    account(...admitted, settled('b')).when(settle('a', { ended: ['a', 'b'] })).then(settled('a'), closed(2));
  });
  it('asked again with the end known closes what the first could not', () => {
    account(...admitted, settled('a'), settled('b')).when(settle('b', { ended: ['a', 'b'] })).then(closed(2));
    account(...admitted, settled('b')).when(settle('b', { ended: ['a', 'b'] })).thenNothing();
  });
});

describe('a hold', () => {
  const three = [opened(), authorized({ jobs: 3, hold: kudos(20.03) })]; // parts of 6.69, 6.67 and 6.67

  it('is captured in equal parts, the remainder with the first', () => {
    account(...three).when(settle('a')).then(settled('a', { captured: kudos(6.69) }));
    account(...three, settled('a', { captured: kudos(6.69) })).when(settle('b')).then(settled('b', { captured: kudos(6.67) }));
  });
  it('is free again as far as jobs will never be handed out, the remainder excepted', () =>
    account(...three).when(release(2)).then(released(kudos(13.34))));
  it('keeps the part of a running job when its release is asked twice', () =>
    account(...three, released(kudos(13.34))).when(release(2)).thenNothing());
  it('is released further when more jobs are withdrawn', () => account(...three, released(kudos(6.67))).when(release(2)).then(released(kudos(6.67))));
  it.each([0, 7])('releases nothing for %d jobs beyond what it has', (jobs) => {
    const freed = account(...three, settled('a', { captured: kudos(6.69) })).when(release(jobs)).events.map(({ data }) => (data as { amount: number }).amount);
    expect(freed).toEqual(jobs === 0 ? [] : [kudos(13.34)]);
  });
  it('that is all used up is captured no further', () =>
    account(...three, released(kudos(20.01))).when(settle('a')).then(settled('a', { captured: kudos(0.02) })));
  it('ends with its authorization, which frees what is left', () => {
    const half = [...three, settled('a', { captured: kudos(6.69) })];
    account(...half).when(close('a')).then(closed(1, kudos(13.34)));
    expect(account(...half, closed(1, kudos(13.34))).state().held).toBe(0);
  });
  it('counts the part that the closing settlement itself captures', () =>
    account(...three).when(settle('a', { ended: ['a'] })).then(settled('a', { captured: kudos(6.69) }), closed(1, kudos(13.34))));
  it('of a request that is gone is not released', () => account(...three, closed(0, kudos(20.03))).when(release(3)).thenNothing());
});

describe('closing an authorization', () => {
  const admitted = [opened(), authorized()];

  it('waits until every delivered job is settled', () => {
    account(...admitted, settled('a')).when(close('a', 'b')).thenRefused('JobsUnsettled');
    account(...admitted, settled('a'), settled('b')).when(close('a', 'b')).then(closed(2));
  });
  it('needs no settlement where nothing was delivered', () => account(...admitted).when(close()).then(closed(0)));
  it('happens once, however often it is asked', () => account(...admitted, closed(0)).when(close()).thenNothing());
});

describe('abandoning an authorization', () => {
  it('gives back exactly what was paid, and frees the hold', () =>
    account(opened(), authorized({ hold: kudos(20) })).when(abandon).then(reversed(kudos(3)), closed(0, kudos(20))));
  it('gives back nothing of what the floor forgave', () =>
    account(opened(), authorized({ paid: kudos(1.25) })).when(abandon).then(reversed(kudos(1.25)), closed(0)));
  it.each([authorized({ paid: NO_KUDOS }), authorized({ activation: NO_KUDOS })])('%#: takes nothing back where nothing was paid', (opening) =>
    account(opened(), opening).when(abandon).then(closed(0)));
  it('happens once, however often it is asked', () => account(opened(), authorized(), reversed(kudos(3)), closed(0)).when(abandon).thenNothing());
  it('leaves the account as if nothing had been asked', () => {
    const { own, held, authorizations } = account(opened(), authorized({ hold: kudos(20) }), reversed(kudos(3)), closed(0, kudos(20))).state();
    expect({ own, held, open: authorizations.size }).toEqual({ own: FLOOR, held: 0, open: 0 });
  });
});

describe('a correction', () => {
  it('takes what it names', () => account(opened()).when(adjust(kudos(60))).then(adjusted(kudos(60))));
  it('stops at the floor and at what is held', () => {
    account(opened()).when(adjust(kudos(160))).then(adjusted(kudos(100)));
    account(opened(), authorized({ hold: kudos(40) })).when(adjust(kudos(160))).then(adjusted(kudos(57)));
    account(opened()).when(adjust(kudos(160), { creditsElsewhere: NO_KUDOS })).thenNothing();
  });
  it('takes less than it names only on complete knowledge of the credits', () =>
    account(opened()).when(adjust(kudos(160), { creditsComplete: false })).thenRefused('CreditsBehind'));
  it('happens once, however often it is asked', () => {
    account(opened(), adjusted(kudos(60))).when(adjust(kudos(60))).thenNothing();
    account(opened(), adjusted(kudos(60))).when(adjust(kudos(60), { creditsComplete: false, creditsElsewhere: NO_KUDOS })).thenNothing();
  });
});

it('an open authorization counts what its request has been debited', () => {
  const { authorizations } = account(opened(), authorized(), settled('a')).state();
  expect(authorizations.get(REQUEST)).toMatchObject({ quote: kudos(23), debited: kudos(13), paid: kudos(3), held: 0 });
});
