import { Ids } from '../../src/kernel/ids.js';
import { Secrets } from '../../src/platform/vault/secrets.js';
import type { Seeded } from '../support/seeded.js';

/** Of one seed some dozens; of those before it only what all have in common is worth keeping. */
const KNOWN_MAX = 5_000;

/** Each hash is asked for again and again, and is always the same. */
export class RememberingSecrets extends Secrets {
  readonly #known = new Map<string, string>();
  override keyedHash(purpose: Parameters<Secrets['keyedHash']>[0], text: string): string {
    const name = `${purpose}|${text}`;
    let hash = this.#known.get(name);
    if (hash !== undefined) return hash;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(name, (hash = super.keyedHash(purpose, text)));
    return hash;
  }
}

/** A node's ids and lots, all of one seed. */
export class SimIds extends Ids {
  constructor(private readonly seeded: Seeded) {
    super();
  }
  uuid(): string {
    const { seeded } = this;
    const [a, b, c, d] = [seeded.bits(), seeded.bits(), seeded.bits(), seeded.bits()] as const;
    return `${HEX4[a >>> 16]!}${HEX4[a & 0xffff]!}-${HEX4[b >>> 16]!}-4${HEX4[b & 0xffff]!.slice(1)}-8${HEX4[c >>> 16]!.slice(1)}-${HEX4[c & 0xffff]!}${HEX4[d >>> 16]!}${HEX4[d & 0xffff]!}`;
  }
  bytes(size: number): Buffer {
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; at++) bytes[at] = this.seeded.bits() & 0xff;
    return bytes;
  }
  random(): number {
    return this.seeded.unit();
  }
}

/** Every four hexadecimal digits: ids are made by the thousand. */
const HEX4 = Array.from({ length: 0x10000 }, (_, value) => value.toString(16).padStart(4, '0'));

/** The seed of a part: parts of one simulation do not see how much luck another one used up. */
export const seedOf = (seed: number, part: number): number => Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(part + 1, 0xc2b2ae35);
