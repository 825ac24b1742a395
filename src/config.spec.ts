import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from './config.js';

const rolesOf = (text?: string): readonly string[] => [...readConfig(text === undefined ? {} : { ROLES: text }).roles];

describe('ROLES', () => {
  it('are all that there are, unless they are named', () => {
    expect([rolesOf(), rolesOf(''), rolesOf('projector, api')]).toEqual([['api', 'projector', 'notary'], ['api', 'projector', 'notary'], ['projector', 'api']]);
    expect([rolesOf('api'), rolesOf(' projector '), rolesOf('notary')]).toEqual([['api'], ['projector'], ['notary']]);
  });
  it.each([
    ['apis', 'ROLES is none of api, projector, notary. See --help.'],
    ['api,witness', 'ROLES is none of api, projector, notary. See --help.'],
  ])('refuses %s in a sentence', (text, sentence) => expect(() => rolesOf(text)).toThrow(new ConfigError(sentence)));
});

describe('BLOBS_DIR', () => {
  it('is in the data directory, unless it is named', () => {
    expect(readConfig({ DATA_DIR: '/srv/horde' }).blobsDir).toBe('/srv/horde/blobs');
    expect(readConfig({ DATA_DIR: '/srv/horde', BLOBS_DIR: '/srv/shared' }).blobsDir).toBe('/srv/shared');
  });
});

describe('supporters', () => {
  const keys = { PATREON_CREATOR_ACCESS_TOKEN: 'token', STRIPE_API_KEY: 'key' };
  it('are fetched from where they are listed, with a key', () => {
    expect(readConfig({})).toMatchObject({ patreon: undefined, stripe: undefined, donationSource: undefined });
    expect(readConfig(keys)).toMatchObject({ patreon: { url: 'https://www.patreon.com', token: 'token' }, stripe: { url: 'https://api.stripe.com', key: 'key' } });
  });
  it('are fetched by no private horde, whatever is set', () =>
    expect(readConfig({ ...keys, HORDE_PROFILE: 'private' })).toMatchObject({ patreon: undefined, stripe: undefined }));
  it('are thanked by the account that DONATION_SOURCE_USER names, by alias or by number', () => {
    expect([readConfig({ DONATION_SOURCE_USER: 'db0#1' }).donationSource, readConfig({ DONATION_SOURCE_USER: ' 7 ' }).donationSource]).toEqual([1, 7]);
    expect(() => readConfig({ DONATION_SOURCE_USER: 'nobody' })).toThrow(/DONATION_SOURCE_USER names nobody/);
  });
  it('bring no key into a message about them', () =>
    expect(() => readConfig({ ...keys, PATREON_URL: 'ftp://x' })).toThrow(new ConfigError('PATREON_URL is not a URL that starts with http: or https:. See --help.')));
});
