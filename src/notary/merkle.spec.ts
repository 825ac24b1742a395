import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leafHash } from '../kernel/leaf-hash.js';
import { MerkleTree } from './merkle.js';

const sha256 = (...parts: readonly Uint8Array[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const leafOf = (bytes: Uint8Array): Buffer => sha256(Buffer.from([0]), bytes);

/** RFC 6962, section 2.1, word by word: split at the largest power of two below n. */
const naiveRoot = (leaves: readonly Buffer[]): Buffer => {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.from([1]), naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
};
const treeOf = (leaves: readonly Buffer[], from = new MerkleTree()): MerkleTree => {
  for (const leaf of leaves) from.append(leaf);
  return from;
};

/** The inputs that implementations of Certificate Transparency have always been tested with, and the roots of the first n of them. */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('the tree', () => {
  it('has the roots that everybody else computes', () => {
    const leaves = INPUTS.map((hex) => leafOf(Buffer.from(hex, 'hex')));
    expect(ROOTS.map((_, size) => treeOf(leaves.slice(0, size)).root().toString('hex'))).toEqual(ROOTS);
  });

  it('has the root of the recursive definition, at any size, and wherever it went on from a remembered state', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 70 }), fc.nat(), (inputs, cut) => {
      const leaves = inputs.map(leafOf);
      const at = leaves.length === 0 ? 0 : cut % (leaves.length + 1);
      const remembered = treeOf(leaves.slice(0, at)).state();
      const tree = treeOf(leaves.slice(at), new MerkleTree(remembered));
      expect(tree.size).toBe(leaves.length);
      expect(tree.root()).toEqual(naiveRoot(leaves));
      expect(new MerkleTree(remembered).root()).toEqual(naiveRoot(leaves.slice(0, at)));
    }), { seed: 6962, numRuns: 300 });
  });

  it('has the leaf hash of the kernel as its leaf: SHA-256 of a zero byte and the encoded event', () => {
    const event = { stream: 'account-7', revision: 3, id: '0b1f4b1e-0000-4000-8000-000000000001', type: 'Tried.v1', data: Buffer.from('{"a":1}'), metadata: Buffer.from('{}') };
    const sized = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
    const revision = Buffer.alloc(8);
    revision.writeBigUInt64BE(3n);
    const encoded = Buffer.concat([Buffer.from(event.stream), revision, Buffer.from(event.id), Buffer.from(event.type), event.data, event.metadata].map(sized));
    expect(leafHash(event)).toBe(leafOf(encoded).toString('hex'));
  });

  it('is not remembered wrongly', () => {
    const hash = Buffer.alloc(32);
    for (const state of [{ size: 1, hashes: [] }, { size: 2, hashes: [hash, hash] }, { size: 3, hashes: [hash] }, { size: -1, hashes: [] }, { size: 1.5, hashes: [hash] }, { size: 1, hashes: [Buffer.alloc(31)] }]) {
      expect(() => new MerkleTree(state)).toThrow(RangeError);
    }
  });

  it('counts beyond 32 bits', () => {
    const size = 2 ** 40 + 2 ** 33 + 1;
    const tree = new MerkleTree({ size, hashes: [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) });
    tree.append(Buffer.alloc(32, 4));
    const { hashes } = tree.state();
    expect([tree.size, hashes.length, hashes[2]]).toEqual([size + 1, 3, sha256(Buffer.from([1]), Buffer.alloc(32, 3), Buffer.alloc(32, 4))]);
  });
});
