import type { FastifyReply } from 'fastify';
import { InvalidInput, Refused } from './refusals.js';

/**
 * Read your own writes: an answer to a write names the log position that it reached (`Kudos-Position`), and a read that
 * sends it back is answered from nothing older. Opaque to clients: `k1.` + base36 + a check character.
 */
export const POSITION_HEADER = 'kudos-position';
/** A read waits this long, then 425 (design §6). */
export const POSITION_WAIT_MS = 1_000;

const PREFIX = 'k1.';
const FORM = /^k1\.([0-9a-z]{1,11})([0-9a-z])$/; // 11 digits hold every safe integer

export const encodePosition = (position: number): string => {
  if (!Number.isSafeInteger(position) || position < 0) throw new RangeError(`${position} is no position of an event`);
  const digits = position.toString(36);
  return `${PREFIX}${digits}${checkOf(digits)}`;
};

/** The position, or undefined when the text is none of ours. */
export const decodePosition = (text: string): number | undefined => {
  const [, digits = '', check] = FORM.exec(text) ?? [];
  if (digits === '' || checkOf(digits) !== check) return undefined;
  const position = Number.parseInt(digits, 36);
  return Number.isSafeInteger(position) && position.toString(36) === digits ? position : undefined;
};

/** Finds any one wrong digit and any two swapped neighbours, nearly always. */
const checkOf = (digits: string): string => {
  let sum = 7;
  for (const digit of digits) sum = (sum * 5 + Number.parseInt(digit, 36)) % 36;
  return sum.toString(36);
};

/** Names the position that the write reached. Nothing is named before the first event. */
export const setKudosPosition = (reply: FastifyReply, position: number): void => {
  if (position >= 0) void reply.header(POSITION_HEADER, encodePosition(position));
};

/** Waits until this node's read models show a position; false when they did not within the time. */
export abstract class PositionWaiter {
  abstract waitFor(position: number, timeoutMs: number): Promise<boolean>;
}

export const malformedPosition = (): InvalidInput =>
  new InvalidInput({ 'Kudos-Position': 'Not a position that this server has named' });
export const positionNotReached = (): Refused =>
  new Refused('PositionNotReached', 425, 'This node has not reached the position that the request names. Please retry.');
