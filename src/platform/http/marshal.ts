/** How values appear in answers (horde-api B.4). */

/** RFC 822 in UTC with the offset −0000: `Tue, 24 Nov 2026 00:13:25 -0000`. Milliseconds since 1970. */
export const rfc822 = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '-0000');

/** A declared float: a finite number, or null where there is none. Throws on NaN and Infinity, which are bugs of ours. */
export const float = (value: number | null | undefined): number | null => {
  if (value === null || value === undefined) return null;
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be sent as a number`);
  return value === 0 ? 0 : value;
};

/** A declared integer: truncated. */
export const integer = (value: number | null | undefined): number | null => {
  const number = float(value);
  return number === null ? null : Math.trunc(number) || 0;
};

/** A declared string: ids and seeds are sent as text whatever they are. */
export const text = (value: string | number | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

/** "skip none": members that are null, absent or an empty object are left out; empty lists, 0, false and "" stay. */
export const skipNone = <Shape extends object>(shape: Shape): Partial<Shape> =>
  Object.fromEntries(Object.entries(shape).filter(([, value]) => !isNone(value))) as Partial<Shape>;

const isNone = (value: unknown): boolean => {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0;
};
