import { describe, expect, it } from '@jest/globals';
import { account, authorize, authorized, innocent, opened, send, transferred } from '../../test/support/an-account.js';
import { CAP, sweep, swept } from '../../test/support/a-reversal.js';
import { kudos, NO_KUDOS } from '../kernel/kudos.js';
import { KudosCap } from './kudos-cap.message.js';

describe('what stands above the cap', () => {
  it('goes to pool:commons, to the last hundredth', () => account(opened()).when(sweep(kudos(975.01))).then(swept(kudos(0.01), 1)));
  it('is swept once, however often it is asked', () => account(opened(), swept(kudos(25), 1)).when(sweep(kudos(1_000))).thenNothing());
  it('is swept again when more comes', () => account(opened(), swept(kudos(25), 1)).when(sweep(kudos(1_003))).then(swept(kudos(3), 2)));
  it.each([kudos(975), kudos(974.99), NO_KUDOS])('is nothing at an income of %d', (income) => account(opened()).when(sweep(income)).thenNothing());
  it('stays as far as it is held for requests under way', () => {
    account(opened(), authorized({ hold: kudos(1_990), activation: NO_KUDOS })).when(sweep(kudos(2_000))).then(swept(kudos(10), 2));
    account(opened(), authorized({ hold: kudos(2_000), activation: NO_KUDOS })).when(sweep(kudos(2_000))).thenNothing();
  });
  it('has no say in the queue from the first moment', () => {
    const { events: [event] } = account(opened()).when(authorize({ creditsElsewhere: kudos(20_000_000) }));
    expect(event?.data).toMatchObject({ priority: kudos(10_000_000) });
  });
});

describe('a transfer to somebody near the cap', () => {
  const to = (room: number) => ({ ...innocent, recipientRoom: kudos(room) });
  it('fits exactly', () => account(opened()).when(send(kudos(60), { parties: to(60) })).then(transferred(kudos(60))));
  it('that does not fit is refused', () => account(opened()).when(send(kudos(60), { parties: to(59.99) })).thenRefused('KudosTransferAboveCap'));
  it('is refused before a look at the sender\'s balance, and after its amount was checked', () => {
    account(opened()).when(send(kudos(500), { parties: to(59) })).thenRefused('KudosTransferAboveCap');
    account(opened()).when(send(NO_KUDOS, { parties: to(-1) })).thenRefused('InvalidKudosTransferAmount');
  });
  it('is refused only on views that have reached the head', () =>
    account(opened()).when(send(kudos(60), { parties: to(10), creditsComplete: false })).thenRefused('CreditsBehind'));
  it('that was made is answered as the first time, however much the recipient has by now', () =>
    account(opened(), transferred(kudos(60))).when(send(kudos(60), { parties: to(-5) })).thenNothing());
});

describe('the published cap', () => {
  const cap = new KudosCap(CAP, new Set([5]));
  it('leaves room up to it', () => expect([cap.roomOf(7, kudos(400)), cap.roomOf(7, kudos(1_200))]).toEqual([kudos(600), kudos(-200)]));
  it('is not for the account that thanks for donations', () => {
    expect(cap.limitOf(5)).toBeUndefined();
    expect(cap.roomOf(5, kudos(10_000_000))).toBe(Number.MAX_SAFE_INTEGER);
  });
  it('is for nobody on a private horde', () => expect([new KudosCap(undefined).limitOf(7), new KudosCap(undefined).roomOf(7, kudos(9))]).toEqual([undefined, Number.MAX_SAFE_INTEGER]));
});
