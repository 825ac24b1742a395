/** The only model of which `1girl` and `1boy` are what every prompt begins with (horde-rules §9.3). */
const TOLERANT_MODEL = 'Hentai Diffusion';
const TOLERATED: ReadonlySet<string> = new Set(['1girl', '1boy']);

/** Words of a plain prompt that models for adults may not be given, and what they are given instead (horde-rules §9.3). */
const YOUTH: readonly (readonly [words: RegExp, grown: string])[] = [
  [/(?<![^ ])(?:students?|young|little|lil|small|tiny)(?![^ ])/gi, 'adult'],
  [/(?<![^ ])(?:[^ ]*girl[^ ]*|ninas?)(?![^ ])/gi, 'adult woman'],
  [/(?<![^ ])\d*(?:boys?|sons?)(?![^ ])/gi, 'adult man'],
];

export const toleratesTags = (models: readonly string[]): boolean => models.length === 1 && models[0] === TOLERANT_MODEL;

/** The same plain prompt when nothing in it sounds young. */
export const grownUp = (plain: string, tolerant: boolean): string =>
  YOUTH.reduce((text, [words, grown]) => text.replace(words, (word) => (tolerant && TOLERATED.has(word.toLowerCase()) ? word : grown)), plain);
