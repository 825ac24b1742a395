import { describe, expect, it } from '@jest/globals';
import { account, authorized, closed, INCOME, ME, opened, REQUEST, send, settle, settled } from '../../test/support/an-account.js';
import { kudos, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import type { PlaceFormHold } from './account.commands.js';
import type { AccountEvent } from './account.events.js';

const AT = '2026-03-01T12:00:00.000Z';
const POLICY = 3;
/** The opening grant and the income, above the floor. */
const AVAILABLE = INCOME;
const admitted = [opened(), authorized({ kind: 'alchemy', activation: NO_KUDOS, quote: kudos(1_000) })];

const place = (job: string, amount = kudos(5), parts: Partial<PlaceFormHold> = {}): PlaceFormHold => ({
  type: 'PlaceFormHold', request: REQUEST, job, amount, creditsElsewhere: INCOME, creditsComplete: true, at: AT, policy: POLICY, ...parts,
});
const free = (job: string) => ({ type: 'ReleaseFormHold', request: REQUEST, job, at: AT, policy: POLICY } as const);
const placed = (job: string, amount = kudos(5)): AccountEvent => ({ type: 'FormHoldPlaced.v1', data: { user: ME, request: REQUEST, job, amount, placedAt: AT } });
const freed = (job: string, amount: Kudos = kudos(5)): AccountEvent => ({ type: 'HoldReleased.v1', data: { user: ME, request: REQUEST, amount, releasedAt: AT, job } });

describe('a hold for a form', () => {
  it('is placed once, however often it is asked', () => {
    account(...admitted).when(place('a')).then(placed('a'));
    account(...admitted, placed('a')).when(place('a')).thenNothing();
  });
  it('takes up to what is available, and not a centikudos more', () => {
    account(...admitted).when(place('a', AVAILABLE)).then(placed('a', AVAILABLE));
    account(...admitted, placed('a')).when(place('b', AVAILABLE)).thenRefused('KudosUpfront', { required: AVAILABLE, available: AVAILABLE - 500 });
  });
  it('is not refused on a view that may be behind', () =>
    account(...admitted).when(place('a', kudos(5), { creditsElsewhere: NO_KUDOS, creditsComplete: false })).thenRefused('CreditsBehind'));
  it.each<[string, AccountEvent[]]>([
    ['that was never admitted', [opened()]],
    ['that is over', [...admitted, closed(0)]],
  ])('is not placed for a request %s', (_, events) => account(...events).when(place('a')).thenRefused('AuthorizationOver'));
  it('is not placed for a form that is paid', () => account(...admitted, settled('a', { kind: 'alchemy' })).when(place('a')).thenRefused('AuthorizationOver'));
  it('cannot be given away', () => account(...admitted, placed('a', AVAILABLE)).when(send(kudos(1))).thenRefused('KudosTransferNotEnough'));
});

describe('its end', () => {
  it('is its capture by the settlement of the form, and of no other', () => {
    const command = settle('a', { kind: 'alchemy', price: kudos(3), debit: kudos(5), things: 1 });
    expect(account(...admitted, placed('a'), placed('b')).when(command).events[0]!.data).toMatchObject({ captured: 500, debit: 500, ledger: { postings: expect.arrayContaining([{ account: 'burn:alchemy', amount: 200 }]) } });
    expect(account(...admitted, placed('b')).when(command).events[0]!.data).toMatchObject({ captured: 0 });
  });
  it('is its release, once', () => {
    account(...admitted, placed('a')).when(free('a')).then(freed('a'));
    account(...admitted, placed('a'), freed('a')).when(free('a')).thenNothing();
    account(...admitted).when(free('a')).thenNothing();
    account(opened()).when(free('a')).thenNothing();
  });
  it('is not its release once it was captured', () => account(...admitted, placed('a'), settled('a', { kind: 'alchemy', captured: kudos(5) })).when(free('a')).thenNothing());
  it.each<[string, AccountEvent]>([
    ['released', freed('a')], ['captured', settled('a', { kind: 'alchemy', captured: kudos(5) })],
  ])('leaves what is set aside for another form when it is %s', (_, event) => {
    const rest = account(...admitted, placed('a'), placed('b'), event);
    rest.when(free('b')).then(freed('b'));
    rest.when(free('a')).thenNothing();
    rest.when(place('b')).thenNothing();
  });
  it('makes room for the next', () => account(...admitted, placed('a', AVAILABLE), freed('a', AVAILABLE)).when(place('b', AVAILABLE)).then(placed('b', AVAILABLE)));
  it('is the end of the request, whatever was forgotten', () =>
    account(...admitted, placed('a'), placed('b')).when({ type: 'CloseAuthorization', request: REQUEST, submitted: [], at: AT, policy: POLICY }).then(closed(0, kudos(10))));
});
