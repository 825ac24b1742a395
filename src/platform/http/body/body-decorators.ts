import { ValidateBy, ValidateIf, type ValidationArguments } from 'class-validator';
import { compileRule } from './compile-body.js';
import { Report } from './report.js';
import {
  arr, bool, free, int, num, obj, RULE_NAME, str,
  type ArrRule, type BodyClass, type FreeRule, type IntRule, type Limits, type NumRule, type Presence, type Rule, type StrRule,
} from './rules.js';

/**
 * The decorators of body classes. They are class-validator's: `validate(body)` of that library reports the same faults in
 * the same words. A member is required unless it has `@Optional()` or a `default`; null is never an absent member in a
 * strict body. A `default` that is an object or array is given as a function, so that no two bodies share it.
 */
type With<R extends Rule, Value> = Limits<R> & Omit<Presence, 'default'> & { readonly default?: Value | (() => Value) };

export const Str = ({ default: fallback, null: onNull, ...limits }: With<StrRule, string> = {}): PropertyDecorator =>
  member(str(limits), presence(fallback, onNull));

export const Int = ({ default: fallback, null: onNull, ...limits }: With<IntRule, number> = {}): PropertyDecorator =>
  member(int(limits), presence(fallback, onNull));

export const Num = ({ default: fallback, null: onNull, ...limits }: With<NumRule, number> = {}): PropertyDecorator =>
  member(num(limits), presence(fallback, onNull));

export const Bool = ({ default: fallback }: { readonly default?: boolean } = {}): PropertyDecorator =>
  member(bool(), presence(fallback));

/** `of` is a rule: `@Arr(str({ max: 255 }), { max: 5 })`, `@Arr(obj(() => Lora))`. */
export const Arr = (
  of: Rule,
  { default: fallback, ...limits }: Omit<Limits<ArrRule>, 'of'> & { readonly default?: () => readonly unknown[] } = {},
): PropertyDecorator => member(arr(of, limits), presence(fallback));

export const Obj = (body: () => BodyClass, { default: fallback }: { readonly default?: () => object } = {}): PropertyDecorator =>
  member(obj(body), presence(fallback));

/** An object of any members (`params.special`). */
export const Free = (limits: Limits<FreeRule> = {}): PropertyDecorator => member(free(limits), {});

/** The member may be missing. Unlike class-validator's IsOptional this does not admit null. */
export const Optional = (): PropertyDecorator => ValidateIf((_body, value) => value !== undefined);

const presence = (fallback: unknown, onNull?: 'refuse'): Presence => ({
  ...(fallback !== undefined && { default: fallback }),
  ...(onNull && { null: onNull }),
});

const member = (rule: Rule, when: Presence): PropertyDecorator => (target, name) => {
  // A body is read by plain property access; these names exist on every object.
  if (typeof name === 'symbol' || name in Object.prototype) throw new TypeError(`a body cannot declare ${String(name)}`);
  const errorsOf = lazyErrorsOf(rule);
  ValidateBy({
    name: RULE_NAME,
    constraints: [rule, when],
    validator: {
      validate: (value: unknown) => errorsOf(value).length === 0,
      defaultMessage: (args?: ValidationArguments) => errorsOf(args?.value).join('; '),
    },
  })(target, name);
  if (when.default !== undefined) Optional()(target, name);
};

const lazyErrorsOf = (rule: Rule): ((value: unknown) => readonly string[]) => {
  let check: ReturnType<typeof compileRule> | undefined;
  return (value) => {
    const report = new Report(false);
    (check ??= compileRule(rule, 'strict'))(value, report);
    return Object.values(report.errors ?? {});
  };
};
