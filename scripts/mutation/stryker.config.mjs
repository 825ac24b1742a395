/** One run of the tool (spec/ledger.md T22). `scripts/mutation.mjs` says what to change and by which tests to try it. */
/** @type {{ mutate: readonly string[], report: string }} */
const { mutate, report } = JSON.parse(process.env['HORDE_MUTATION_RUN'] ?? '{}');

export default {
  packageManager: 'npm',
  plugins: ['@stryker-mutator/jest-runner'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { projectType: 'custom', configFile: 'scripts/mutation/jest.config.mjs', enableFindRelatedTests: true },
  coverageAnalysis: 'perTest',
  mutate: [...mutate, '!src/**/*.spec.ts'],
  concurrency: 2,
  // Jest keeps every module that it has loaded this way: a process that has tried a hundred has gigabytes of them, and is ten times slower.
  maxTestRunnerReuse: 8,
  timeoutMS: 60_000,
  ignoreStatic: true,
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: report },
  tempDirName: '.mutation/sandbox',
  disableTypeChecks: false,
};
