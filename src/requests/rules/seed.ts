/** Seeds are unsigned 32-bit numbers for workers, and any text for clients (horde-api C1.1, horde-rules §6.4). */
const SEED_SPACE = 2 ** 32;
const CHUNK_BITS = 32n;
const CHUNK_BYTES = 4;
/** Longer numbers are read as text: making an integer of them costs more than linear time. */
const DIGITS_MAX = 4000;

/** The number of a seed that was given; undefined for an empty one, which means random. */
export const seedNumber = (seed: string | undefined): number | undefined => {
  if (seed === undefined || seed === '') return undefined;
  return /^[0-9]+$/.test(seed) && seed.length <= DIGITS_MAX ? folded(BigInt(seed)) : lastChunk(Buffer.from(seed, 'utf8'));
};

/** Shifts by 32 bits until it fits. */
const folded = (value: bigint): number => {
  let rest = value;
  while (rest >= BigInt(SEED_SPACE)) rest >>= CHUNK_BITS;
  return Number(rest);
};

/** The same for bytes read as one little-endian number: what is left is its highest chunk that is not empty. */
const lastChunk = (bytes: Buffer): number => {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  if (length === 0) return 0;
  const from = Math.floor((length - 1) / CHUNK_BYTES) * CHUNK_BYTES;
  return bytes.readUIntLE(from, length - from);
};

export interface SeedChoice {
  readonly seed?: string | undefined;
  readonly seed_variation?: number | undefined;
}

/**
 * The seed of a batch: the given one, else one of [remaining, 2^32 − 1]; with a variation, moved by it for every image that
 * is still to come. `random` is in [0, 1), `remaining` counts the images not handed out yet.
 */
export const batchSeed = (choice: SeedChoice, remaining: number, random: number): number => {
  const start = seedNumber(choice.seed) ?? remaining + Math.floor(random * (SEED_SPACE - remaining));
  return choice.seed_variation === undefined ? start : folded(BigInt(start) + BigInt(choice.seed_variation) * BigInt(remaining));
};
