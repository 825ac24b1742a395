/** Mutation testing of what money depends on (spec/ledger.md T22): kernel, deciders, prices, codec. */
export default {
  packageManager: 'npm',
  plugins: ['@stryker-mutator/jest-runner'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { projectType: 'custom', configFile: 'scripts/mutation/jest.config.mjs', enableFindRelatedTests: true },
  coverageAnalysis: 'perTest',
  mutate: [
    'src/kernel/*.ts', 'src/pricing/*.ts', 'src/{kudos,requests,users,workers,styles}/*.{decider,state}.ts', 'src/platform/event-log/codec.ts',
    'src/kudos/{authorization-closed,cap-sweep,compensation,credits,donation-offset,escrow-release,form-hold,pockets,recent-gifts,reconciliation,reversal}.ts',
    'src/kudos/{settle-job,shared-key-reservation,shared-key,style-reward,transfer}.ts', '!src/**/*.spec.ts',
  ],
  concurrency: 2,
  timeoutMS: 60_000,
  ignoreStatic: true,
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: '.mutation/report.json' },
  tempDirName: '.mutation/sandbox',
  disableTypeChecks: false,
};
