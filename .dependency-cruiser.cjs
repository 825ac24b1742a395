// The architecture, executable (docs/architecture.md). Each rule says why it exists; that sentence is what the developer whose
// import broke it gets to read. test/tidy/architecture.spec.ts plants a violation of every rule.

const SPEC = '\\.spec\\.ts$';
/** The roots put everything together. They know everybody; nobody knows them. */
const ROOTS = '^src/(main|app\\.module)\\.ts$|^src/(boot|cli)/';
/** Folders of src that are no feature; every other folder is one, so that a new feature is held to the rules from its first file. */
const NO_FEATURE = 'kernel|platform|pricing|reference|web|boot|cli';
const FEATURE = `^src/(?!(?:${NO_FEATURE})/)([^/]+)/`;
/** Rules as plain functions that several features share. */
const RULE_FOLDERS = '^src/(pricing|requests/rules|dispatch/matching)/';
const PURE = ['^src/kernel/', '\\.(events|commands|state|decider)\\.ts$', RULE_FOLDERS];
/** What has effects, or drags a framework in. Of everything outside, only Node's hashes and deep equality are as pure as arithmetic. */
const IMPURE = [
  '^(?!(src|projections|test)/|(node:)?(crypto|util)$)', '^src/platform/', '^src/(main|app\\.module|config)\\.ts$', '^src/(web|boot|cli)/', '^projections/',
  '\\.(message|handler|reactor|controller|module|page)\\.ts$',
];
/** The stores behind the port, and how one is chosen. */
const LOG_IMPLEMENTATION = '^src/platform/event-log/(embedded|eventstoredb|grpc)/';
const LOG_PORT = '^src/platform/event-log/event-log\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two injectables in a file cycle crash at load (ES modules and emitted metadata), and no cycle can be understood from either end: move what both need into a third file.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'pure-means-pure',
      comment: 'Rules, events and prices are plain functions of their arguments, so that a replay, an audit and a simulation decide what the server decided. Take what you need as data in the command.',
      severity: 'error',
      from: { path: PURE, pathNot: SPEC },
      to: { path: IMPURE, reachable: true },
    },
    {
      name: 'features-do-not-know-each-other',
      comment: 'A feature shows others its *.message.ts, *.events.ts and *.refusals.ts (the words for its return codes), and shared rule folders; everything else is private, whatever `export` says. Send a message, fold an event or read a projection instead.',
      severity: 'error',
      from: { path: FEATURE, pathNot: SPEC },
      to: { path: FEATURE, pathNot: ['^src/$1/', '\\.(message|events|refusals)\\.ts$', RULE_FOLDERS] },
    },
    {
      name: 'platform-knows-no-feature',
      comment: 'The platform serves features that do not exist yet; what it must know of one is handed to it by the roots, through a type in the kernel.',
      severity: 'error',
      from: { path: '^src/platform/', pathNot: SPEC },
      to: { path: [FEATURE, '^src/(pricing|web)/', '^projections/'] },
    },
    {
      name: 'one-door-to-the-log',
      comment: 'Only the platform, the command line and the roots choose or open a store; everybody else works on the port, so that either store can stand behind it.',
      severity: 'error',
      from: { path: '^(src|projections)/', pathNot: [ROOTS, '^src/platform/(event-log|commanding|projecting)/', SPEC] },
      to: { path: LOG_IMPLEMENTATION },
    },
    {
      name: 'features-append-through-deciders',
      comment: 'A feature that holds the log could append what no decider has decided. Send a command; fold what the node feed delivers. The types of the port are free, and the audit reads the log, because that is its subject.',
      severity: 'error',
      from: { path: '^(src|projections)/', pathNot: [ROOTS, '^src/platform/', '^src/audit/', SPEC] },
      to: { path: LOG_PORT, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'projections-know-only',
      comment: 'A read model is events in, rows out, rows read: it can be dropped and rebuilt because it depends on the kernel, the stored shapes, shared rules and PostgreSQL, and on nothing that lives.',
      severity: 'error',
      from: { path: '^projections/', pathNot: SPEC },
      to: { pathNot: ['^projections/', '^src/kernel/', '\\.events\\.ts$', RULE_FOLDERS, '^src/reference/', '^src/platform/postgres/', '(^|/)node_modules/(@types/)?pg/', '^(node:)?(fs|url|crypto)$'] },
    },
    {
      name: 'nobody-knows-the-roots',
      comment: 'main, app.module and the command line put the parts together; a part that imports them starts the whole server when it is tested.',
      severity: 'error',
      from: { path: '^(src|projections)/', pathNot: [ROOTS, SPEC] },
      to: { path: ROOTS },
    },
    {
      name: 'nothing-imports-tests',
      comment: 'What is shipped must not need what is only there to test it.',
      severity: 'error',
      from: { path: '^(src|projections)/', pathNot: SPEC },
      to: { path: ['^test/', SPEC] },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nobody imports and that imports nobody is dead or not yet wired in: delete it or use it.',
      severity: 'error',
      from: { orphan: true, pathNot: [SPEC, ROOTS, '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'dependencies-are-declared',
      comment: 'What is imported at run time must be in `dependencies`, or a production install lacks it.',
      severity: 'error',
      from: { path: '^(src|projections)/', pathNot: SPEC },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that does not resolve fails at start, not at build: the compiler that builds does not follow imports.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|data|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'] },
    moduleSystems: ['es6', 'cjs'],
  },
};
