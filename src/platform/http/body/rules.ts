/**
 * What a member of a request body must be, as plain data. Declared through the decorators of `body-decorators.ts`, checked
 * by `compile-body.ts`, described to clients by `json-schema.ts`.
 */
export type BodyClass<Body extends object = object> = new () => Body;

export interface StrRule {
  readonly kind: 'str';
  /** Length in characters (code points), inclusive. */
  readonly min?: number;
  readonly max?: number;
  readonly enum?: readonly string[];
  /** Must be linear in time: no nested quantifiers. */
  readonly pattern?: RegExp;
  /** U+0000: refused with `NulByteInPayload` (default), dropped, or replaced by U+FFFD (horde-api F.2). */
  readonly nul?: 'refuse' | 'drop' | 'replace';
}
export interface IntRule {
  readonly kind: 'int';
  /** Inclusive; without bounds the safe integers, since anything beyond has lost digits in JSON. */
  readonly min?: number;
  readonly max?: number;
  readonly multipleOf?: number;
}
export interface NumRule {
  readonly kind: 'num';
  readonly min?: number;
  readonly max?: number;
}
export interface BoolRule {
  readonly kind: 'bool';
}
export interface ArrRule {
  readonly kind: 'arr';
  readonly of: Rule;
  readonly min?: number;
  readonly max?: number;
  readonly unique?: boolean;
}
export interface ObjRule {
  readonly kind: 'obj';
  readonly body: () => BodyClass;
}
/** An object of any members, kept as it is but for the names that could reach a prototype. */
export interface FreeRule {
  readonly kind: 'free';
  /** U+0000 anywhere in it: refused (default), or replaced by U+FFFD as in other results of workers. */
  readonly nul?: 'refuse' | 'replace';
}
export type Rule = StrRule | IntRule | NumRule | BoolRule | ArrRule | ObjRule | FreeRule;

/** What absence and null mean for a member. A `default` makes it optional. */
export interface Presence {
  readonly default?: unknown;
  /** Loose bodies only: an explicit null is an error instead of "not given" (amounts of money). */
  readonly null?: 'refuse';
}

export type Limits<R extends Rule> = Omit<R, 'kind'>;

export const str = (limits: Limits<StrRule> = {}): StrRule => ({ kind: 'str', ...limits });
export const int = (limits: Limits<IntRule> = {}): IntRule => ({ kind: 'int', ...limits });
export const num = (limits: Limits<NumRule> = {}): NumRule => ({ kind: 'num', ...limits });
export const bool = (): BoolRule => ({ kind: 'bool' });
export const arr = (of: Rule, limits: Omit<Limits<ArrRule>, 'of'> = {}): ArrRule => ({ kind: 'arr', of, ...limits });
export const obj = (body: () => BodyClass): ObjRule => ({ kind: 'obj', body });
export const free = (limits: Limits<FreeRule> = {}): FreeRule => ({ kind: 'free', ...limits });

/** Marks our validators in class-validator's storage. */
export const RULE_NAME = 'horde:rule';
