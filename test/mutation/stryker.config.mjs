/** Mutation testing of what money depends on (spec/ledger.md T22): kernel, deciders, prices, codec. */
export default {
  packageManager: 'npm',
  plugins: ['@stryker-mutator/jest-runner'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { projectType: 'custom', configFile: 'test/mutation/jest.config.mjs', enableFindRelatedTests: true },
  coverageAnalysis: 'perTest',
  mutate: [
    'src/kernel/*.ts', 'src/kudos/*.ts', 'src/pricing/*.ts', 'src/requests/request.{decider,state}.ts', 'src/users/*.decider.ts', 'src/workers/*.decider.ts',
    'src/platform/event-log/codec.ts', '!src/**/*.{spec,handler,message,module,controller,events,refusals,reactor}.ts',
  ],
  concurrency: 2,
  ignoreStatic: true,
  reporters: ['clear-text', 'json'],
  jsonReporter: { fileName: '.mutation/report.json' },
  tempDirName: '.mutation/sandbox',
  disableTypeChecks: false,
};
