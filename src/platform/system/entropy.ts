import { randomBytes, randomFillSync } from 'node:crypto';

const POOL_BYTES = 4_096;
/** What is taken at once may be as long as a key; anything longer is drawn by itself. */
const TAKEN_MAX = 64;

/**
 * Random bytes from the system's generator, drawn a page at a time: a draw costs as much for 4,096 bytes as for twelve, and every request
 * needs several. No byte is given out twice, and none stays here once it was (`crypto.randomUUID` does the same).
 */
export class Entropy {
  readonly #pool = Buffer.alloc(POOL_BYTES);
  #at = POOL_BYTES;

  bytes(size: number): Buffer {
    if (size > TAKEN_MAX) return randomBytes(size);
    if (this.#at + size > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    const end = this.#at + size;
    const taken = Buffer.alloc(size); // memory of its own, not of Node's pool: some of these are keys
    this.#pool.copy(taken, 0, this.#at, end);
    this.#pool.fill(0, this.#at, end);
    this.#at = end;
    return taken;
  }
}
