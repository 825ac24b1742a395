import { Ids } from '../../src/kernel/ids.js';
import { Seeded } from '../support/seeded.js';

/** A node's ids and lots, all of one seed. */
export class SimIds extends Ids {
  constructor(private readonly seeded: Seeded) {
    super();
  }
  uuid(): string {
    return this.seeded.uuid();
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

/** The seed of a part: parts of one simulation do not see how much luck another one used up. */
export const seedOf = (seed: number, part: number): number => Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(part + 1, 0xc2b2ae35);
