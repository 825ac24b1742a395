import { BASELINES, isBaseline } from '../reference/baseline.js';
import { ADOPTED_POLICY, type PricePolicy } from './price-policy.js';

/** A part of a price policy, in the policy's own shape: only what should be different. */
export type PolicyPatch = { readonly [Member in Exclude<keyof PricePolicy, 'version'>]?: unknown };
export type ReadPatch = { readonly patch: PolicyPatch } | { readonly faults: readonly string[] };

/** No price of the horde comes near it, and sums of such prices are still exact. */
const NUMBER_MAX = 1_000_000;
/** Members that are divided by, or raised to a power. */
const POSITIVE: ReadonlySet<string> = new Set(['text.divisor', 'text.bonusFrom', 'text.context.power', 'text.context.tokensAtOne']);
/** Members below one: what is left to it is divided by. */
const BELOW_ONE: ReadonlySet<string> = new Set(['image.fromImage.strengthFrom']);
/** Tables by names that come from outside: they may name what has no price of its own yet. */
const OPEN_TABLES: ReadonlySet<string> = new Set([
  'image.controls', 'image.postProcessors', 'image.burn.postProcessors', 'alchemy.forms', 'alchemy.annotationPerTile', 'bridgeMultipliers',
]);

/** What an operator wrote, held against the shape of the adopted policy; every fault with the place that it is at. */
export const readPatch = (written: unknown): ReadPatch => {
  const faults = faultsOf(written, ADOPTED_POLICY, '');
  return faults.length > 0 ? { faults } : { patch: written as PolicyPatch };
};

/** The policy with the patch over it, under the same version: prices of that version are what is asked about. */
export const patchedPolicy = (policy: PricePolicy, patch: PolicyPatch): PricePolicy => merged(policy, patch) as PricePolicy;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
const placed = (path: string, member: string): string => (path === '' ? member : `${path}.${member}`);

const faultsOf = (written: unknown, model: unknown, path: string): readonly string[] => {
  if (typeof model === 'number') return numberFaults(written, path);
  if (typeof model === 'string') return isBaseline(written) ? [] : [`${path} is none of ${BASELINES.join(', ')}`];
  if (!isObject(written)) return [`${path === '' ? 'the policy' : path} is not an object`];
  if (OPEN_TABLES.has(path)) return Object.entries(written).flatMap(([name, value]) => numberFaults(value, placed(path, name)));
  return Object.entries(written).flatMap(([name, value]) => memberFaults(name, value, { model: model as object, path }));
};

const memberFaults = (name: string, value: unknown, { model, path }: { readonly model: object; readonly path: string }): readonly string[] => {
  const place = placed(path, name);
  if (place === 'version') return ['version cannot be chosen: a policy under a question has none of its own'];
  if (!Object.hasOwn(model, name)) return [`${place} is unknown; ${path === '' ? 'a policy' : path} has ${Object.keys(model).filter((each) => each !== 'version').join(', ')}`];
  return faultsOf(value, (model as Record<string, unknown>)[name], place);
};

const numberFaults = (value: unknown, path: string): readonly string[] => {
  if (typeof value !== 'number' || !Number.isFinite(value)) return [`${path} is not a number`];
  if (value < 0 || value > NUMBER_MAX) return [`${path} is not from 0 to ${NUMBER_MAX}`];
  if (value === 0 && POSITIVE.has(path)) return [`${path} has to be more than 0`];
  return value >= 1 && BELOW_ONE.has(path) ? [`${path} has to be less than 1`] : [];
};

const merged = (base: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return patch;
  const entries = new Map<string, unknown>(Object.entries(base as object)); // an object as well, or the patch would not have been read
  for (const [name, value] of Object.entries(patch)) entries.set(name, entries.has(name) ? merged(entries.get(name), value) : value);
  return Object.fromEntries(entries);
};
