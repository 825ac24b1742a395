import { createHash } from 'node:crypto';

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
  const hash = createHash('sha1').update(LEDGER_NAMESPACE).update(name).digest().subarray(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return formatUuid(hash);
};

/** The id of what takes a transaction back: it depends on that transaction alone, so that a second reversal would be the same. */
export const reversalId = (original: string): string => transactionId('reversal', original);

export const formatUuid = (bytes: Uint8Array): string => {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A lower-case, hyphenated UUID, from the forms that clients send; undefined when it is none. */
export const parseUuid = (text: string): string | undefined => {
  const plain = text.toLowerCase();
  return UUID.test(plain) ? plain : undefined;
};
