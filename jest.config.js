import { availableParallelism } from 'node:os';

/** Native ESM under Jest: Nest 12 is ESM only. Run with `node --experimental-vm-modules`. */
export const common = {
  testEnvironment: 'node',
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1', '^fast-check$': '<rootDir>/scripts/lib/seeded-fast-check.mjs' },
  transform: {
    '^.+\\.ts$': [
      '<rootDir>/scripts/lib/local-globals.mjs',
      {
        swcrc: false, // .swcrc is the build's, which leaves tests out
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

/** Everything on the embedded log; and what speaks HTTP once more on an EventStoreDB, EVENTSTORE_URL or our own front of it. */
export default {
  // One a core: more of them than that only take the time from each other. Each may take a gigabyte, so there is an end to it.
  maxWorkers: Math.max(2, Math.min(availableParallelism(), 6)),
  // Modules that were loaded stay in a worker's memory for ever; one that has gigabytes of them spends its time collecting garbage.
  workerIdleMemoryLimit: '1GB',
  testSequencer: './scripts/slow-first.cjs',
  projects: [
    { ...common, displayName: 'embedded', roots: ['<rootDir>/src', '<rootDir>/projections', '<rootDir>/test'] },
    {
      ...common,
      displayName: 'eventstoredb',
      roots: ['<rootDir>/test/e2e'],
      globalSetup: '<rootDir>/scripts/test-store/start.mjs',
      globalTeardown: '<rootDir>/scripts/test-store/stop.mjs',
      setupFiles: ['<rootDir>/scripts/test-store/mark.mjs'],
    },
  ],
};
