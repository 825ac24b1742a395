import { describe, expect, it } from '@jest/globals';
import { configHelp } from '../../src/config.js';
import { read } from './repository.js';

/** One row for each setting that `--help` prints. */
const settings = configHelp().split('\n').flatMap((line) => {
  const [, key, help, fallback] = /^ {2}(\S+) +(.*?)(?: \[([^\]]*)\])?$/.exec(line) ?? [];
  return key === undefined ? [] : [`| \`${key}\` | ${fallback === undefined ? '' : `\`${fallback}\``} | ${help} |`];
});

describe('README.md', () => {
  it('lists every setting as --help does', () => {
    expect(settings.length).toBeGreaterThan(10);
    const rows = read('README.md').split('\n## Settings\n')[1]!.split('\n## ')[0]!.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows).toEqual(settings);
  });
});
