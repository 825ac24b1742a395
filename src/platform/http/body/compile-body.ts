import { getMetadataStorage } from 'class-validator';
import { looseBoolCheck, looseIntCheck, looseNumCheck, looseStrCheck } from './coercions.js';
import { boolCheck, freeCheck, intCheck, isObject, notOfType, numCheck, strCheck } from './leaf-checks.js';
import { FAILED, Report, type Check } from './report.js';
import { RULE_NAME, type ArrRule, type BodyClass, type ObjRule, type Presence, type Rule } from './rules.js';
import { words } from './wording.js';

/**
 * Turns a body class into one plain function, once. class-validator keeps the declarations; its own `validate` looks them
 * up, groups and filters them anew for every object, which is too slow here (docs/decisions/0005).
 *
 * `strict`: no coercion, unknown members dropped (horde-api F.2). `exact`: as strict, unknown members refused (`/v1`).
 * `loose`: coercion (F.3). `form`: as loose, for HTML forms.
 */
export type Mode = 'strict' | 'exact' | 'loose' | 'form';

export interface Field {
  readonly name: string;
  readonly rule: Rule;
  readonly presence: Presence;
  readonly required: boolean;
}

export interface Checked {
  /** An instance of the body class; meaningless when there are errors. */
  readonly value: object;
  /** Dotted path → text. */
  readonly errors: Readonly<Record<string, string>> | undefined;
  /** U+0000 in a string that may be stored. */
  readonly nul: boolean;
}
export type BodyCheck = (value: unknown, mayHoldNul: boolean) => Checked;

/** The members that a body class declares, inherited ones included. Throws on decorators that are not ours: a bug. */
export const fieldsOf = (body: BodyClass): readonly Field[] => {
  const declared = getMetadataStorage().getTargetValidationMetadatas(body, '', false, false);
  const rules = new Map<string, { rule: Rule; presence: Presence }>();
  const optional = new Set<string>();
  for (const { name, type, propertyName, constraints } of declared) {
    if (name === RULE_NAME) {
      const [rule, presence] = constraints as [Rule, Presence];
      if (!rules.has(propertyName)) rules.set(propertyName, { rule, presence }); // own members come before inherited ones
    } else if (type === 'conditionalValidation') {
      optional.add(propertyName);
    } else {
      throw new TypeError(`${body.name}.${propertyName} uses ${name ?? type}: bodies take the decorators of body-decorators.ts only`);
    }
  }
  if (rules.size === 0) throw new TypeError(`${body.name} declares no members`);
  return [...rules].map(([name, { rule, presence }]) => ({ name, rule, presence, required: !optional.has(name) }));
};

/** The check of a whole body. Compile it once per route. */
export const compileBody = (body: BodyClass, mode: Mode): BodyCheck => {
  const check = objectCheck(body, mode);
  return (value, mayHoldNul) => {
    const report = new Report(mayHoldNul);
    const checked = check(value, report);
    return { value: checked as object, errors: report.errors, nul: report.nul };
  };
};

/** The check of one value, outside any body: for class-validator itself and for query parameters. */
export const compileRule = (rule: Rule, mode: Mode): Check => {
  if (rule.kind === 'arr') return arrayCheck(rule, mode);
  if (rule.kind === 'obj') return nestedCheck(rule, mode);
  const make = (isLoose(mode) ? LOOSE : STRICT)[rule.kind] as (leaf: LeafRule) => Check;
  return make(rule);
};

const isLoose = (mode: Mode): boolean => mode === 'loose' || mode === 'form';

type LeafRule = Exclude<Rule, ArrRule | ObjRule>;
type LeafChecks = { readonly [Kind in LeafRule['kind']]: (rule: Extract<LeafRule, { kind: Kind }>) => Check };
const STRICT: LeafChecks = { str: strCheck, int: intCheck, num: numCheck, bool: boolCheck, free: freeCheck };
const LOOSE: LeafChecks = { str: looseStrCheck, int: looseIntCheck, num: looseNumCheck, bool: looseBoolCheck, free: freeCheck };

const arrayCheck = ({ of, min = 0, max = Infinity, unique = false }: ArrRule, mode: Mode): Check => {
  const check = compileRule(of, mode);
  return (value, report) => {
    if (!Array.isArray(value)) return notOfType(report, value, 'array');
    const fault = value.length < min ? words.tooShort : value.length > max ? words.tooLong : undefined;
    if (fault) {
      report.fail(fault(value));
      return FAILED;
    }
    const items: unknown[] = [];
    for (let index = 0; index < value.length; index++) {
      report.path.push(index);
      items.push(check(value[index], report));
      report.path.pop();
    }
    if (unique && hasTwins(value)) report.fail(words.notUnique(value));
    return items;
  };
};

const hasTwins = (items: readonly unknown[]): boolean =>
  new Set(items.map((item) => (typeof item === 'object' ? JSON.stringify(item) : item))).size < items.length;

/** Compiled at first use, so that a body may hold itself. */
const nestedCheck = ({ body }: ObjRule, mode: Mode): Check => {
  let check: Check | undefined;
  return (value, report) => (check ??= objectCheck(body(), mode))(value, report);
};

interface CompiledField {
  readonly name: string;
  readonly check: Check;
  readonly absent: (target: Record<string, unknown>, report: Report) => void;
  readonly nullIsAbsent: boolean;
}

const objectCheck = (body: BodyClass, mode: Mode): Check => {
  const fields = fieldsOf(body).map((field) => compileField(field, mode));
  const known = mode === 'exact' ? new Set(fields.map(({ name }) => name)) : undefined;
  return (value, report) => {
    if (!isObject(value)) return notOfType(report, value, 'object');
    const target = new body() as Record<string, unknown>;
    for (const { name, check, absent, nullIsAbsent } of fields) {
      const member = value[name];
      if (member === undefined || (nullIsAbsent && member === null)) {
        absent(target, report);
        continue;
      }
      report.path.push(name);
      target[name] = check(member, report);
      report.path.pop();
    }
    if (known) refuseUnknown(value, known, report);
    return target;
  };
};

const refuseUnknown = (value: object, known: ReadonlySet<string>, report: Report): void => {
  for (const name of Object.keys(value)) if (!known.has(name)) report.fail(words.unexpected(name), name);
};

const compileField = ({ name, rule, presence, required }: Field, mode: Mode): CompiledField => ({
  name,
  check: compileRule(rule, mode),
  absent: required ? refuseAbsent(name, mode) : fillAbsent(name, presence),
  nullIsAbsent: isLoose(mode) && presence.null !== 'refuse',
});

const refuseAbsent = (name: string, mode: Mode): CompiledField['absent'] => {
  const place = mode === 'form' ? 'form' : 'JSON body';
  const text = isLoose(mode) ? words.missingIn(place) : words.required(name);
  return (_target, report) => { report.fail(text, name); };
};

const fillAbsent = (name: string, { default: fallback }: Presence): CompiledField['absent'] => {
  if (fallback === undefined) return () => undefined;
  if (typeof fallback === 'function') return (target) => { target[name] = (fallback as () => unknown)(); };
  return (target) => { target[name] = fallback; };
};
