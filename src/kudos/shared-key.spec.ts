import { describe, expect, it } from '@jest/globals';
import { abandon, account, AT, authorize, authorized, close, closed, ME, opened, POLICY, release, released, reversed, settle, settled } from '../../test/support/an-account.js';
import { personal } from '../kernel/event.js';
import { kudos, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import type { ChangeSharedKey, CreateSharedKey, SharedKeyUse } from './account.commands.js';
import type { AccountEvent, SharedKeyLimits } from './account.events.js';
import { freeOf, remainingOf, type SharedKey } from './shared-key.state.js';

const KEY = 'a-key';
const ID = '7f3c2a10-0000-4000-8000-000000000001';
const SUBJECT = `user-${ME}`;
const LATER = '2026-03-02T12:00:00.000Z';
const NO_LIMITS: SharedKeyLimits = { maxImagePixels: -1, maxImageSteps: -1, maxTextTokens: -1 };

const create = (parts: Partial<CreateSharedKey> = {}): CreateSharedKey => ({
  type: 'CreateSharedKey', key: KEY, id: ID, name: null, budget: kudos(23), expiresAt: null, limits: NO_LIMITS, keysMax: 3, at: AT, policy: POLICY, ...parts,
});
const created = (parts: Partial<Extract<AccountEvent, { type: 'SharedKeyCreated.v1' }>['data']> = {}): AccountEvent => ({
  type: 'SharedKeyCreated.v1', data: { user: ME, key: KEY, id: personal(SUBJECT, ID), name: null, budget: kudos(23), expiresAt: null, limits: NO_LIMITS, createdAt: AT, ...parts },
});
const change = (parts: Partial<ChangeSharedKey> = {}): ChangeSharedKey => ({ type: 'ChangeSharedKey', key: KEY, credited: NO_KUDOS, limits: {}, at: AT, policy: POLICY, ...parts });
const changed = (parts: Partial<Extract<AccountEvent, { type: 'SharedKeyChanged.v1' }>['data']>): AccountEvent => (
  { type: 'SharedKeyChanged.v1', data: { user: ME, key: KEY, ...parts, changedAt: AT } }
);
const remove = { type: 'DeleteSharedKey', key: KEY, at: AT, policy: POLICY } as const;
const removed: AccountEvent = { type: 'SharedKeyDeleted.v1', data: { user: ME, key: KEY, deletedAt: AT } };

/** The event with what it says about the key, in the place where it stands. */
const about = (event: AccountEvent, sharedKey: object): AccountEvent => ({ ...event, data: { ...event.data, sharedKey } }) as AccountEvent;

const use = (parts: Partial<SharedKeyUse> = {}): SharedKeyUse => ({ key: KEY, credited: NO_KUDOS, asks: { pixels: 262_144, steps: 30, tokens: 0 }, ...parts });
/** Two jobs for at most 10 each; the activation price is 3. */
const ask = (parts: Parameters<typeof authorize>[0] = {}) => authorize({ sharedKey: use(), ...parts });
const asked = (reserved: Kudos = kudos(23)): AccountEvent => about(authorized(), { key: KEY, reserved });
const used = (job: string, reserved: Kudos = kudos(10)): AccountEvent => about(settled(job), { key: KEY, consumed: kudos(10), reserved });
const keyAfter = (...events: readonly AccountEvent[]): SharedKey | undefined => account(opened(), ...events).state().sharedKeys.get(KEY);

describe('a shared key', () => {
  it('is made with its id and name as personal text', () => {
    account(opened()).when(create()).then(created());
    account(opened()).when(create({ name: 'friends' })).then(created({ name: personal(SUBJECT, 'friends') }));
  });
  it('is made once, however often it is asked', () => account(opened(), created()).when(create()).thenNothing());
  it('is one of at most so many', () => {
    account(opened(), created(), created({ key: 'b' }), created({ key: 'c' })).when(create({ key: 'd' })).thenRefused('SharedKeysTooMany', { max: 3 });
    account(opened(), created(), created({ key: 'b' }), removed).when(create({ key: 'd', keysMax: 2 })).then(created({ key: 'd' }));
  });
  it('is changed only in what is named', () => {
    account(opened(), created()).when(change({ name: 'x', expiresAt: LATER })).then(changed({ name: personal(SUBJECT, 'x'), expiresAt: LATER }));
    account(opened(), created()).when(change({ limits: { maxImageSteps: 9 } })).then(changed({ limits: { ...NO_LIMITS, maxImageSteps: 9 } }));
    account(opened(), created()).when(change()).thenNothing();
    account(opened()).when(change({ name: 'x' })).thenRefused('SharedKeyUnknown');
  });
  it('has a new budget that is what it says: all that was sent to it before is part of it', () => {
    account(opened(), created()).when(change({ budget: kudos(50), credited: kudos(7) })).then(changed({ budget: { amount: kudos(50), credited: kudos(7) } }));
    const key = keyAfter(created(), changed({ budget: { amount: kudos(50), credited: kudos(7) } }))!;
    expect([remainingOf(key, kudos(7)), remainingOf(key, kudos(17)), remainingOf(key, NO_KUDOS)]).toEqual([kudos(50), kudos(60), kudos(50)]);
    // A node that has read less never counts less than the last change did.
    account(opened(), created(), changed({ budget: { amount: null, credited: kudos(7) } })).when(change({ budget: kudos(1) })).then(changed({ budget: { amount: kudos(1), credited: kudos(7) } }));
  });
  it('keeps what a change does not name', () => {
    const limits = { ...NO_LIMITS, maxImageSteps: 9 };
    const before = keyAfter(created({ expiresAt: LATER, limits }), asked())!;
    const after = (parts: Parameters<typeof changed>[0]): SharedKey | undefined => keyAfter(created({ expiresAt: LATER, limits }), asked(), changed(parts));
    expect(after({ name: personal(SUBJECT, 'x') })).toEqual(before);
    expect(after({ expiresAt: null })).toEqual({ ...before, expiresAt: null });
    expect(after({ limits: NO_LIMITS })).toEqual({ ...before, limits: NO_LIMITS });
    expect(after({ budget: { amount: kudos(50), credited: kudos(7) } })).toEqual({ ...before, budget: kudos(50), credited: kudos(7), reserved: NO_KUDOS });
  });
  it('is past its date from that very moment', () => {
    expect(account(opened(), created({ expiresAt: LATER })).when(ask({ at: '2026-03-02T11:59:59.999Z' })).events).toHaveLength(1);
    account(opened(), created({ expiresAt: LATER })).when(ask({ at: LATER })).thenRefused('SharedKeyExpired');
  });
  it('is deleted once, and then nothing changes it', () => {
    account(opened(), created()).when(remove).then(removed);
    account(opened(), created(), removed).when(remove).thenNothing();
    account(opened(), created(), removed).when(change({ name: 'x' })).thenRefused('SharedKeyUnknown');
  });
  it.each([
    asked(), used('a'), about(released(NO_KUDOS), { key: KEY, released: kudos(10) }), about(closed(0), { key: KEY, released: kudos(10), returned: NO_KUDOS }), changed({ expiresAt: LATER }),
  ])('%#: that is gone is brought back by no event that names it', (event) =>
    expect(keyAfter(created(), removed, event)).toBeUndefined());
  it('is not touched by requests that come without it', () => {
    account(opened(), created()).when(authorize()).then(authorized());
    account(opened(), created(), authorized()).when(settle('a', { ended: ['a'] })).then(settled('a'), closed(1));
    account(opened(), created(), authorized()).when(release(1)).thenNothing();
    expect(keyAfter(created(), authorized({ hold: kudos(20) }), released(kudos(10)), settled('a'), closed(1))).toEqual(keyAfter(created()));
  });
});

describe('a request by a shared key', () => {
  it('reserves its quote in the key\'s budget', () => {
    account(opened(), created()).when(ask()).then(asked());
    expect(keyAfter(created(), asked())).toMatchObject({ budget: kudos(20), reserved: kudos(20), utilised: kudos(3) });
  });
  it('reserves nothing of a key without a limit, and is counted all the same', () => {
    account(opened(), created({ budget: null })).when(ask()).then(asked(NO_KUDOS));
    expect(keyAfter(created({ budget: null }), asked(NO_KUDOS))).toMatchObject({ budget: null, reserved: NO_KUDOS, utilised: kudos(3) });
  });
  it('may use what was sent to the key by others', () => {
    account(opened(), created({ budget: kudos(1) })).when(ask({ sharedKey: use({ credited: kudos(22) }) })).then(asked());
    account(opened(), created({ budget: kudos(1) })).when(ask({ sharedKey: use({ credited: kudos(21.99) }) })).thenRefused('SharedKeyInsufficientKudos', { required: 2_300, available: 2_299 });
  });
  it('does not touch what others have reserved', () =>
    account(opened(), created({ budget: kudos(45) }), asked()).when(ask({ request: 'other' })).thenRefused('SharedKeyInsufficientKudos', { required: 2_300, available: 2_200 }));
  it('by a key is refused for want of budget only on complete knowledge of what was sent to it', () => {
    account(opened(), created({ budget: NO_KUDOS })).when(ask({ creditsComplete: false })).thenRefused('CreditsBehind');
    account(opened(), created({ budget: kudos(1) })).when(ask({ creditsComplete: false })).thenRefused('CreditsBehind');
  });

  // By descending precedence: each row fixes the fault of the row above and keeps the ones below.
  const rows: readonly (readonly [string, AccountEvent[], Parameters<typeof authorize>[0]])[] = [
    ['SharedKeyUnknown', [], {}],
    ['SharedKeyEmpty', [created({ budget: NO_KUDOS, expiresAt: AT, limits: { ...NO_LIMITS, maxImagePixels: 0 } })], {}],
    ['SharedKeyExpired', [created({ budget: kudos(1), expiresAt: AT, limits: { ...NO_LIMITS, maxImagePixels: 0 } })], {}],
    ['SharedKeyInsufficientKudos', [created({ budget: kudos(1), limits: { ...NO_LIMITS, maxImagePixels: 0 } })], {}],
    ['KudosUpfront', [created({ limits: { ...NO_LIMITS, maxImagePixels: 0 } })], {}],
    ['SharedKeyLimits', [created({ limits: { ...NO_LIMITS, maxImagePixels: 0 } })], { required: NO_KUDOS }],
  ];
  it.each(rows)('%s comes before the faults below it', (rc, events, fixed) => {
    const { decision } = account(opened(), ...events).when(ask({ required: kudos(1_000), ...fixed }));
    expect(decision).toMatchObject({ outcome: 'refused', rc });
  });

  it.each<readonly [keyof SharedKeyLimits, number, Partial<NonNullable<SharedKeyUse['asks']>>]>([
    ['maxImagePixels', 262_144, { pixels: 262_145 }], ['maxImageSteps', 30, { steps: 31 }], ['maxTextTokens', 80, { tokens: 81 }],
  ])('keeps to %s, to the last one', (limit, max, beyond) => {
    const limited = created({ limits: { ...NO_LIMITS, [limit]: max } });
    const fits = { pixels: 262_144, steps: 30, tokens: 80 };
    account(opened(), limited).when(ask({ sharedKey: use({ asks: fits }) })).then(asked());
    account(opened(), limited).when(ask({ sharedKey: use({ asks: { ...fits, ...beyond } }) })).thenRefused('SharedKeyLimits');
    account(opened(), limited).when(ask({ sharedKey: use({ asks: undefined }) })).then(asked()); // a style brought the key
  });
  it('with a limit of 0 is not allowed at all', () =>
    account(opened(), created({ limits: { ...NO_LIMITS, maxTextTokens: 0 } })).when(ask({ sharedKey: use({ asks: { pixels: 0, steps: 0, tokens: 16 } }) })).thenRefused('SharedKeyLimits'));

  it('uses its reservation with every job, in the event of the debit', () => {
    account(opened(), created(), asked()).when(settle('a')).then(used('a'));
    expect(keyAfter(created(), asked(), used('a'))).toMatchObject({ budget: kudos(10), reserved: kudos(10), utilised: kudos(13) });
  });
  it('gives back what it did not use when it ends', () => {
    account(opened(), created(), asked(), used('a')).when(close('a')).then(about(closed(1), { key: KEY, released: kudos(10), returned: NO_KUDOS }));
    expect(keyAfter(created(), asked(), used('a'), about(closed(1), { key: KEY, released: kudos(10), returned: NO_KUDOS }))).toMatchObject({ budget: kudos(10), reserved: NO_KUDOS, utilised: kudos(13) });
    account(opened(), created(), asked()).when(settle('a', { ended: ['a'] })).then(used('a'), about(closed(1), { key: KEY, released: kudos(10), returned: NO_KUDOS }));
  });
  it('gives back the parts of jobs that were never handed out, once', () => {
    const part = about(released(NO_KUDOS), { key: KEY, released: kudos(10) });
    account(opened(), created(), asked()).when(release(1)).then(part);
    account(opened(), created(), asked(), part).when(release(1)).thenNothing();
    account(opened(), created(), asked(), part).when(release(2)).then(part);
    account(opened(), created(), asked(), used('a'), used('b')).when(release(2)).thenNothing();
    expect(keyAfter(created(), asked(), part)).toMatchObject({ budget: kudos(20), reserved: kudos(10), utilised: kudos(3) });
  });
  it('that never came gives everything back', () => {
    const end = about(closed(0), { key: KEY, released: kudos(20), returned: kudos(3) });
    account(opened(), created(), asked()).when(abandon).then(reversed(kudos(3)), end);
    expect(keyAfter(created(), asked(), reversed(kudos(3)), end)).toMatchObject({ budget: kudos(23), reserved: NO_KUDOS, utilised: NO_KUDOS });
  });

  describe('when its owner sets a new budget meanwhile', () => {
    const anew = changed({ budget: { amount: NO_KUDOS, credited: NO_KUDOS } });
    it('keeps its promise, and nothing of it comes back into the new one', () => {
      account(opened(), created(), asked(), anew).when(settle('a')).then(used('a', NO_KUDOS));
      account(opened(), created(), asked(), anew, used('a', NO_KUDOS)).when(close('a')).then(about(closed(1), { key: KEY, released: NO_KUDOS, returned: NO_KUDOS }));
      account(opened(), created(), asked(), anew).when(release(2)).thenNothing();
      expect(keyAfter(created(), asked(), anew, used('a', NO_KUDOS))).toMatchObject({ budget: NO_KUDOS, reserved: NO_KUDOS, utilised: kudos(13) });
    });
    it('gets nothing back of a request that never came', () =>
      account(opened(), created(), asked(), anew).when(abandon).then(reversed(kudos(3)), about(closed(0), { key: KEY, released: NO_KUDOS, returned: NO_KUDOS })));
    it('nothing changes for what was asked for by another key, or by none', () => {
      const others = [created(), created({ key: 'b' }), asked(), authorized({ request: 'other' })];
      for (const event of [changed({ key: 'b', budget: { amount: NO_KUDOS, credited: NO_KUDOS } }), { ...removed, data: { ...removed.data, key: 'b' } } as AccountEvent]) {
        account(opened(), ...others, event).when(settle('a')).then(used('a'));
        account(opened(), ...others, event).when(settle('a', { request: 'other' })).then(settled('a', { request: 'other' }));
      }
    });
    it('the key is frozen by a budget of nothing, also after the last of its requests', () =>
      account(opened(), created(), asked(), anew, used('a', NO_KUDOS)).when(ask({ request: 'other' })).thenRefused('SharedKeyEmpty'));
  });
  it('of a deleted key goes on as its owner\'s own', () => {
    account(opened(), created(), asked(), removed).when(settle('a')).then(settled('a'));
    account(opened(), created(), asked(), removed).when(close()).then(closed(0));
    account(opened(), created(), asked(), removed).when(ask({ request: 'other' })).thenRefused('SharedKeyUnknown');
  });
  it('of thirty decided on one budget, admits as many as the budget pays', () => {
    const events: AccountEvent[] = [opened(), created({ budget: kudos(23 * 2 + 22) })];
    const outcomes = Array.from({ length: 30 }, (_, k) => {
      const { decision } = account(...events).when(ask({ request: `r${k}` }));
      if (decision.outcome === 'accepted') events.push(...decision.events);
      return decision.outcome;
    });
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(2);
    expect(freeOf(account(...events).state().sharedKeys.get(KEY)!, NO_KUDOS)).toBe(kudos(22));
  });
});
