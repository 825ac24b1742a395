import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { account, AT, authorized, FRIEND, innocent, ME, opened, OWNER, POLICY, send, transferred } from '../../test/support/an-account.js';
import { centikudos, kudos, NO_KUDOS } from '../kernel/kudos.js';
import type { TransferItem, TransferMany } from './account.commands.js';
import { availableOf, TRANSFERS_REMEMBERED } from './account.state.js';
import type { AccountEvent } from './account.events.js';

const KEY = 'key-of-friend';
const toKey = (amount: ReturnType<typeof kudos>, txId = 'tx-1'): AccountEvent => {
  const { type, data } = transferred(amount, { txId }) as Extract<AccountEvent, { type: 'FundsTransferred.v1' }>;
  const { ledger, ...rest } = data;
  return { type, data: { ...rest, sharedKey: KEY, ledger } };
};

describe('a transfer to a shared key', () => {
  it('names the key in the same event, so that owner and key have it at once', () =>
    account(opened()).when(send(kudos(60), { sharedKey: KEY })).then(toKey(kudos(60))));
  it('is repeated to the same key alone', () => {
    account(opened(), toKey(kudos(60))).when(send(kudos(60), { sharedKey: KEY })).thenNothing();
    account(opened(), toKey(kudos(60))).when(send(kudos(60))).thenRefused('IdempotencyKeyConflict');
    account(opened(), toKey(kudos(60))).when(send(kudos(60), { sharedKey: 'another' })).thenRefused('IdempotencyKeyConflict');
    account(opened(), transferred(kudos(60))).when(send(kudos(60), { sharedKey: KEY })).thenRefused('IdempotencyKeyConflict');
  });
  it('is answered as the first time even if the key is gone or past its date since', () =>
    account(opened(), toKey(kudos(60))).when(send(kudos(60), { sharedKey: KEY, parties: { ...innocent, recipientUnknown: true, recipientKeyExpired: true } })).thenNothing());
});

const item = (amount: number, txId: string, parts: Partial<TransferItem> = {}): TransferItem => ({ txId, to: FRIEND, amount: kudos(amount), parties: innocent, ...parts });
const many = (items: readonly TransferItem[], parts: Partial<TransferMany> = {}): TransferMany => ({
  type: 'TransferMany', at: AT, policy: POLICY, creditsElsewhere: kudos(100), creditsComplete: true, indexedThrough: -1, call: 'call', list: 'print',
  items: items.map((each, place) => ({ ...each, place })), ...parts,
});
const moved = (amount: number, txId: string, place: number, to = FRIEND): AccountEvent => {
  const { type, data } = transferred(kudos(amount), { txId, to }) as Extract<AccountEvent, { type: 'FundsTransferred.v1' }>;
  const { ledger, ...rest } = data;
  return { type, data: { ...rest, bulk: { call: 'call', place, list: 'print' }, ledger } };
};
const txIdOf = ({ data }: AccountEvent): string | undefined => (data as { ledger?: { txId: string } }).ledger?.txId;
const decided = (events: readonly AccountEvent[], detail: object = {}) => ({ outcome: 'accepted', events, detail });

describe('many transfers at once', () => {
  it('are one event each, in the order of the list', () =>
    expect(account(opened()).when(many([item(10, 'a'), item(20, 'b', { to: OWNER }), item(70, 'c')])).decision)
      .toEqual(decided([moved(10, 'a', 0), moved(20, 'b', 1, OWNER), moved(70, 'c', 2)])));
  it('each has what those before it have left', () =>
    expect(account(opened(), authorized({ hold: kudos(37) })).when(many([item(40, 'a'), item(21, 'b'), item(20, 'c'), item(1, 'd')])).decision)
      .toEqual(decided([moved(40, 'a', 0), moved(20, 'c', 2)], { 1: 'KudosTransferNotEnough', 3: 'KudosTransferNotEnough' })));
  it('leave the recipient below what one can have, all of them together', () => {
    const parties = { ...innocent, recipientRoom: kudos(10) };
    expect(account(opened()).when(many([item(6, 'a', { parties }), item(5, 'b', { parties }), item(4, 'c', { parties }), item(9, 'd', { parties, to: OWNER })])).decision)
      .toEqual(decided([moved(6, 'a', 0), moved(4, 'c', 2), moved(9, 'd', 3, OWNER)], { 1: 'KudosTransferAboveCap' }));
  });
  it('are refused one by one, each with the first rule that it breaks', () =>
    expect(account(opened()).when(many([
      item(-1, 'a'), item(0, 'b'), item(1, 'c', { to: ME }), item(1, 'd', { parties: { ...innocent, recipientFlagged: true } }), item(1, 'e'),
    ])).decision).toEqual(decided([moved(1, 'e', 4)], {
      0: 'NegativeKudosTransfer', 1: 'InvalidKudosTransferAmount', 2: 'KudosTransferToSelf', 3: 'TargetAccountFlagged',
    })));
  it('happen once, however often they are asked', () =>
    expect(account(opened(), moved(10, 'a', 0), moved(20, 'b', 1)).when(many([item(10, 'a'), item(20, 'b')])).decision).toEqual(decided([])));
  it('asked again do what was refused before, and nothing twice', () => {
    expect(account(opened(), moved(10, 'a', 0)).when(many([item(10, 'a'), item(20, 'b')])).decision).toEqual(decided([moved(20, 'b', 1)]));
    expect(account(opened(), moved(20, 'b', 1)).when(many([item(10, 'a'), item(20, 'b')])).decision).toEqual(decided([moved(10, 'a', 0)]));
  });
  it('are a conflict as a whole when another list had the key', () =>
    account(opened(), moved(10, 'b', 1)).when(many([item(5, 'a'), item(10, 'b')], { list: 'another' })).thenRefused('IdempotencyKeyConflict'));

  const calls = (count: number, size: number): AccountEvent[] => Array.from({ length: count * size }, (_, at) => {
    const { type, data } = moved(0.01, `t${at}`, at % size) as Extract<AccountEvent, { type: 'FundsTransferred.v1' }>;
    return { type, data: { ...data, bulk: { call: `call-${Math.floor(at / size)}`, place: at % size, list: 'print' } } };
  });
  it('are remembered by the call, however many they were', () => {
    const state = account(opened(), ...calls(TRANSFERS_REMEMBERED, 3)).state();
    expect([state.bulks.size, state.forgottenThrough, state.transfers.size]).toEqual([TRANSFERS_REMEMBERED, -1, 0]);
  });
  it('are sent to the index for older calls, until that has read further than the account forgets', () => {
    const many256 = [opened(), ...calls(TRANSFERS_REMEMBERED + 1, 2)];
    const forgotten = 2; // the first call stands at the revisions 1 and 2
    account(...many256).when(many([item(0.01, 't0'), item(0.01, 't1')], { call: 'call-0', indexedThrough: forgotten - 1 })).thenRefused('IndexBehind');
    expect(account(...many256).when(many([item(0.01, 'x')], { call: 'new', indexedThrough: forgotten })).events).toHaveLength(1);
    // What it remembers needs no index.
    expect(account(...many256).when(many([item(0.01, 't2'), item(0.01, 't3')], { call: 'call-1', indexedThrough: -1 })).decision).toEqual(decided([]));
  });
  it('wait as a whole where one could not be refused yet', () => {
    account(opened()).when(many([item(5, 'a'), item(101, 'b')], { creditsComplete: false })).thenRefused('CreditsBehind');
    expect(account(opened()).when(many([item(5, 'a'), item(-1, 'b')], { creditsComplete: false })).decision).toEqual(decided([moved(5, 'a', 0)], { 1: 'NegativeKudosTransfer' }));
  });

  it('law: move as one after the other would, and never more than there is', () => {
    const lists = fc.array(fc.integer({ min: -1, max: 60 }), { maxLength: 40 });
    fc.assert(fc.property(lists, (amounts) => {
      const items = amounts.map((amount, place) => item(amount, `t${place}`));
      const before = account(opened());
      const together = before.when(many(items)).events;
      let alone = account(opened());
      const events: AccountEvent[] = [opened()];
      for (const each of items) {
        const { decision } = alone.when({ ...many([]), ...each, type: 'TransferKudos', keyed: true });
        if (decision.outcome === 'accepted') events.push(...decision.events);
        alone = account(...events);
      }
      expect(together.map(txIdOf)).toEqual(events.slice(1).map(txIdOf));
      expect(availableOf(account(...events).state(), kudos(100))).toBeGreaterThanOrEqual(NO_KUDOS);
    }), { seed: 905, numRuns: 200 });
  });
  it('of 256 stay far below what one append may hold', () => {
    const items = Array.from({ length: 256 }, (_, place) => ({ ...item(0.01, `${'0'.repeat(36 - String(place).length)}${place}`), sharedKey: 'k'.repeat(64) }));
    const { events } = account(opened()).when(many(items, { call: '0'.repeat(36), list: 'f'.repeat(64) }));
    const METADATA_BYTES = 700; // ids, hashes and who asked, generously
    expect(events.reduce((sum, event) => sum + JSON.stringify(event.data).length + METADATA_BYTES, 0)).toBeLessThan(512 * 1024);
    expect(centikudos(events.length)).toBe(256);
  });
});
