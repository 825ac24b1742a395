import { describe, expect, it } from '@jest/globals';
import { AT, ME, OWNER, reversed, settled, transferred } from '../../test/support/an-account.js';
import { SettableClock } from '../../test/support/ports.js';
import type { AnyEvent, Recorded } from '../kernel/event.js';
import { iso } from '../kernel/clock.js';
import { kudos } from '../kernel/kudos.js';
import { balanced, escrow, posting, spendable } from '../kernel/ledger.js';
import { Credits } from './credits.js';
import { COOL_DOWN_MS, RecentGifts } from './recent-gifts.js';

const recorded = ({ type, data }: AnyEvent, stream: string): Recorded => ({
  stream, revision: 0, position: 1, id: 'id', type, data,
  metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
});
const OWN = `account-${ME}`;

describe('credits from elsewhere', () => {
  const credits = (rows: { user: number; credits: number }[] = []) => new Credits({ creditsElsewhere: () => Promise.resolve({ position: 41, rows }) });

  it('start from what the read model knows, where it has read to', async () => {
    const view = credits([{ user: ME, credits: 500 }]);
    expect(await view.open()).toBe(41);
    expect(view.of(ME)).toBe(500);
    expect(view.of(OWNER)).toBe(0);
    view.apply(recorded(settled('a'), 'account-99'));
    expect(view.of(OWNER)).toBe(450);
  });
  it('add up whatever stream they are recorded in', () => {
    const view = credits();
    view.apply(recorded(transferred(kudos(5), { to: OWNER }), OWN));
    view.apply(recorded(settled('a'), OWN));
    view.apply(recorded({ type: 'Unheard.v9', data: { ledger: balanced({ txId: 't', kind: 'award', effectiveAt: AT, policy: 1 }, [posting('issue:award', -7), posting(spendable(OWNER), 7)]) } }, 'grant-x'));
    expect(view.of(OWNER)).toBe(500 + 450 + 7);
  });
  it('leave out what the account\'s own stream says: its own fold knows that', () => {
    const view = credits();
    view.apply(recorded(reversed(kudos(3)), OWN));
    view.apply(recorded(settled('a', { owner: ME, legs: [[`user:${ME}:spendable`, kudos(4)], ['issue:makeup', kudos(-4)]] }), OWN));
    expect(view.of(ME)).toBe(0);
    view.apply(recorded(settled('a', { owner: ME, legs: [[`user:${ME}:spendable`, kudos(4)], ['issue:makeup', kudos(-4)]] }), 'account-70'));
    expect(view.of(ME)).toBe(400); // account-70 is not account-7
  });
  it('count neither escrow, nor debits, nor what carries no kudos', () => {
    const view = credits();
    view.apply(recorded({ type: 'X.v1', data: { ledger: balanced({ txId: 't', kind: 'award', effectiveAt: AT, policy: 1 }, [posting(spendable(ME), -9), posting(escrow(OWNER), 9)]) } }, 'account-99'));
    view.apply(recorded({ type: 'RequestCancelled.v1', data: { request: 'r', withdrawn: 1 } }, 'request-r'));
    expect([view.of(ME), view.of(OWNER)]).toEqual([0, 0]);
  });
});

describe('recent gifts', () => {
  const gift = (from: number, to: number, at: number): Recorded => recorded({ type: 'FundsTransferred.v1', data: { from, to, ledger: { effectiveAt: iso(at) } } }, `account-${from}`);
  const view = (clock: SettableClock, gifts: { from: number; to: number; at: string }[] = [], asked: string[] = []) => new RecentGifts({
    giftsSince: (at) => Promise.resolve({ position: 7, gifts: (asked.push(at), gifts) }),
  }, clock);

  it('are remembered for a minute, for their ordered pair', () => {
    const clock = new SettableClock();
    const gifts = view(clock);
    gifts.apply(gift(1, 2, clock.now()));
    expect(gifts.given(1, 2)).toBe(true);
    expect([gifts.given(2, 1), gifts.given(1, 3), gifts.given(12, 2)]).toEqual([false, false, false]);
    clock.pass(COOL_DOWN_MS - 1);
    expect(gifts.given(1, 2)).toBe(true);
    clock.pass(1);
    expect(gifts.given(1, 2)).toBe(false);
  });
  it('count from the latest of them', () => {
    const clock = new SettableClock();
    const gifts = view(clock);
    gifts.apply(gift(1, 2, clock.now()));
    clock.pass(COOL_DOWN_MS / 2);
    gifts.apply(gift(1, 2, clock.now()));
    clock.pass(COOL_DOWN_MS - 1);
    expect(gifts.given(1, 2)).toBe(true);
  });
  it('survive a restart: the read model knows the last minute', async () => {
    const clock = new SettableClock();
    const asked: string[] = [];
    const gifts = view(clock, [{ from: 1, to: 2, at: iso(clock.now() - 10_000) }], asked);
    expect(await gifts.open()).toBe(7);
    expect(asked).toEqual([iso(clock.now() - COOL_DOWN_MS)]);
    clock.pass(COOL_DOWN_MS - 10_001);
    expect(gifts.given(1, 2)).toBe(true);
    clock.pass(1);
    expect(gifts.given(1, 2)).toBe(false);
  });
  it('forget what is older without forgetting what is not', () => {
    const clock = new SettableClock();
    const gifts = view(clock);
    for (let user = 1; user <= 100; user++) {
      gifts.apply(gift(user, 0, clock.now()));
      clock.pass(1_000);
    }
    const known = Array.from({ length: 100 }, (_, k) => k + 1).filter((user) => gifts.given(user, 0));
    expect(known).toEqual(Array.from({ length: 59 }, (_, k) => k + 42));
    expect(gifts.size).toBe(60); // the last one was a second ago: what was a minute old then is gone
  });
  it('are transfers and nothing else', () => {
    const clock = new SettableClock();
    const gifts = view(clock);
    gifts.apply({ ...gift(1, 2, clock.now()), type: 'BalanceAdjusted.v1' });
    expect(gifts.given(1, 2)).toBe(false);
  });
});
