import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { bytesOf, files, linesMatching, matching, read } from './repository.js';
import { nodesOf, placeOf } from './sources.js';

/** Beyond this nobody reads a file to its end. */
const LINES_MAX = 400;
/** A blob stays in every clone for ever. */
const BLOB_BYTES_MAX = 100_000;
/** Written by npm, for machines. */
const LOCKFILE = 'package-lock.json';
/** These files name what they look for. */
const OURSELVES = 'test/tidy/';

const code = matching(/\.(ts|mjs|cjs|js|sql|sh)$|^\.ci\/run$/);
const typescript = matching(/\.ts$/);
const text = files.filter((path) => /(\.(ts|mjs|cjs|js|json|md|sql|sh|yml|yaml|html|css|toml|txt|conf)$|^\.[a-z./]+$)/.test(path) && path !== LOCKFILE)
  .filter((path) => !path.startsWith(OURSELVES));

describe('every file', () => {
  it('can be read to its end: at most 400 lines of code', () => {
    const long = code.filter((path) => read(path).trimEnd().split('\n').length > LINES_MAX);
    expect(long).toEqual([]);
  });

  it('is small enough to stay in every clone for ever', () => {
    const large = files.filter((path) => path !== LOCKFILE && bytesOf(path) > BLOB_BYTES_MAX);
    expect(large).toEqual([]);
  });

  it('marks what is left to do with the number of an issue, so that it can be found and closed', () => {
    expect(linesMatching(text, /(?<!`)\b(TODO(?!\(#\d+\))|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  it('names no path of the machine that it was written on', () => {
    expect(linesMatching(text, /(^|[\s"'`(=:])(\/(work|root|Users)\/|\/home\/(?!(node|app|postgres)\b)\w|[A-Z]:\\Users\\)/)).toEqual([]);
  });

  it('holds no secret', () => {
    const secrets = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abpr]-[0-9A-Za-z-]{20,}|\bnpm_[A-Za-z0-9]{36}\b|\bPRIVATE\+KEY\+[\w.+/=-]{20,}/;
    expect(linesMatching(text, secrets)).toEqual([]);
  });

  it('ends with a line feed and knows no carriage return', () => {
    const odd = text.filter((path) => bytesOf(path) > 0 && (!read(path).endsWith('\n') || read(path).includes('\r')));
    expect(odd.filter((path) => !path.startsWith('test/fixtures/'))).toEqual([]);
  });
});

describe('TypeScript', () => {
  const sources = typescript.filter((path) => !path.startsWith(OURSELVES));

  it('is not talked out of its types', () => {
    const anys = sources.flatMap((path) => nodesOf(path, (node): node is ts.KeywordTypeNode => node.kind === ts.SyntaxKind.AnyKeyword));
    expect(anys.map(placeOf)).toEqual([]);
    expect(linesMatching(sources, /@ts-(ignore|nocheck|expect-error)/)).toEqual([]);
  });

  it('imports by relative paths that end in .js, as Node resolves them', () => {
    expect(linesMatching(sources, /\bfrom '\.{1,2}\/(?![^']*\.(js|json)')/)).toEqual([]);
  });

  it('exports by name', () => {
    expect(linesMatching(sources, /^export default\b/)).toEqual([]);
  });

  it('has no barrels, which hide who needs whom', () => {
    expect(linesMatching(sources, /^export \* from/)).toEqual([]);
  });

  it('turns a lint rule off only in one line, and says why', () => {
    expect(linesMatching(sources, /eslint-disable(?!-next-line \S+( \S+)* -- \S)/)).toEqual([]);
  });
});

describe('tests', () => {
  const specs = typescript.filter((path) => path.startsWith('test/') || path.endsWith('.spec.ts')).filter((path) => !path.startsWith(OURSELVES));

  it('all run: none is skipped or preferred', () => {
    expect(linesMatching(specs, /\b(it|test|describe)(\.each)?\.(only|todo)\b|\b(xit|xtest|xdescribe|fit|fdescribe)\(/)).toEqual([]);
    // What depends on the machine says so in the same breath, and a contract names its exemptions.
    const skipped = linesMatching(specs, /\b(it|test|describe)\.skip\b/);
    expect(skipped.filter((line) => !/\? (it|test|describe) : \1\.skip\b|\(exempt: \$\{reason\}\)/.test(line))).toEqual([]);
  });

  it('are repeatable: no unseeded randomness', () => {
    expect(linesMatching(specs, /\bMath\.random\(/)).toEqual([]);
  });

  it('mock nothing of ours', () => {
    expect(linesMatching(specs, /\bjest\.(mock|unstable_mockModule|spyOn|doMock)\(/)).toEqual([]);
  });
});
