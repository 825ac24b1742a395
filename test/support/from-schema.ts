import fc, { type Arbitrary } from 'fast-check';
import type { JsonSchema } from '../../src/platform/http/body/json-schema.js';

/** Values for members by their path (`params.n`), in place of what their schema alone would allow. */
export type Preferred = Readonly<Record<string, Arbitrary<unknown>>>;

/** More would run into rules that forbid two members together nearly every time. */
const OPTIONAL_MEMBERS_MAX = 4;
const LENGTH_MAX = 40;
const WHOLE_MAX = 1_000_000;

/** Bodies that a schema allows: all that is required, a few members that are not. */
export const fromSchema = (schema: JsonSchema, preferred: Preferred = {}, path = ''): Arbitrary<unknown> => {
  switch (schema['type']) {
    case 'object': return schema['properties'] ? members(schema, preferred, path) : fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 });
    case 'array': return items(schema, preferred, path);
    case 'boolean': return fc.boolean();
    case 'integer': return whole(schema);
    case 'number': return fc.integer({ min: 100 * least(schema), max: 100 * most(schema) }).map((hundredths) => hundredths / 100);
    default: return text(schema);
  }
};

const least = ({ minimum = 0 }: JsonSchema): number => Math.ceil(minimum as number);
const most = ({ maximum = WHOLE_MAX }: JsonSchema): number => Math.floor(maximum as number);

const whole = (schema: JsonSchema): Arbitrary<number> => {
  const { multipleOf = 1 } = schema as { multipleOf?: number };
  return fc.integer({ min: Math.ceil(least(schema) / multipleOf), max: Math.floor(most(schema) / multipleOf) }).map((count) => count * multipleOf);
};

const text = ({ enum: choices, minLength = 0, maxLength = LENGTH_MAX }: JsonSchema): Arbitrary<string> =>
  choices ? fc.constantFrom(...(choices as string[])) : fc.string({ unit: 'grapheme', minLength: minLength as number, maxLength: Math.max(minLength as number, Math.min(maxLength as number, LENGTH_MAX)) });

const items = ({ items: item, uniqueItems, minItems = 0 }: JsonSchema, preferred: Preferred, path: string): Arbitrary<unknown[]> => {
  const each = fromSchema(item as JsonSchema, preferred, `${path}[]`);
  const limits = { minLength: minItems as number, maxLength: (minItems as number) + 3 };
  return uniqueItems ? fc.uniqueArray(each, limits) : fc.array(each, limits);
};

const members = (schema: JsonSchema, preferred: Preferred, path: string): Arbitrary<Record<string, unknown>> => {
  const properties = schema['properties'] as Readonly<Record<string, JsonSchema>>;
  const required = (schema['required'] as readonly string[] | undefined) ?? [];
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  const always = [...required, ...optional.filter((name) => preferred[ALWAYS + prefixed(path, name)] !== undefined)];
  const arbitraryOf = (name: string): Arbitrary<unknown> => {
    const at = prefixed(path, name);
    return preferred[ALWAYS + at] ?? preferred[at] ?? fromSchema(properties[name]!, preferred, at);
  };
  const others = optional.filter((name) => !always.includes(name));
  return fc.subarray(others, { maxLength: Math.min(OPTIONAL_MEMBERS_MAX, others.length) })
    .chain((chosen) => fc.record(Object.fromEntries([...always, ...chosen].map((name) => [name, arbitraryOf(name)]))));
};

/** Before a preferred path: the member is always there. */
export const ALWAYS = '!';
const prefixed = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** One body in `oneIn` has a member that is something else altogether. */
export const spoiled = (bodies: Arbitrary<unknown>, oneIn: number): Arbitrary<unknown> =>
  fc.tuple(bodies, fc.nat({ max: oneIn - 1 }), fc.nat(), fc.jsonValue({ maxDepth: 3 })).map(([body, chance, which, value]) => {
    const names = Object.keys(body as object);
    if (chance !== 0 || names.length === 0) return body;
    return { ...(body as object), [names[which % names.length]!]: value };
  });
