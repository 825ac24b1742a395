/** What follows the first of these is what the image must not show. */
const NEGATIVE_MARK = '###';

export interface SplitPrompt {
  readonly positive: string;
  readonly negative?: string;
}

export const splitPrompt = (prompt: string): SplitPrompt => {
  const at = prompt.indexOf(NEGATIVE_MARK);
  return at < 0 ? { positive: prompt } : { positive: prompt.slice(0, at), negative: prompt.slice(at + NEGATIVE_MARK.length) };
};

/** Whitespace-separated words, counted only as far as `most` + 1. */
export const hasMoreWordsThan = (text: string, most: number): boolean => {
  const words = text.matchAll(/\S+/g);
  for (let count = 0; count <= most; count++) if (words.next().done) return false;
  return true;
};

const LONE_SURROGATE = /\p{Surrogate}/u;
/** True for text that is no text: half a character cannot be stored or sent on. */
export const hasLoneSurrogate = (text: string): boolean => LONE_SURROGATE.test(text);

/** True if any string inside holds a NUL, which no database column keeps. */
export const holdsNul = (value: unknown): boolean => {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, member]) => key.includes('\0') || holdsNul(member));
};
