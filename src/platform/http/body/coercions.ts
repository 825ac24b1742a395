import { boolCheck, intCheck, notOfType, numCheck, strCheck } from './leaf-checks.js';
import { FAILED, type Check } from './report.js';
import type { BoolRule, IntRule, NumRule, StrRule } from './rules.js';
import { words } from './wording.js';

/**
 * Values of loose bodies, forms and queries (horde-api F.3): numbers and numeric strings are taken for each other,
 * fractions of integers are cut off, everything else is refused. What comes out obeys the limits of the strict rule.
 */
const INTEGER = /^\s*[+-]?\d+\s*$/;
const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** The integer that a client means by this, or undefined. May be infinite (400 digits): limits refuse that. */
export const asInteger = (value: unknown): number | undefined => {
  if (typeof value === 'number') return Math.trunc(value);
  return typeof value === 'string' && INTEGER.test(value) ? Number(value) : undefined;
};

export const looseIntCheck = (rule: IntRule): Check => {
  const check = intCheck(rule);
  return (value, report) => {
    const integer = asInteger(value);
    if (integer !== undefined) return check(integer, report);
    report.fail(words.notAnInt(value));
    return FAILED;
  };
};

export const looseNumCheck = (rule: NumRule): Check => {
  const check = numCheck(rule);
  return (value, report) => {
    if (typeof value === 'number') return check(value, report);
    if (typeof value === 'string' && DECIMAL.test(value)) return check(Number(value), report);
    report.fail(words.notAFloat(value));
    return FAILED;
  };
};

export const looseStrCheck = (rule: StrRule): Check => {
  const check = strCheck(rule);
  return (value, report) => check(typeof value === 'number' ? String(value) : value, report);
};

const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [1, true], ['1', true], ['true', true], ['on', true], [0, false], ['0', false], ['false', false], ['off', false],
]);

export const looseBoolCheck = (rule: BoolRule): Check => {
  const check = boolCheck(rule);
  return (value, report) => {
    const flag = FLAGS.get(typeof value === 'string' ? value.trim().toLowerCase() : value);
    if (flag !== undefined) return flag;
    return typeof value === 'boolean' ? check(value, report) : notOfType(report, value, 'boolean');
  };
};
