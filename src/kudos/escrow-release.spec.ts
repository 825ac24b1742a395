import { describe, it } from '@jest/globals';
import { account, ME, opened, settled } from '../../test/support/an-account.js';
import { escrowReleased, original, releaseEscrow, takeBack, takenBack } from '../../test/support/a-reversal.js';
import { kudos, NO_KUDOS } from '../kernel/kudos.js';

/** Work of one's own worker for oneself: the escrow is credited in one's own stream. */
const ownWork = settled('a', { owner: ME, legs: [[`user:${ME}:spendable`, kudos(-5.5)], [`user:${ME}:escrow`, kudos(4.5)], ['burn:settlement', kudos(1)]] });

describe('the escrow of a trusted user', () => {
  it('becomes the user\'s to spend, wherever it was credited', () => {
    account(opened()).when(releaseEscrow(kudos(40))).then(escrowReleased(kudos(40), 1));
    account(opened(), ownWork).when(releaseEscrow(kudos(40))).then(escrowReleased(kudos(44.5), 2));
  });
  it('is released once, however often it is asked', () => account(opened(), escrowReleased(kudos(40), 1)).when(releaseEscrow(kudos(40))).thenNothing());
  it('is released again when more has come, and only what has come', () =>
    account(opened(), escrowReleased(kudos(40), 1)).when(releaseEscrow(kudos(47))).then(escrowReleased(kudos(7), 2)));
  it('is never released twice by a view that lags behind an earlier release', () =>
    account(opened(), escrowReleased(kudos(40), 1)).when(releaseEscrow(kudos(12))).thenNothing());
  it('is nothing where nothing was credited', () => account(opened()).when(releaseEscrow(NO_KUDOS)).thenNothing());
  it('has no account to come from before it is opened', () => account().when(releaseEscrow(kudos(40))).thenRefused('AccountNotOpen'));
});

describe('a reversal before an escrow release', () => {
  const job = original('generation', [['user:21:spendable', kudos(-10)], [`user:${ME}:spendable`, kudos(4.5)], [`user:${ME}:escrow`, kudos(4.5)], ['burn:settlement', kudos(1)]]);
  const reversal = takenBack(job, [
    [`user:${ME}:escrow`, kudos(-4.5)], [`user:${ME}:spendable`, kudos(-4.5)], ['burn:settlement', kudos(-1)], ['user:21:spendable', kudos(10)],
  ], { taken: kudos(9) });

  it('earns nothing: what it took is not released', () => {
    account(opened()).when(takeBack(job, { escrowElsewhere: kudos(4.5) })).then(reversal);
    account(opened(), reversal).when(releaseEscrow(kudos(4.5))).thenNothing();
    account(opened(), reversal).when(releaseEscrow(kudos(14.5))).then(escrowReleased(kudos(10), 2));
  });
  it('earns nothing in the other order either: what was released is taken from what can be spent', () =>
    account(opened(), escrowReleased(kudos(4.5), 1)).when(takeBack(job, { escrowElsewhere: kudos(4.5) })).then(takenBack(job, [
      [`user:${ME}:spendable`, kudos(-9)], ['burn:settlement', kudos(-1)], ['user:21:spendable', kudos(10)],
    ], { taken: kudos(9) })));
});
