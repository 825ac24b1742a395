import { isUtf8 } from 'node:buffer';

/**
 * Untrusted bytes to a JSON value. Everything that could hurt is refused before or right after `JSON.parse`: depth and
 * number of values (a 64 MiB body of `[` would take gigabytes), bytes that are not UTF-8, and lone surrogates, which
 * have no UTF-8 and so could never be stored. `NaN` and `Infinity` are no JSON. A duplicate key: the last one wins.
 */
export const JSON_DEPTH_MAX = 32; // spec/ledger.md §3.6
/** Values in one body: a pop with 10,000 models stays far below, 64 MiB of `{},` (a gigabyte of objects) far above. */
export const JSON_VALUES_MAX = 100_000;

export type JsonFault = 'empty' | 'syntax' | 'encoding' | 'depth' | 'values' | 'surrogate';
export type ParsedJson =
  | { readonly fault?: undefined; readonly value: unknown; /** U+0000 may occur in a string. */ readonly mayHoldNul: boolean }
  | { readonly fault: JsonFault };

export const parseJson = (bytes: Uint8Array): ParsedJson => {
  if (bytes.length === 0) return { fault: 'empty' };
  if (!isUtf8(bytes)) return { fault: 'encoding' };
  const fault = measure(bytes);
  if (fault) return { fault };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const value = parsed(text);
  if (value === undefined) return { fault: 'syntax' };
  if (!text.includes('\\u')) return { value, mayHoldNul: false }; // the usual case: nothing escaped, nothing to look for
  if (ESCAPED_SURROGATE.test(text) && holdsLoneSurrogate(value)) return { fault: 'surrogate' };
  return { value, mayHoldNul: text.includes('\\u0000') };
};

const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // its message quotes the body, so it goes nowhere
    throw error;
  }
};

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const SHIFT = 0x20; // '[' and '{', ']' and '}' differ in this bit alone
const OPEN = 0x5b | SHIFT;
const CLOSE = 0x5d | SHIFT;

const measure = (bytes: Uint8Array): JsonFault | undefined => {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = endOfString(bytes, at + 1);
      if (at < 0) return 'syntax';
    } else if (byte === COMMA) {
      if (++values > JSON_VALUES_MAX) return 'values';
    } else if ((byte | SHIFT) === OPEN) {
      if (++depth > JSON_DEPTH_MAX) return 'depth';
      if (++values > JSON_VALUES_MAX) return 'values';
    } else if ((byte | SHIFT) === CLOSE) {
      depth--;
    }
  }
  return undefined;
};

const LOOP_MAX = 64; // up to here a loop beats the call; beyond it (a base64 image) the native search does

/** Index of the quote that ends the string starting at `from`; −1 without one. Linear, whatever the string holds. */
const endOfString = (bytes: Uint8Array, from: number): number => {
  let at = from;
  while (at < bytes.length) {
    for (const near = at + LOOP_MAX; at < near; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) return at;
      if (byte === BACKSLASH) at++;
    }
    at = bytes.indexOf(QUOTE, at);
    if (at < 0) return -1;
    if (!isEscaped(bytes, from, at)) return at;
    at++;
  }
  return -1;
};

/** Whether an odd run of backslashes ends right before `at`. */
const isEscaped = (bytes: Uint8Array, from: number, at: number): boolean => {
  let before = at - 1;
  while (before >= from && bytes[before] === BACKSLASH) before--;
  return (at - 1 - before) % 2 === 1;
};

const holdsLoneSurrogate = (value: unknown): boolean => {
  if (typeof value === 'string') return LONE_SURROGATE.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]) => LONE_SURROGATE.test(name) || holdsLoneSurrogate(member));
};

/** Words for people; none of them quotes the body. */
export const JSON_FAULTS: Readonly<Record<JsonFault, string>> = {
  empty: 'The request needs a JSON body and has none.',
  syntax: 'The request body is not valid JSON.',
  encoding: 'The request body is not valid UTF-8.',
  depth: `The request body is nested deeper than ${JSON_DEPTH_MAX} levels.`,
  values: `The request body holds more than ${JSON_VALUES_MAX} values.`,
  surrogate: 'The request body holds a lone surrogate, which is not a character.',
};
