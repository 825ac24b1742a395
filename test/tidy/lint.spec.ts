import { describe, expect, it } from '@jest/globals';
import { runNode } from './repository.js';

interface Message {
  readonly ruleId: string | null;
  readonly message: string;
  readonly line: number;
}
type Text = readonly [file: string, lines: readonly string[]];

/** In a process of its own, and one for all texts: to load the types of the whole project is what takes the time. */
const LINTER = `
  import { ESLint } from 'eslint';
  import { text } from 'node:stream/consumers';
  const eslint = new ESLint();
  const results = [];
  for (const [filePath, lines] of JSON.parse(await text(process.stdin))) results.push(await eslint.lintText(lines.join('\\n') + '\\n', { filePath }));
  process.stdout.write(JSON.stringify(results.map(([{ messages }]) => messages)));
`;
/** Lints texts as if each stood in a file of ours, which gives it that file's rules and types. */
const lint = (...texts: readonly Text[]): readonly (readonly Message[])[] => {
  const { stdout, stderr } = runNode(['--input-type=module', '--eval', LINTER], { input: JSON.stringify(texts) });
  if (!stdout.startsWith('[')) throw new Error(stderr);
  return JSON.parse(stdout) as readonly (readonly Message[])[];
};

/** One fault a line, and the rule that must find it there. */
const FAULTS: readonly (readonly [line: string, rule: string])[] = [
  ['export const a = Date.now();', 'no-restricted-syntax'],
  ['export const b = new Date();', 'no-restricted-syntax'],
  ['export const c = Math.random();', 'no-restricted-syntax'],
  ['export const d = crypto.randomUUID();', 'no-restricted-syntax'],
  ['setTimeout(() => undefined, 1);', 'no-restricted-syntax'],
  ['setInterval(() => undefined, 1);', 'no-restricted-syntax'],
  ["export const e = process.env['HOME'];", 'no-restricted-syntax'],
  ["export const f = parseFloat('1.5');", 'no-restricted-syntax'],
  ['export const g = (1.5).toFixed(2);', 'no-restricted-syntax'],
  ["export { setTimeout as wait } from 'node:timers/promises';", 'no-restricted-imports'],
  ["export const h = () => { throw 'a string'; };", '@typescript-eslint/only-throw-error'],
  ['Promise.resolve(1);', '@typescript-eslint/no-floating-promises'],
  ["export const i = (k: 'one' | 'two') => { switch (k) { case 'one': return 1; } return 0; };", '@typescript-eslint/switch-exhaustiveness-check'],
  ['export const j = (one: 1, two: 2, three: 3, four: 4, five: 5) => [one, two, three, four, five];', 'max-params'],
  ['export const k = (n: number) => n === 1 || n === 2 || n === 3 || n === 4 || n === 5 || n === 6 || n === 7 || n === 8 || n === 9 || n === 10 || n === 11;', 'complexity'],
  ["export const l = JSON.parse('1') as any;", '@typescript-eslint/no-explicit-any'],
  ["console.log('shown to nobody');", 'no-console'],
];

const functionOf = (lines: number): string[] => ['export const f = () => {', ...Array.from({ length: lines - 2 }, (_, i) => `  void ${i};`), '};'];

describe('the linter', () => {
  const [faulty, tooLong, justRight, realClock, configuration] = lint(
    ['src/kernel/kudos.ts', FAULTS.map(([line]) => line)],
    ['src/kernel/kudos.ts', functionOf(401)],
    ['src/kernel/kudos.ts', functionOf(70)],
    ['src/platform/system/system.ts', ['export const now = Date.now();']],
    ['src/config.ts', ["export const home = process.env['HOME'];"]],
  );

  it.each(FAULTS.map(([line, rule], at) => [rule, line, at + 1] as const))('%s finds: %s', (rule, _text, line) => {
    expect(faulty?.filter((message) => message.line === line).map(({ ruleId }) => ruleId)).toContain(rule);
  });

  it('stops a function at 70 lines and a file at 400', () => {
    expect(tooLong?.map(({ ruleId }) => ruleId)).toEqual(expect.arrayContaining(['max-lines-per-function', 'max-lines']));
    expect(justRight?.filter(({ ruleId }) => ruleId?.startsWith('max-'))).toEqual([]);
  });

  it('lets the adapters of the system be the real clock, and the configuration read the environment', () => {
    expect([realClock, configuration]).toEqual([[], []]);
  });
});
