import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { KeyedHash } from './keyed-hash.js';

/** Everything that only who holds the master key can compute. */
export class Secrets {
  readonly #masterKey: Buffer;
  readonly #derived = new Map<string, Buffer>();

  /** @param masterKey 32 random bytes, see `master-key.ts` */
  constructor(masterKey: Buffer) {
    if (masterKey.length !== 32) throw new Error('a master key has 32 bytes');
    this.#masterKey = masterKey;
  }

  /** A 256-bit key of its own for each purpose (HKDF-SHA-256, RFC 5869): knowing one tells nothing about another. */
  keyFor(purpose: string): Buffer {
    let key = this.#derived.get(purpose);
    if (!key) this.#derived.set(purpose, (key = Buffer.from(hkdfSync('sha256', this.#masterKey, Buffer.alloc(0), `horde-ledger/${purpose}`, 32))));
    return key;
  }

  /** See KeyedHash; any further purpose is a space of its own too. */
  keyedHash(purpose: Parameters<KeyedHash>[0] | 'content' | 'web' | 'webhook', text: string): string {
    return createHmac('sha256', this.keyFor(`hash/${purpose}`)).update(text, 'utf8').digest('hex');
  }
}

/** Whether two texts are equal, in a time that tells nothing about where they differ. */
export const constantTimeEqual = (one: string, other: string): boolean => {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
};
