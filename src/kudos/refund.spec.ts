import { describe, expect, it } from '@jest/globals';
import { account, authorized, close, closed, FLOOR, opened, reversed, settled } from '../../test/support/an-account.js';
import { transactionId } from '../kernel/ids.js';
import { kudos, NO_KUDOS } from '../kernel/kudos.js';
import type { AccountEvent } from './account.events.js';

const REQUEST = close().request;
const refund = (...submitted: readonly string[]) => ({ ...close(...submitted), refund: true });
/** As the price of an abandoned request, for another reason. */
const givenBack = (paid: number): AccountEvent => {
  const like = reversed(kudos(paid)) as Extract<AccountEvent, { type: 'TransactionReversed.v1' }>;
  return { ...like, data: { ...like.data, reason: 'content_lost', ledger: { ...like.data.ledger, txId: transactionId('content_lost', REQUEST) } } };
};

describe('the end of a request whose content was lost', () => {
  it('gives back what it cost, and frees what it held', () =>
    account(opened(), authorized({ hold: kudos(20) })).when(refund()).then(givenBack(3), closed(0, kudos(20))));
  it('gives back nothing of what the floor forgave', () => account(opened(), authorized({ paid: kudos(1.25) })).when(refund()).then(givenBack(1.25), closed(0)));
  it('gives nothing back where nothing was paid', () => account(opened(), authorized({ paid: NO_KUDOS })).when(refund()).then(closed(0)));
  it('gives nothing back once something was delivered for it', () => account(opened(), authorized(), settled('a')).when(refund('a')).then(closed(1)));
  it('waits for what was delivered', () => account(opened(), authorized()).when(refund('a')).thenRefused('JobsUnsettled'));
  it('happens once, however often it is asked', () => {
    account(opened(), authorized(), givenBack(3), closed(0)).when(refund()).thenNothing();
    const { own, held } = account(opened(), authorized({ hold: kudos(20) }), givenBack(3), closed(0, kudos(20))).state();
    expect({ own, held }).toEqual({ own: FLOOR, held: 0 });
  });
  it('is as any other end without the loss', () => account(opened(), authorized()).when(close()).then(closed(0)));
});
