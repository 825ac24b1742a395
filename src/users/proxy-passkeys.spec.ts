import { describe, expect, it } from '@jest/globals';
import type { Recorded } from '../kernel/event.js';
import { ProxyPasskeys, type PasskeyRow } from './proxy-passkeys.js';
import type { Role } from './user.events.js';

const ADDRESS = '203.0.113.7';

const view = async (...rows: readonly PasskeyRow[]) => {
  const passkeys = new ProxyPasskeys({ passkeys: () => Promise.resolve({ position: 3, rows }) }, (_purpose, text) => `hash of ${text}`);
  expect(await passkeys.open()).toBe(3);
  const apply = (type: string, data: object): void => { passkeys.apply({ type, data } as Recorded); };
  return {
    issue: (passkey: string, user = 7) => { apply('ProxyPasskeyIssued.v1', { user, passkeyHash: `hash of ${passkey}` }); },
    roles: (granted: readonly Role[], revoked: readonly Role[] = [], user = 7) => { apply('RolesChanged.v1', { user, granted, revoked }); },
    erase: () => { apply('PersonalDataErased.v1', { user: 7 }); },
    ask: (passkey: string) => passkeys.spokenFor(ADDRESS, passkey),
  };
};

describe('a proxy passkey', () => {
  it('of a service account is believed, and no other text', async () => {
    const { issue, roles, ask } = await view();
    expect(ask('p')).toBeUndefined();
    issue('p');
    expect(ask('p')).toBeUndefined(); // its holder is no service
    roles(['service', 'trusted']);
    expect([ask('p'), ask('q'), ask('')]).toEqual([ADDRESS, undefined, undefined]);
  });

  it('is ended by the next one, and knows its holder by what was there before', async () => {
    const { issue, ask } = await view({ user: 7, passkeyHash: 'hash of old', roles: new Set<Role>(['service', 'moderator']) });
    expect(ask('old')).toBe(ADDRESS);
    issue('new');
    expect([ask('old'), ask('new')]).toEqual([undefined, ADDRESS]);
  });

  it.each<[string, Role]>([['flagged', 'flagged'], ['deleted', 'deleted']])('of whoever is %s is not believed, until that ends', async (_how, role) => {
    const { roles, ask } = await view({ user: 7, passkeyHash: 'hash of p', roles: new Set<Role>(['service']) });
    roles([role]);
    expect(ask('p')).toBeUndefined();
    roles([], [role]);
    expect(ask('p')).toBe(ADDRESS);
  });

  it('ends with the role, and with the person', async () => {
    const { issue, roles, erase, ask } = await view({ user: 9, passkeyHash: null, roles: new Set<Role>(['service']) });
    issue('nine', 9);
    roles(['service']);
    issue('seven');
    roles([], ['service']);
    expect([ask('seven'), ask('nine')]).toEqual([undefined, ADDRESS]);
    roles(['service']);
    erase();
    erase();
    expect(ask('seven')).toBeUndefined();
  });
});
