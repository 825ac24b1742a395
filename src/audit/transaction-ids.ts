/** Words of 32 bits that a UUID is made of. */
const WORDS = 4;
const SLOTS_AT_FIRST = 1 << 10;

/**
 * Every transaction id of a log, to find one that occurs twice (I8). Open addressing over the ids themselves: 32 bytes an
 * id at most, where a Set of strings takes five times as much.
 */
export class TransactionIds {
  private slots = new Uint32Array(SLOTS_AT_FIRST * WORDS);
  private capacity = SLOTS_AT_FIRST;
  /** The id of zeros marks an empty slot, so it is remembered apart. */
  private hasZero = false;
  /** What is not a UUID, which is a fault of its own, is kept as it is. */
  private readonly strange = new Set<string>();
  private held = 0;
  private readonly words = new Uint32Array(WORDS);

  get size(): number {
    return this.held + this.strange.size + (this.hasZero ? 1 : 0);
  }

  /** False when the id was there before. */
  add(id: string): boolean {
    if (!parse(id, this.words)) return addTo(this.strange, id);
    const [a, b, c, d] = this.words as unknown as [number, number, number, number];
    if ((a | b | c | d) === 0) {
      const fresh = !this.hasZero;
      this.hasZero = true;
      return fresh;
    }
    if ((this.held + 1) * 2 > this.capacity) this.grow();
    const at = this.find(this.words);
    if (this.isTaken(at)) return false;
    this.slots.set(this.words, at);
    this.held += 1;
    return true;
  }

  has(id: string): boolean {
    if (!parse(id, this.words)) return this.strange.has(id);
    const [a, b, c, d] = this.words as unknown as [number, number, number, number];
    return (a | b | c | d) === 0 ? this.hasZero : this.isTaken(this.find(this.words));
  }

  /** Where the id is, or would be. */
  private find(words: Uint32Array): number {
    const mask = this.capacity - 1;
    for (let slot = (words[0]! ^ words[3]!) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      if (!this.isTaken(at) || this.isSame(at, words)) return at;
    }
  }

  private isTaken(at: number): boolean {
    return (this.slots[at]! | this.slots[at + 1]! | this.slots[at + 2]! | this.slots[at + 3]!) !== 0;
  }
  private isSame(at: number, words: Uint32Array): boolean {
    return this.slots[at] === words[0] && this.slots[at + 1] === words[1] && this.slots[at + 2] === words[2] && this.slots[at + 3] === words[3];
  }

  private grow(): void {
    const before = this.slots;
    this.capacity *= 2;
    this.slots = new Uint32Array(this.capacity * WORDS);
    for (let at = 0; at < before.length; at += WORDS) {
      const words = before.subarray(at, at + WORDS);
      if ((words[0]! | words[1]! | words[2]! | words[3]!) !== 0) this.slots.set(words, this.find(words));
    }
  }
}

const addTo = (set: Set<string>, id: string): boolean => {
  const fresh = !set.has(id);
  set.add(id);
  return fresh;
};

const UUID_LENGTH = 36;
const DIGITS_A_WORD = 8;
const HYPHENS: ReadonlySet<number> = new Set([8, 13, 18, 23]);
const HYPHEN = '-'.charCodeAt(0);
/** Value of a lower-case hexadecimal digit by its character code. */
const DIGITS = new Map(Array.from({ length: 16 }, (_, value) => [value.toString(16).charCodeAt(0), value]));

/** The 128 bits of a lower-case, hyphenated UUID; false when it is none. */
const parse = (id: string, into: Uint32Array): boolean => {
  if (id.length !== UUID_LENGTH) return false;
  let digits = 0;
  for (let index = 0; index < UUID_LENGTH; index++) {
    const code = id.charCodeAt(index);
    if (HYPHENS.has(index)) {
      if (code !== HYPHEN) return false;
      continue;
    }
    const value = DIGITS.get(code);
    if (value === undefined) return false;
    const word = Math.floor(digits / DIGITS_A_WORD);
    into[word] = (into[word]! << 4) | value; // the digits of the id before are pushed out by the eighth
    digits += 1;
  }
  return true;
};
