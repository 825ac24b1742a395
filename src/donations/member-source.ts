import type { Kudos } from '../kernel/kudos.js';

/** Somebody who supports the horde every month. */
export interface Member {
  /** Who it is here: an alias or number, or the address by which the account can be found. Never logged. */
  readonly holder: { readonly alias: string } | { readonly contact: string };
  /** Of a month's thanks; 0 for a tier that is not known. */
  readonly thanks: Kudos;
  /** ISO 8601; undefined when the source does not tell. */
  readonly since: string | undefined;
}

/** Where supporters are listed. What it answers is believed as a whole or not at all. */
export interface MemberSource {
  readonly name: string;
  readonly everyMs: number;
  /** @throws OutboundFailed or UnexpectedAnswer; whoever asks goes on with what it knew */
  members(): Promise<readonly Member[]>;
}

/** An answer that is not what its interface promises. Names the place, and nothing of what stood there. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

export type Json = Readonly<Record<string, unknown>>;
export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
export const objectAt = (value: unknown, place: string): Json => {
  if (!isObject(value)) throw new UnexpectedAnswer(`${place} is no object`);
  return value;
};
export const listAt = (value: unknown, place: string): readonly unknown[] => {
  if (!Array.isArray(value)) throw new UnexpectedAnswer(`${place} is no list`);
  return value;
};
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined);
export const timeOf = (value: unknown): string | undefined => {
  const ms = typeof value === 'number' ? value * 1_000 : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) || Math.abs(ms) > MS_MAX ? undefined : new Date(ms).toISOString();
};
/** The last millisecond that a date can be. */
const MS_MAX = 8_640_000_000_000_000;
