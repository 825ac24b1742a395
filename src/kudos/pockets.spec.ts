import { describe, expect, it } from '@jest/globals';
import { ME, OWNER, settled, transferred } from '../../test/support/an-account.js';
import { escrowReleased, swept } from '../../test/support/a-reversal.js';
import type { AnyEvent, Recorded } from '../kernel/event.js';
import { kudos } from '../kernel/kudos.js';
import { TrustedUsers } from '../users/trusted-users.message.js';
import { KudosCap } from './kudos-cap.message.js';
import { Pockets } from './pockets.js';

const recorded = ({ type, data }: AnyEvent, stream = `account-${ME}`): Recorded => ({
  stream, revision: 0, position: 1, id: 'id', type, data,
  metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
});
const EXEMPT = 5;
type Rows = { user: number; spendable: number; escrow: number; escrowElsewhere: number }[];
const pockets = (rows: Rows = []) => new Pockets({ pockets: () => Promise.resolve({ position: 41, rows }) }, new KudosCap(kudos(1_000), new Set([EXEMPT])));

describe('the pockets of everybody', () => {
  it('start from what the read model knows, where it has read to', async () => {
    const view = pockets([{ user: ME, spendable: 100_001, escrow: 0, escrowElsewhere: 450 }, { user: OWNER, spendable: 100_000, escrow: 7, escrowElsewhere: 9 }, { user: EXEMPT, spendable: 900_000, escrow: 0, escrowElsewhere: 0 }]);
    expect(await view.open()).toBe(41);
    expect([[...view.aboveCap], [...view.escrowed]]).toEqual([[ME], [OWNER]]);
    expect(view.of(OWNER)).toEqual({ spendable: 100_000, escrow: 7, escrowElsewhere: 9 });
    expect([view.roomOf(ME), view.roomOf(OWNER), view.roomOf(EXEMPT)]).toEqual([-1, 0, Number.MAX_SAFE_INTEGER]);
  });
  it('have nothing of whom nobody has heard', () => {
    expect(pockets().of(99)).toEqual({ spendable: 0, escrow: 0, escrowElsewhere: 0 });
    expect(pockets().roomOf(99)).toBe(kudos(1_000));
  });
  it('go on with every event that moves kudos, whatever it is', () => {
    const view = pockets();
    view.apply(recorded(settled('a')));
    expect([view.of(OWNER), view.of(ME).spendable]).toEqual([{ spendable: 450, escrow: 450, escrowElsewhere: 450 }, -1_000]);
    expect([...view.escrowed]).toEqual([OWNER]);
    view.apply(recorded(transferred(kudos(1_000), { to: OWNER })));
    expect([...view.aboveCap]).toEqual([OWNER]);
  });
  it('are moved by nothing else', () => {
    const view = pockets();
    view.apply(recorded(settled('a', { legs: [] })));
    expect([view.of(ME), view.of(OWNER), [...view.escrowed]]).toEqual([pockets().of(ME), pockets().of(OWNER), []]);
  });
  it('count what was ever credited to escrow elsewhere, which nothing makes less', () => {
    const view = pockets();
    view.apply(recorded(settled('a', { legs: [[`user:${OWNER}:spendable`, kudos(3)], [`user:${OWNER}:escrow`, kudos(4.5)], ['issue:makeup', kudos(-7.5)]] })));
    view.apply(recorded(settled('b', { legs: [[`user:${OWNER}:escrow`, kudos(-2)], ['issue:makeup', kudos(2)]] })));
    expect(view.of(OWNER)).toEqual({ spendable: 300, escrow: 250, escrowElsewhere: 450 });
  });
  it('tell credits of escrow in the account\'s own stream from those elsewhere', () => {
    const view = pockets();
    view.apply(recorded(settled('a', { owner: ME, legs: [[`user:${ME}:escrow`, kudos(4)], ['issue:makeup', kudos(-4)]] })));
    expect(view.of(ME)).toMatchObject({ escrow: 400, escrowElsewhere: 0 });
  });
  it('forget what is done', () => {
    const view = pockets();
    view.apply(recorded(settled('a', { legs: [[`user:${ME}:escrow`, kudos(40)], [`user:${ME}:spendable`, kudos(1_005)], ['issue:makeup', kudos(-1_045)]] }), 'account-99'));
    expect([[...view.escrowed], [...view.aboveCap]]).toEqual([[ME], [ME]]);
    view.apply(recorded(escrowReleased(kudos(40), 1)));
    view.apply(recorded(swept(kudos(45), 2)));
    expect([[...view.escrowed], [...view.aboveCap]]).toEqual([[], []]);
  });
});

describe('the trusted users', () => {
  const changed = (granted: string[], revoked: string[]) => recorded({ type: 'RolesChanged.v1', data: { user: ME, granted, revoked, changedAt: '' } }, `user-${ME}`);
  it('are those of the read model, and whoever is trusted or no longer is', async () => {
    const view = new TrustedUsers({ trustedUsers: () => Promise.resolve({ position: 7, users: [OWNER] }) });
    expect(await view.open()).toBe(7);
    expect([view.has(OWNER), view.has(ME)]).toEqual([true, false]);
    view.apply(recorded({ type: 'TrustGranted.v1', data: { user: ME } }, `user-${ME}`));
    expect(view.has(ME)).toBe(true);
    view.apply(changed(['vpn'], ['flagged']));
    expect(view.has(ME)).toBe(true);
    view.apply(changed([], ['trusted']));
    expect(view.has(ME)).toBe(false);
    view.apply(changed(['trusted'], []));
    expect(view.has(ME)).toBe(true);
  });
});
