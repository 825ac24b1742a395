import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

/** RFC 6962: a node above leaves is SHA-256(0x01 ‖ left ‖ right). The leaf hash (0x00) is made in src/kernel/leaf-hash.ts. */
const above = (left: Buffer, right: Buffer): Buffer => {
  const node = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  node[0] = 0x01;
  left.copy(node, 1);
  right.copy(node, 1 + HASH_BYTES);
  return hash('sha256', node, 'buffer');
};
const OF_NOTHING = hash('sha256', '', 'buffer');

/** What the tree is remembered by: its number of leaves, and the roots of its perfect subtrees, largest first. */
export interface TreeState {
  readonly size: number;
  readonly hashes: readonly Buffer[];
}
export const NO_LEAVES: TreeState = { size: 0, hashes: [] };

/**
 * An RFC 6962 Merkle tree that is only ever appended to. It keeps one hash for each 1 in the binary form of its size, so a
 * leaf costs about one hash more, and the tree of any ledger fits into two kilobytes.
 */
export class MerkleTree {
  private leaves: number;
  private readonly hashes: Buffer[];

  /** Goes on from a remembered state. Throws when that cannot be one. */
  constructor({ size, hashes }: TreeState = NO_LEAVES) {
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is no number of leaves`);
    if (hashes.length !== onesOf(size) || hashes.some(({ length }) => length !== HASH_BYTES)) throw new RangeError(`a tree of ${size} leaves is not remembered like that`);
    this.leaves = size;
    this.hashes = [...hashes];
  }

  get size(): number {
    return this.leaves;
  }

  append(leafHash: Buffer): void {
    let node = leafHash;
    for (let size = this.leaves; size % 2 === 1; size = (size - 1) / 2) node = above(this.hashes.pop()!, node);
    this.hashes.push(node);
    this.leaves += 1;
  }

  /** Of no leaves: the hash of nothing, as the RFC has it. */
  root(): Buffer {
    if (this.hashes.length === 0) return OF_NOTHING;
    return this.hashes.reduceRight((right, left) => above(left, right));
  }

  /** To go on from later; later appends do not change it. */
  state(): TreeState {
    return { size: this.leaves, hashes: [...this.hashes] };
  }
}

/** A size may have more than the 32 bits that bit operations know. */
const onesOf = (size: number): number => [...size.toString(2)].filter((digit) => digit === '1').length;
