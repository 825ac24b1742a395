import { common } from '../../jest.config.js';

/** Whole paths and whole logs, as the parts of them are tried without. */
const SLOW = ['what-if.spec', 'quote.laws.spec', '/platform/(?!event-log/codec)', '/dispatch/', '/notary/', '/audit/'];
/** @type {{ tests: readonly string[] }} */
const { tests } = JSON.parse(process.env['HORDE_MUTATION_RUN'] ?? '{}');

export default {
  ...common, rootDir: '../..',
  // Tests reach what they test through their support: what Jest cannot see, it cannot follow.
  roots: ['<rootDir>/src', '<rootDir>/test/support'],
  testMatch: tests.map((pattern) => `<rootDir>/${pattern}`), testPathIgnorePatterns: SLOW, maxWorkers: 1,
  moduleNameMapper: { ...common.moduleNameMapper, '^fast-check$': '<rootDir>/scripts/mutation/hurried-laws.mjs' },
};
