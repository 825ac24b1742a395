/** No text counts fewer tokens than this (horde-rules §2.7). */
const TOKENS_MIN = 20;
const CHARACTERS_PER_TOKEN = 4;

/** Estimated tokens of a text, by its characters (code points, so an emoji counts once). */
export const estimatedTokens = (text: string): number => Math.max(TOKENS_MIN, Math.ceil(codePoints(text) / CHARACTERS_PER_TOKEN));

/** Tokens that a generation is paid for: never more than were asked for, none for an empty one. */
export const generatedTokens = (generation: string, maxLength: number): number =>
  generation === '' ? 0 : Math.min(estimatedTokens(generation), maxLength);

/** Counted without making an array of a prompt that may be megabytes long. */
const codePoints = (text: string): number => {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    if (isLeading(text.charCodeAt(at)) && isTrailing(text.charCodeAt(at + 1))) count--;
  }
  return count;
};
const isLeading = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isTrailing = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
