import { common } from '../../jest.config.js';

/** Whole paths and whole logs, as the parts of them are tried without. */
const SLOW = ['what-if.spec', 'quote.laws.spec', '/platform/(?!event-log/codec)', '/dispatch/', '/notary/', '/audit/'];

export default { ...common, rootDir: '../..', roots: ['<rootDir>/src'], testPathIgnorePatterns: SLOW, setupFiles: ['<rootDir>/scripts/mutation/hurried-laws.mjs'], maxWorkers: 1 };
