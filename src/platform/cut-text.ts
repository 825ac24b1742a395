/** The first `max` characters (code points): never half of one, which could be neither stored nor shown. */
export const cutText = (text: string, max: number): string => (text.length <= max ? text : [...text.slice(0, 2 * max)].slice(0, max).join(''));
