import { posix } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { exists, matching, read } from './repository.js';

const documents = matching(/\.md$/);
/** The text without code, in which a `#` or a bracket means something else. */
const prose = (path: string): string => read(path).replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');
/** As GitHub makes them. */
const anchorsOf = (path: string): ReadonlySet<string> => new Set(
  [...read(path).replace(/^(```|~~~)[\s\S]*?^\1/gm, '').matchAll(/^#{1,6} (.+)$/gm)]
    .map(([, heading]) => heading!.toLowerCase().replace(/[^\p{Letter}\p{Number}\s_-]/gu, '').trim().replace(/\s/g, '-')));

describe('every document', () => {
  it.each(documents)('%s has one title, on its first line', (path) => {
    expect(prose(path).match(/^# .+$/gm) ?? []).toHaveLength(1);
    expect(read(path).trimStart()).toMatch(/^(<!--[\s\S]*?-->\s*)?# /);
  });

  it.each(documents)('%s links to what is there', (path) => {
    const links = [...prose(path).matchAll(/!?\[[^\]]*\]\(([^)\s]+)(?: "[^"]*")?\)/g)].map(([, target]) => target!);
    const dead = links.filter((link) => !/^(https?:|mailto:)/.test(link)).filter((link) => {
      const [file, anchor] = decodeURI(link).split('#');
      const target = file ? posix.join(posix.dirname(path), file) : path;
      return !exists(target) || (anchor && target.endsWith('.md') && !anchorsOf(target).has(anchor));
    });
    expect(dead).toEqual([]);
  });
});

describe('decision records', () => {
  const records = matching(/^docs\/decisions\/\d{4}-[a-z0-9-]+\.md$/);

  it('are the only files in their folder, beside the index', () => {
    expect(matching(/^docs\/decisions\//).filter((path) => !records.includes(path))).toEqual(['docs/decisions/README.md']);
  });

  it('are numbered without a repeat', () => {
    const numbers = records.map((path) => posix.basename(path).slice(0, 4));
    expect(numbers).toEqual([...new Set(numbers)]);
  });

  it.each(records)('%s weighs its options and owns up to its costs', (path) => {
    const headings = [...read(path).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['Context', 'Options', 'Decision', 'Costs']);
  });

  it.each(records)('%s is in the index', (path) => {
    expect(read('docs/decisions/README.md')).toContain(`](${posix.basename(path)})`);
  });
});

describe('the glossary', () => {
  const terms = [...read('docs/glossary.md').matchAll(/^\*\*(.+?)\*\*/gm)].map(([, term]) => term!);

  it('is in alphabetical order and explains each word once', () => {
    expect(terms.length).toBeGreaterThan(20);
    expect(terms).toEqual([...new Set(terms)].sort((a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' })));
  });
});

describe('package.json', () => {
  const { scripts, allowScripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string>; allowScripts: Record<string, boolean> };

  it('is a table of contents: every script is explained in README.md or CONTRIBUTING.md', () => {
    const explained = ['README.md', 'CONTRIBUTING.md'].filter(exists).map(read).join('\n');
    const commandOf = (script: string): string => (script === 'start' || script === 'test' ? `npm ${script}` : `npm run ${script}`);
    expect(Object.keys(scripts).filter((script) => !new RegExp(`${commandOf(script)}(?![:\\w-])`).test(explained))).toEqual([]);
  });

  it('has every script that the documents mention', () => {
    const mentioned = documents.flatMap((path) => [...read(path).matchAll(/npm run ([a-z][a-z0-9:-]*)/g)].map(([, script]) => script!));
    expect([...new Set(mentioned)].filter((script) => !(script in scripts))).toEqual([]);
  });

  it('can be installed everywhere: the lockfile knows the binaries of every platform, or npm ci refuses to start', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { optionalDependencies?: Record<string, string> }> };
    const missing = Object.entries(packages).filter(([path]) => path !== '').flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages)));
    expect(missing).toEqual([]);
  });

  it('decides about the install script of every package that has one', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { hasInstallScript?: boolean }> };
    const asking = Object.entries(packages).filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
    expect([...new Set(asking)].filter((name) => !(name in allowScripts))).toEqual([]);
  });
});
