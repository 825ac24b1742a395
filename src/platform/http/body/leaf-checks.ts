import { FAILED, type Check, type Report } from './report.js';
import type { BoolRule, FreeRule, IntRule, NumRule, StrRule } from './rules.js';
import { words, type TypeName } from './wording.js';

/** Checks of single values without coercion (horde-api F.2): `"5"` is no integer, `1` no boolean, null no string. */

const failed = (report: Report, text: string): typeof FAILED => {
  report.fail(text);
  return FAILED;
};
export const notOfType = (report: Report, value: unknown, type: TypeName): typeof FAILED =>
  failed(report, words.notOfType(value, type));

export const strCheck = (rule: StrRule): Check => {
  const { min = 0, max = Infinity, pattern } = rule;
  const choices = rule.enum && new Set(rule.enum);
  return (value, report) => {
    if (typeof value !== 'string') return notOfType(report, value, 'string');
    if (choices && !choices.has(value)) return failed(report, words.notOneOf(value, [...choices]));
    if (isShorter(value, min)) return failed(report, words.tooShort(value));
    if (isLonger(value, max)) return failed(report, words.tooLong(value));
    if (pattern && !pattern.test(value)) return failed(report, words.doesNotMatch(value, pattern));
    return report.mayHoldNul && value.includes('\0') ? withoutNul(value, rule, report) : value;
  };
};

// Length counts code points, of which a string has between half as many and as many as it has UTF-16 units.
const isShorter = (value: string, min: number): boolean =>
  value.length < min || (value.length < 2 * min && [...value].length < min);
const isLonger = (value: string, max: number): boolean =>
  value.length > max && (value.length > 2 * max || [...value].length > max);

const withoutNul = (value: string, { nul = 'refuse' }: Pick<StrRule, 'nul'>, report: Report): string => {
  if (nul === 'drop') return value.replaceAll('\0', '');
  if (nul === 'replace') return value.replaceAll('\0', '�');
  report.nul = true;
  return value;
};

const withinBounds = (value: number, { min, max }: { readonly min: number; readonly max: number }, report: Report): boolean => {
  if (value >= min && value <= max) return true;
  report.fail(value < min ? words.below(value, min) : words.above(value, max));
  return false;
};

const unsigned = (value: number): number => (value === 0 ? 0 : value); // −0 would change the bytes of what is stored

export const intCheck = ({ multipleOf, ...rule }: IntRule): Check => {
  const bounds = { min: rule.min ?? Number.MIN_SAFE_INTEGER, max: rule.max ?? Number.MAX_SAFE_INTEGER };
  return (value, report) => {
    // 400 digits parse to Infinity: an integer as JSON goes, and one beyond every maximum.
    if (typeof value !== 'number' || (!Number.isInteger(value) && Number.isFinite(value))) return notOfType(report, value, 'integer');
    if (!withinBounds(value, bounds, report)) return FAILED;
    if (multipleOf !== undefined && value % multipleOf !== 0) return failed(report, words.notMultiple(value, multipleOf));
    return unsigned(value);
  };
};

export const numCheck = (rule: NumRule): Check => {
  const bounds = { min: rule.min ?? -Number.MAX_VALUE, max: rule.max ?? Number.MAX_VALUE };
  return (value, report) => {
    if (typeof value !== 'number') return notOfType(report, value, 'number');
    return withinBounds(value, bounds, report) ? unsigned(value) : FAILED;
  };
};

export const boolCheck = (_rule: BoolRule): Check => (value, report) =>
  typeof value === 'boolean' ? value : notOfType(report, value, 'boolean');

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const freeCheck = (rule: FreeRule): Check => (value, report) =>
  isObject(value) ? harmless(value, rule, report) : notOfType(report, value, 'object');

/** Names through which a careless merge further down would reach a prototype. */
const POISON = new Set(['__proto__', 'constructor', 'prototype']);

/** A copy without poisonous names. Recursion is bounded by the depth that the parser admits. */
const harmless = (value: unknown, rule: FreeRule, report: Report): unknown => {
  if (typeof value === 'string') return report.mayHoldNul && value.includes('\0') ? withoutNul(value, rule, report) : value;
  if (Array.isArray(value)) return value.map((item) => harmless(item, rule, report));
  if (!isObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const known = harmless(name, rule, report) as string;
    if (!POISON.has(known)) copy[known] = harmless(value[name], rule, report);
  }
  return copy;
};
