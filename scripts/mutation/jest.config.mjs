import { common } from '../../jest.config.js';

/** Whole paths and whole logs, as the parts of them are tried without. */
const SLOW = ['what-if.spec', 'quote.laws.spec', '/platform/(?!event-log/codec)', '/dispatch/', '/notary/', '/audit/'];
/** @type {{ tests: readonly string[] }} */
const { tests } = JSON.parse(process.env['HORDE_MUTATION_RUN'] ?? '{}');

export default {
  ...common, rootDir: '../..', roots: tests.map((folder) => `<rootDir>/${folder}`), testPathIgnorePatterns: SLOW,
  setupFiles: ['<rootDir>/scripts/mutation/hurried-laws.mjs'], maxWorkers: 1,
};
