import { RE2JS, RE2JSException } from 're2js';

// Regexes come from moderators and run over prompts of strangers: the engine is one that needs time in proportion to the prompt,
// whatever the regex (docs/decisions/0037).

/** Steps of the compiled program. Some seventy words; a repetition of something counts as often as it may be there. */
const PROGRAM_MAX = 500;
/**
 * To find one place takes time in proportion to the prompt, also where each match is a single letter: so places are bounded as well. Nobody's
 * prompt has so many words that have to go.
 */
const PLACES_MAX = 300;

/** A filter's regex, compiled once. Prompts are matched in their plain form, in which case does not matter. */
export interface FilterRegex {
  finds(text: string): boolean;
  /** The first place that it matches, as it is written there. */
  firstIn(text: string): string | undefined;
  /** `by` stands for itself, whatever signs are in it. Undefined where that would be in more places than can be told of a prompt. */
  replaced(text: string, by: string): string | undefined;
}

/** The regex, or why it cannot be one, as the end of a sentence. */
export const compileRegex = (regex: string): FilterRegex | { readonly fault: string } => {
  const compiled = parsed(regex);
  if (typeof compiled === 'string') return { fault: compiled };
  if (compiled.programSize() > PROGRAM_MAX) return { fault: 'is too large: please split it, or let it repeat less' };
  if (compiled.test('')) return { fault: 'matches an empty text, and so every prompt' };
  return {
    finds: (text) => compiled.test(text),
    firstIn: (text) => (compiled.exec(text) as readonly string[] | null)?.[0],
    replaced: (text, by) => replaced(compiled, text, by),
  };
};

const parsed = (regex: string): RE2JS | string => {
  try {
    return RE2JS.compile(regex, RE2JS.CASE_INSENSITIVE | RE2JS.LOOKBEHINDS);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return `is not valid (${error.message}); it is written as for RE2, without lookaheads and backreferences`;
  }
};

const replaced = (compiled: RE2JS, text: string, by: string): string | undefined => {
  const matcher = compiled.matcher(text);
  let kept = '';
  let from = 0;
  for (let places = 0; matcher.find(); places++) {
    if (places === PLACES_MAX) return undefined;
    kept += text.slice(from, matcher.start()) + by;
    from = matcher.end();
  }
  return kept + text.slice(from);
};
