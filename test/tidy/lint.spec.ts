import { describe, expect, it } from '@jest/globals';
import { runNode, TOOL_TIMEOUT_MS } from './repository.js';

const ESLINT = 'node_modules/eslint/bin/eslint.js';

interface Message {
  readonly ruleId: string | null;
  readonly message: string;
  readonly line: number;
}
/** Lints a text as if it stood in a file of ours, which gives it that file's rules and types. */
const lint = (file: string, lines: readonly string[]): readonly Message[] => {
  const { stdout, stderr } = runNode([ESLINT, '--stdin', '--stdin-filename', file, '--format', 'json'], { input: `${lines.join('\n')}\n` });
  if (!stdout.startsWith('[')) throw new Error(stderr);
  return (JSON.parse(stdout) as readonly { messages: readonly Message[] }[]).flatMap(({ messages }) => messages);
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

describe('the linter', () => {
  it('finds every fault that was planted for it', () => {
    const found = lint('src/kernel/kudos.ts', FAULTS.map(([line]) => line)).map(({ line, ruleId }) => `${line}: ${String(ruleId)}`);
    const missed = FAULTS.filter(([, rule], at) => !found.includes(`${at + 1}: ${rule}`)).map(([line]) => line);
    expect(missed).toEqual([]);
  }, TOOL_TIMEOUT_MS);

  it('stops a function at 70 lines and a file at 400', () => {
    const body = (lines: number): string[] => Array.from({ length: lines }, (_, i) => `  void ${i};`);
    const rules = lint('src/kernel/kudos.ts', ['export const f = () => {', ...body(399), '};']).map(({ ruleId }) => ruleId);
    expect(rules).toEqual(expect.arrayContaining(['max-lines-per-function', 'max-lines']));
    const justRight = lint('src/kernel/kudos.ts', ['export const f = () => {', ...body(68), '};']).map(({ ruleId }) => ruleId);
    expect(justRight.filter((rule) => rule?.startsWith('max-'))).toEqual([]);
  }, TOOL_TIMEOUT_MS);

  it('lets the adapters of the system be the real clock, and the configuration read the environment', () => {
    expect(lint('src/platform/system/system.ts', ['export const now = Date.now();']).map(({ message }) => message)).toEqual([]);
    expect(lint('src/config.ts', ["export const home = process.env['HOME'];"]).map(({ message }) => message)).toEqual([]);
  }, TOOL_TIMEOUT_MS);
});
