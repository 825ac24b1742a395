/**
 * Columns for `unnest($1::type[], …)`. The literals are written here, because the driver's own array serialiser takes
 * several times as long, and a rebuild is mostly made of them.
 */
export const numbers = (values: readonly (number | null)[]): string => `{${values.map((value) => value ?? 'NULL').join(',')}}`;
export const booleans = (values: readonly (boolean | null)[]): string => `{${values.map((value) => value ?? 'NULL').join(',')}}`;

/** Text that holds no quote, comma, brace or backslash for certain: UUIDs, event types, ISO timestamps, hex. */
export const plain = (values: readonly (string | null)[]): string => `{${values.map((value) => (value === null ? 'NULL' : `"${value}"`)).join(',')}}`;

/** Any text. PostgreSQL stores no NUL, so it becomes U+FFFD, as horde-rules §4.3 has it for results. */
export const texts = (values: readonly (string | null)[]): string =>
  `{${values.map((value) => (value === null ? 'NULL' : quoted(withoutNul(value)))).join(',')}}`;

/** Values as JSON documents, for `::jsonb[]`. */
export const jsons = (values: readonly unknown[]): string =>
  `{${values.map((value) => (value === null || value === undefined ? 'NULL' : quoted(json(value)))).join(',')}}`;

const TO_ESCAPE = /["\\]/;
const quoted = (text: string): string => (TO_ESCAPE.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`);
const withoutNul = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text);

// jsonb refuses NUL and lone surrogates. One such character in a worker's declaration must not stop a projector.
const REFUSED_BY_JSONB = /\\u(?:0000|d[89a-f])/i;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const json = (value: unknown): string => {
  const text = JSON.stringify(value);
  return REFUSED_BY_JSONB.test(text) ? JSON.stringify(value, storable) : text;
};
const storable = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? withoutNul(value).replace(LONE_SURROGATE, '\ufffd') : value;
