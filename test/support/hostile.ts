import type { JsonSchema } from '../../src/platform/http/body/json-schema.js';

/** Bodies that are wrong for every route that reads one, as bytes. */
export interface HostileBody {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly contentType?: string;
}
const JSON_TYPE = 'application/json';
const body = (name: string, text: string | Uint8Array, contentType = JSON_TYPE): HostileBody => ({ name, bytes: Buffer.from(text as string), contentType });

/** Deeper than the limit, and than a recursive reader could stand. */
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

export const HOSTILE_BODIES: readonly HostileBody[] = [
  body('nothing', ''),
  body('half an object', '{"prompt": "a'),
  body('a trailing comma', '{"prompt": "a",}'),
  body('two values', '{} {}'),
  body('NaN', '{"prompt": NaN}'),
  body('an array', '[]'),
  body('an array of objects', '[{"prompt":"a"}]'),
  body('a string', '"prompt"'),
  body('a number', '5'),
  body('null', 'null'),
  body('true', 'true'),
  body('bytes that are not UTF-8', Buffer.from('7b2270726f6d7074223a22fffe227d', 'hex')),
  body('an overlong encoding of NUL', Buffer.from('7b2270726f6d7074223a22c080227d', 'hex')),
  body('a byte order mark', '﻿{}'),
  body('a lone surrogate', '{"prompt":"\\ud800","username":"\\ud800"}'),
  body('swapped surrogates', '{"prompt":"\\udc00\\ud800","username":"\\udc00\\ud800"}'),
  body('100,000 levels', nested(100_000)),
  body('100 levels', nested(100)),
  body('a million brackets', '['.repeat(1_000_000)),
  body('members of every prototype only', '{"__proto__":{"prompt":"a","username":"a#1"},"constructor":{"prototype":{"prompt":"a"}},"toString":1}'),
  body('a form', 'prompt=a&name=b', 'application/x-www-form-urlencoded'),
  body('a multipart form', '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--', 'multipart/form-data; boundary=x'),
  body('JSON as text', '{"prompt":"a","name":"b","models":["c"],"id":"d"}', 'text/plain'),
  body('an invalid content type', '{"prompt":"a"}', 'application/;json'),
];

/** Path segments that name nothing. */
export const HOSTILE_SEGMENTS: readonly string[] = [
  '%00', 'a%00b', '-1', '0x1', '1e3', '1.5', '99999999999', '99999999999999999999999', '%20', '%F0%9F%90%B4', '%ff', '%', '%zz', '..%2f..%2fetc%2fpasswd',
  '%2e%2e', "'%20OR%201=1--", '__proto__', 'constructor', 'null', 'undefined', 'NaN', '{}', '%7B%7D', 'a'.repeat(300), 'a'.repeat(5_000),
  '00000000-0000-0000-0000-000000000000', '{00000000-0000-4000-8000-000000000000}', '00000000-0000-4000-8000-00000000000g', '%EF%BF%BD', '%u0000', ';', '*', '@',
];

export const HOSTILE_QUERIES: readonly string[] = [
  'limit=-1', 'limit=0', 'limit=1e309', 'limit=x', 'limit=', 'limit=1&limit=2', `limit=${'9'.repeat(400)}`, 'after=-1', 'after=%00', 'after=k1.zzzzzzzzzzzzzz', 'after[]=1',
  'page=-1', 'page=0', 'page=x', 'sort=%ff', 'type=%ff', 'type=a&type=b', 'type=', 'type=constructor', 'type=__proto__', 'name=a&name=b', 'name=%00', 'name=%ff',
  'name[]=a', `name=${'a'.repeat(5_000)}`, '__proto__=1', 'constructor[prototype]=1', '%', '%zz=1', '&&&', '=', 'a=1#b', 'a=1&'.repeat(2_000),
];

/** A number that JSON text can hold and a double cannot; written into the text after serialisation. */
const LITERALS: readonly (readonly [name: string, literal: string])[] = [
  ['1e309', '1e309'], ['-1e309', '-1e309'], ['400 digits', '9'.repeat(400)], ['-400 digits', `-${'9'.repeat(400)}`],
];

export interface WrongMember {
  /** As the error names it. */
  readonly path: string;
  readonly name: string;
  /** The whole body, as text. */
  readonly text: string;
}

type Properties = Readonly<Record<string, JsonSchema>>;

/** A sound body with one member that is not what its schema says, for every member and every kind of wrong. */
export const wrongMembers = (schema: JsonSchema, sound: Readonly<Record<string, unknown>>): WrongMember[] =>
  Object.entries(schema['properties'] as Properties).flatMap(([name, member]) => [
    ...wrongValues(member).map(([what, literal]) => ({ path: name, name: `${name} is ${what}`, text: withLiteral({ ...sound, [name]: MARK }, literal) })),
    ...(member['type'] === 'object' && member['properties']
      ? wrongMembers(member, {}).map(({ path, name: inner, text }) => (
        { path: `${name}.${path}`, name: `${name}.${inner}`, text: withLiteral({ ...sound, [name]: MARK }, text) }
      ))
      : []),
  ]);

const MARK = ' the wrong value ';
const withLiteral = (value: object, literal: string): string => JSON.stringify(value).replace(JSON.stringify(MARK), () => literal);

const wrongValues = (schema: JsonSchema): (readonly [string, string])[] => {
  const { type } = schema;
  const others = OTHERS.filter(([of]) => of !== type && !(of === 'integer' && type === 'number')).map(([, what, literal]) => [what, literal] as const);
  const numeric = type === 'integer' || type === 'number' ? LITERALS : [];
  const fraction = type === 'integer' ? [['a fraction', '1.5'] as const] : [];
  const below = typeof schema['minimum'] === 'number' ? [['too small', String(schema['minimum'] - 1)] as const] : [];
  const above = typeof schema['maximum'] === 'number' ? [['too large', String(schema['maximum'] + 1)] as const] : [];
  const foreign = schema['enum'] ? [['not in the list', '"constructor"'] as const] : [];
  const items = type === 'array' ? [['an array of null', '[null]'] as const, ['an array of arrays', '[[]]'] as const] : [];
  return [...others, ...numeric, ...fraction, ...below, ...above, ...foreign, ...items];
};

const OTHERS: readonly (readonly [of: string, what: string, literal: string])[] = [
  ['null', 'null', 'null'], ['boolean', 'true', 'true'], ['integer', 'a number', '5'], ['string', 'a string', '"text"'], ['array', 'an array', '[]'], ['object', 'an object', '{}'],
];
