import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { looseBoolCheck, looseIntCheck, looseStrCheck } from './body/coercions.js';
import { Report, type Check } from './body/report.js';
import { bool, int, str, type IntRule, type Limits, type StrRule } from './body/rules.js';
import { InvalidInput } from './refusals.js';

/**
 * Query parameters (horde-api F.3): coerced as loose bodies are; not what they should be → 400 `errors.<name>`; unknown
 * ones are ignored; of repeated ones the first counts.
 */
type With<Value> = { readonly default?: Value };

export const QueryInt = (name: string, { default: fallback, ...limits }: Limits<IntRule> & With<number> = {}): ParameterDecorator =>
  query(name, looseIntCheck(int(limits)), fallback);

export const QueryText = (name: string, { default: fallback, ...limits }: Limits<StrRule> & With<string> = {}): ParameterDecorator =>
  query(name, looseStrCheck(str(limits)), fallback);

/** Several texts in one, by their names; absent where they were not sent. */
export const QueryTexts = (...names: readonly string[]): ParameterDecorator =>
  createParamDecorator((_data: unknown, context: ExecutionContext) =>
    Object.fromEntries(names.map((name) => [name, read(context, name, looseStrCheck(str()), undefined)])))();

export const QueryFlag = (name: string, { default: fallback }: With<boolean> = {}): ParameterDecorator =>
  query(name, looseBoolCheck(bool()), fallback);

/** `page`, from 1; anything lower is page 1 (horde-api B.8). */
export const Page = (): ParameterDecorator =>
  createParamDecorator((_data: unknown, context: ExecutionContext) => {
    const page = read(context, 'page', looseIntCheck(int()), 1);
    return Math.max(1, page as number);
  })();

/** Rows to skip before a 1-based page. */
export const offsetOf = (page: number, pageSize: number): number => (page - 1) * pageSize;

const query = (name: string, check: Check, fallback: unknown): ParameterDecorator =>
  createParamDecorator((_data: unknown, context: ExecutionContext) => read(context, name, check, fallback))();

const read = (context: ExecutionContext, name: string, check: Check, fallback: unknown): unknown => {
  const parameters = context.switchToHttp().getRequest<FastifyRequest>().query as Readonly<Record<string, unknown>>;
  const sent = parameters[name];
  const value: unknown = Array.isArray(sent) ? sent[0] : sent;
  if (value === undefined) return fallback;
  const report = new Report(false);
  report.path.push(name);
  const checked = check(value, report);
  if (report.errors) throw new InvalidInput(report.errors);
  return checked;
};
