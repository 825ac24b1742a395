/** Error texts in the words of Python's jsonschema, which clients show to people but do not parse (horde-api F.2). */

const SHOWN_MAX = 100; // a body may hold megabytes; its error names what was sent, and no more of it than a person reads
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** A value as Python would print it, cut to a readable length; never holds a lone surrogate. */
export const shown = (value: unknown): string => {
  const text = repr(value, SHOWN_MAX);
  return (text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text).replace(LONE_SURROGATE, '�');
};

const repr = (value: unknown, room: number): string => {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'string') return quoted(value.slice(0, room + 1));
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf';
  return Array.isArray(value) ? list(value, room) : members(value, room);
};

const quoted = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\0', '\\x00');
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
};

const list = (items: readonly unknown[], room: number): string => {
  let text = '[';
  for (const item of items) {
    if (text.length > room) return text;
    text += `${text === '[' ? '' : ', '}${repr(item, room - text.length)}`;
  }
  return `${text}]`;
};

const members = (value: object, room: number): string => {
  let text = '{';
  for (const [name, item] of Object.entries(value)) {
    if (text.length > room) return text;
    text += `${text === '{' ? '' : ', '}${quoted(name.slice(0, room))}: ${repr(item, room - text.length)}`;
  }
  return `${text}}`;
};

export type TypeName = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';

export const words = {
  notOfType: (value: unknown, type: TypeName): string => `${shown(value)} is not of type '${type}'`,
  required: (name: string): string => `'${name}' is a required property`,
  unexpected: (name: string): string => `Additional properties are not allowed (${shown(name)} was unexpected)`,
  tooShort: (value: unknown): string => `${shown(value)} is too short`,
  tooLong: (value: unknown): string => `${shown(value)} is too long`,
  notOneOf: (value: unknown, choices: readonly string[]): string => `${shown(value)} is not one of ${repr(choices, Infinity)}`,
  doesNotMatch: (value: unknown, pattern: RegExp): string => `${shown(value)} does not match '${pattern.source}'`,
  below: (value: number, min: number): string => `${shown(value)} is less than the minimum of ${min}`,
  above: (value: number, max: number): string => `${shown(value)} is greater than the maximum of ${max}`,
  notMultiple: (value: number, of: number): string => `${shown(value)} is not a multiple of ${of}`,
  notUnique: (value: unknown): string => `${shown(value)} has non-unique elements`,
  notAnInt: (value: unknown): string => `invalid literal for int() with base 10: ${shown(value)}`,
  notAFloat: (value: unknown): string => `could not convert ${shown(value)} to float`,
  missingIn: (place: 'JSON body' | 'form' | 'HTTP headers' | 'query string'): string =>
    `Missing required parameter in the ${place}`,
} as const;
