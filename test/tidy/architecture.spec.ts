import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { read, root, runNode, TOOL_TIMEOUT_MS } from './repository.js';

interface Rule {
  readonly name: string;
  readonly comment: string;
  readonly severity: string;
}
const { forbidden } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as { readonly forbidden: readonly Rule[] };

type Tree = Readonly<Record<string, string>>;
const importing = (...paths: readonly string[]): string => paths.map((path, i) => `import { x as x${i} } from '${path}';`).join('\n') + '\nexport const x = 0;\n';
const X = 'export const x = 0;\n';

/** What the rules allow: the shape that docs/architecture.md describes, in miniature. */
const SOUND: Tree = {
  'src/kernel/kudos.ts': X,
  'src/kernel/hash.ts': importing('node:crypto', './kudos.js'),
  'src/config.ts': X,
  'src/main.ts': importing('./app.module.js', './config.js', 'framework'),
  'src/app.module.ts': importing('./kudos/kudos.module.js', './users/users.module.js', './platform/event-log/embedded/store.js'),
  'src/kudos/account.events.ts': importing('../kernel/kudos.js'),
  'src/kudos/account.decider.ts': importing('./account.events.js', './fees.js', '../pricing/price.js', '../kernel/hash.js'),
  'src/kudos/fees.ts': importing('../kernel/kudos.js'),
  'src/kudos/account.message.ts': importing('./account.events.js', 'framework'),
  'src/kudos/kudos.module.ts': importing('./account.decider.js', './account.message.js', './feed-reader.js'),
  'src/kudos/kudos.refusals.ts': importing('./account.events.js'),
  'src/kudos/feed-reader.ts': "import type { EventLog } from '../platform/event-log/event-log.js';\nexport type Log = EventLog;\nexport const x = 0;\n",
  'src/users/users.module.ts': importing('../kudos/account.message.js', '../kudos/account.events.js', '../kudos/kudos.refusals.js', '../../projections/balances/queries.js'),
  'src/pricing/price.ts': importing('../kernel/kudos.js'),
  'src/platform/event-log/event-log.ts': 'export abstract class EventLog {}\nexport const x = 0;\n',
  'src/platform/event-log/embedded/store.ts': importing('../event-log.js', 'node:fs'),
  'src/cli/main.ts': importing('../app.module.js', '../platform/event-log/embedded/store.js'),
  'projections/balances/project.ts': importing('../../src/kernel/kudos.js', '../../src/kudos/account.events.js'),
  'projections/balances/queries.ts': importing('./project.js'),
};

/** One violation each, planted into the sound tree: the file that breaks the rule, and its text. */
const PLANTED: Readonly<Record<string, readonly [path: string, text: string, more?: Tree]>> = {
  'no-circular': ['src/kudos/one.ts', importing('./other.js'), { 'src/kudos/other.ts': importing('./one.js') }],
  'pure-means-pure': ['src/users/user.decider.ts', importing('./helper.js'), { 'src/users/helper.ts': importing('framework') }],
  'features-do-not-know-each-other': ['src/users/nosy.ts', importing('../kudos/fees.js')],
  'platform-knows-no-feature': ['src/platform/http/nosy.ts', importing('../../kudos/account.events.js')],
  'one-door-to-the-log': ['src/kudos/back-door.ts', importing('../platform/event-log/embedded/store.js')],
  'features-append-through-deciders': ['src/kudos/appender.ts', importing('../platform/event-log/event-log.js')],
  'projections-know-only': ['projections/balances/live.ts', importing('../../src/kudos/feed-reader.js')],
  'nobody-knows-the-roots': ['src/kudos/starts-all.ts', importing('../app.module.js')],
  'nothing-imports-tests': ['src/kudos/helped.ts', importing('../../test/support/given.js'), { 'test/support/given.ts': X }],
  'no-orphans': ['src/kudos/forgotten.ts', X],
  'dependencies-are-declared': ['src/kudos/undeclared.ts', importing('test-tool')],
  'everything-resolves': ['src/kudos/broken.ts', importing('./gone.js')],
};
/** A rule that says "nothing but" has more than one way to be broken. */
const ALSO_IMPURE: readonly (readonly [why: string, path: string, text: string])[] = [
  ['a rule that reads files', 'src/kudos/files.decider.ts', importing('node:fs')],
  ['an event that knows the framework', 'src/kudos/heavy.events.ts', importing('framework')],
  ['a price that asks the configuration', 'src/pricing/configured.ts', importing('../config.js')],
  ['a kernel that knows the platform', 'src/kernel/knows.ts', importing('../platform/event-log/event-log.js')],
  ['a rule that knows a read model', 'src/kudos/reads.decider.ts', importing('../../projections/balances/queries.js')],
];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}
const temporary: string[] = [];
afterAll(() => {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

/** Writes a tree and holds it to the repository's own rules. */
const violationsIn = (tree: Tree): readonly Violation[] => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'architecture-')));
  temporary.push(folder);
  const world: Tree = {
    'package.json': JSON.stringify({ type: 'module', dependencies: { framework: '1.0.0' }, devDependencies: { 'test-tool': '1.0.0' } }),
    'tsconfig.json': read('tsconfig.json'),
    ...Object.fromEntries(['framework', 'test-tool'].flatMap((name) => [
      [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', type: 'module', main: 'index.js' })],
      [`node_modules/${name}/index.js`, X],
    ])),
    ...tree,
  };
  for (const [path, text] of Object.entries(world)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const { stdout, stderr } = runNode([cruiser, 'src', 'projections', '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json'], { cwd: folder });
  if (!stdout.startsWith('{')) throw new Error(stderr);
  return (JSON.parse(stdout) as { summary: { violations: readonly Violation[] } }).summary.violations;
};

describe('the rules of the architecture', () => {
  it('each give a reason, and none is a mere warning', () => {
    expect(forbidden.filter(({ comment, severity }) => severity !== 'error' || comment.length < 40)).toEqual([]);
  });

  it('each have a planted violation here', () => {
    expect(Object.keys(PLANTED).sort()).toEqual(forbidden.map(({ name }) => name).sort());
  });

  it('find nothing wrong with a tree that follows them', () => {
    expect(violationsIn(SOUND)).toEqual([]);
  }, TOOL_TIMEOUT_MS);

  it('each find the violation that was planted for them', () => {
    const planted = Object.values(PLANTED).map(([path, text, more]) => ({ [path]: text, ...more }));
    const found = violationsIn(Object.assign({}, SOUND, ...planted) as Tree).map(({ from, rule }) => `${rule.name}: ${from}`);
    expect(found).toEqual(expect.arrayContaining(Object.entries(PLANTED).map(([rule, [path]]) => `${rule}: ${path}`)));
  }, TOOL_TIMEOUT_MS);

  it('find every kind of impurity', () => {
    const tree = { ...SOUND, ...Object.fromEntries(ALSO_IMPURE.map(([, path, text]) => [path, text])) };
    const found = violationsIn(tree).filter(({ rule }) => rule.name === 'pure-means-pure').map(({ from }) => from);
    expect(ALSO_IMPURE.filter(([, path]) => !found.includes(path)).map(([why]) => why)).toEqual([]);
  }, TOOL_TIMEOUT_MS);
});
