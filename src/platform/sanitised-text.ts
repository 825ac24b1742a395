import { cutText } from './cut-text.js';

/** An entity that is one already stays as it is: what was sanitised once is not changed by being sanitised again. */
const BARE_AMPERSAND = /&(?!(?:[a-z][a-z0-9]{1,31}|#\d{1,7}|#x[0-9a-f]{1,6});)/gi;

/**
 * A text that people are shown as part of pages (names, agents): cut to `max` characters, trimmed, and its markup made
 * harmless, so that `<` comes back as `&lt;` (horde-api F.5). The contract would let a few inline tags live; in names they
 * have no use, so none does.
 */
export const sanitised = (text: string, max: number): string =>
  cutText(text.trim(), max).trim().replace(BARE_AMPERSAND, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
