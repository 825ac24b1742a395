import { hash } from 'node:crypto';

/** The only source of identity and randomness. */
export abstract class Ids {
  /** A random UUIDv4, lower case. */
  abstract uuid(): string;
  /** `size` random bytes. */
  abstract bytes(size: number): Buffer;
  /** A number in [0, 1): for choices that are not secret. */
  abstract random(): number;
}

const LEDGER_NAMESPACE = Buffer.from('6f1a0c52b1f84c0e9d0a6d6c65646772', 'hex');

/** Deterministic id of a transaction: the same fact, asked for twice, has the same id (UUIDv5, RFC 9562). */
export const transactionId = (...parts: readonly (string | number)[]): string => {
  const name = parts.map((part) => `${String(part).length}:${part}`).join('|'); // length-prefixed: no two lists share a name
  const digest = hash('sha1', Buffer.concat([LEDGER_NAMESPACE, Buffer.from(name)]), 'hex');
  const variant = ((Number.parseInt(digest[16]!, 16) & 0x3) | 0x8).toString(16);
  return hyphenated(`${digest.slice(0, 12)}5${digest.slice(13, 16)}${variant}${digest.slice(17, 32)}`);
};

/** The id of what takes a transaction back: it depends on that transaction alone, so that a second reversal would be the same. */
export const reversalId = (original: string): string => transactionId('reversal', original);

export const formatUuid = (bytes: Uint8Array): string => hyphenated(Buffer.from(bytes).toString('hex'));

const hyphenated = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A lower-case, hyphenated UUID, from the forms that clients send; undefined when it is none. */
export const parseUuid = (text: string): string | undefined => {
  const plain = text.toLowerCase();
  return UUID.test(plain) ? plain : undefined;
};
