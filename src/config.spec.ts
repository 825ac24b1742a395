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
