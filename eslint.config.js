import tseslint from 'typescript-eslint';

/** What makes two runs differ. The adapters of src/platform/system are the only real ones; everybody else is handed them. */
const NONDETERMINISM = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Take the time from Clock (src/kernel/clock.ts).' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take the time from Clock (src/kernel/clock.ts).' },
  { selector: "CallExpression[callee.object.name='performance'][callee.property.name='now']", message: 'Take the time from Clock (src/kernel/clock.ts).' },
  { selector: "MemberExpression[object.name='process'][property.name='hrtime']", message: 'Take the time from Clock (src/kernel/clock.ts).' },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Take randomness from Ids (src/kernel/ids.ts).' },
  { selector: 'CallExpression[callee.name=/^(randomUUID|randomBytes|randomInt)$/]', message: 'Take ids and randomness from Ids (src/kernel/ids.ts).' },
  { selector: 'CallExpression[callee.property.name=/^(randomUUID|randomBytes|randomInt)$/]', message: 'Take ids and randomness from Ids (src/kernel/ids.ts).' },
  { selector: 'CallExpression[callee.name=/^(setTimeout|setInterval)$/]', message: 'Wait with Timers (src/kernel/clock.ts), which tests and the simulation can move.' },
];
const TIMERS = ['node:timers', 'node:timers/promises', 'timers', 'timers/promises'].map((name) => (
  { name, message: 'Wait with Timers (src/kernel/clock.ts), which tests and the simulation can move.' }
));
const ENVIRONMENT = { selector: "MemberExpression[object.name='process'][property.name='env']", message: 'Only src/config.ts reads the environment.' };
const FLOATING_MONEY = [
  { selector: "CallExpression[callee.name='parseFloat']", message: 'Money is whole centikudos; kudos() of src/kernel/kudos.ts is the one rounding.' },
  { selector: "CallExpression[callee.property.name=/^(parseFloat|toFixed)$/]", message: 'Money is whole centikudos; kudos() of src/kernel/kudos.ts is the one rounding.' },
];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'data/', 'coverage/', '.mutation/', 'docs/generated/', 'test/fixtures/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // What the compiler cannot see, and money would.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      // Sizes beyond which nobody reads to the end.
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 70, IIFEs: true }],
      'max-params': ['error', 4],
      // Ten, not the eight we aim at: the rule counts every `?.`, `??` and default value. A switch counts once, because one case per
      // event of a union is the plainest thing there is.
      complexity: ['error', { max: 10, variant: 'modified' }],
      // With `emitDecoratorMetadata` the rule leaves files with decorators alone: a class that Nest injects must stay a value.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      // A Nest module is a class without members.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Noise on this stack: a number prints well, `() => log.close()` hides nothing, a branded number may be negated, `_name`
      // says that it is not used, and `noUncheckedIndexedAccess` asks for a `!` at every index that a loop has already proven.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@typescript-eslint/no-unsafe-unary-minus': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      // `[...text]` is how code points are counted.
      '@typescript-eslint/no-misused-spread': ['error', { allow: [{ from: 'lib', name: 'string' }, 'string'] }],
      'no-restricted-imports': ['error', { paths: TIMERS }],
      'no-restricted-syntax': ['error', ...NONDETERMINISM, ENVIRONMENT],
    },
  },
  {
    files: ['src/kernel/**', 'src/kudos/**', 'src/pricing/**'],
    rules: { 'no-restricted-syntax': ['error', ...NONDETERMINISM, ENVIRONMENT, ...FLOATING_MONEY] },
  },
  { files: ['src/config.ts'], rules: { 'no-restricted-syntax': ['error', ...NONDETERMINISM] } },
  { files: ['src/platform/system/**'], rules: { 'no-restricted-syntax': ['error', ENVIRONMENT], 'no-restricted-imports': 'off' } },
  { files: ['src/cli/**', 'src/main.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      // A `describe` is as long as its claims; a row of a table has as many parameters as columns.
      'max-lines-per-function': 'off',
      'max-params': 'off',
      complexity: 'off', // a model in a simulation decides as much as what it models
      'no-restricted-syntax': 'off',
      'no-restricted-imports': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      'no-console': 'off',
    },
  },
);
