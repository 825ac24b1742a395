import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { categoryOf, idOf } from './event.js';
import { formatUuid, parseUuid, reversalId, transactionId } from './ids.js';
import { leafHash, type LeafBytes } from './leaf-hash.js';

const leaf: LeafBytes = {
  stream: 'account-7', revision: 0, id: '3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10', type: 'AccountOpened.v1', data: Buffer.from('{"user":7}'), metadata: Buffer.from('{}'),
};

describe('a leaf hash', () => {
  it('is what another implementation computed of the same bytes', () => {
    expect(leafHash(leaf)).toBe('79552fa41d9b9008ad998705efe91c46a9d5726702d6f74195138dcd550ad6bc');
    expect(leafHash({ stream: 'workername-é€😀', revision: 2 ** 40 + 3, id: 'id', type: 'T.v1', data: Buffer.alloc(0), metadata: Buffer.from([0, 255]) }))
      .toBe('3a951cde60b55a0a2e971c509acc509b4d13a01b43effcb85f6801f0b2caaf30');
  });

  it('is the hash of its fields, each behind its length', () => {
    const field = (bytes: Uint8Array): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return Buffer.concat([length, bytes]);
    };
    fc.assert(fc.property(
      fc.record({ stream: fc.string({ unit: 'binary' }), revision: fc.maxSafeInteger().map(Math.abs), id: fc.string(), type: fc.string({ unit: 'grapheme' }), data: fc.uint8Array(), metadata: fc.uint8Array() }),
      (each) => {
        const revision = Buffer.alloc(8);
        revision.writeBigUInt64BE(BigInt(each.revision));
        const parts = [Buffer.from(each.stream), revision, Buffer.from(each.id), Buffer.from(each.type), each.data, each.metadata].map(field);
        expect(leafHash(each)).toBe(createHash('sha256').update(Buffer.concat([Buffer.from([0]), ...parts])).digest('hex'));
      },
    ));
  });

  it.each([
    [{ stream: 'account-70' }], [{ revision: 1 }], [{ id: '3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c11' }], [{ type: 'AccountOpened.v2' }], [{ data: Buffer.from('{"user":8}') }],
    [{ metadata: Buffer.from('{ }') }], [{ data: leaf.metadata, metadata: leaf.data }],
    // The same bytes in another field: only the lengths tell them apart.
    [{ data: Buffer.from('{"user":7}{'), metadata: Buffer.from('}') }], [{ id: leaf.id + 'A', type: leaf.type.slice(1) }],
  ])('%#: changes with every part of the event', (change) => expect(leafHash({ ...leaf, ...change })).not.toBe(leafHash(leaf)));
});

describe('a transaction id', () => {
  it('is a UUIDv5, as another implementation computed it', () => {
    expect(transactionId('opening', 7)).toBe('31be7597-3efe-5ea6-974a-9db50c90e32d');
    expect(transactionId('transfer', 7, 'ke|y1')).toBe('6dc9d097-2141-5f15-b13b-bd65add7fb29');
  });
  it('of a reversal depends on what is taken back alone', () => expect(reversalId('a')).toBe(transactionId('reversal', 'a')));
  it('is the same for the same fact', () => expect(transactionId('job', 'a')).toBe(transactionId('job', 'a')));
  it('is another for every other list of parts, wherever they are cut', () => {
    const parts = fc.array(fc.string({ unit: fc.constantFrom('1', ':', '|', 'a') }), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(parts, parts, (one, other) => {
      expect(transactionId(...one) === transactionId(...other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }), { numRuns: 1_000 });
  });
  it('is a lower-case UUID of version 5', () => expect(transactionId('x')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/));
});

it('a UUID is sixteen bytes with hyphens', () =>
  expect(formatUuid(Uint8Array.from({ length: 16 }, (_, k) => k * 16 + k))).toBe('00112233-4455-6677-8899-aabbccddeeff'));

it.each([
  ['3F6C1A52-9B1E-4C57-8A43-0D2F6E7B9C10', '3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10'], ['3f6c1a529b1e4c578a430d2f6e7b9c10', undefined], ['', undefined],
  ['3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10 ', undefined], ['3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c1g', undefined], ['{3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10}', undefined],
])('%j is read as %j', (text, uuid) => expect(parseUuid(text)).toBe(uuid));

it.each([
  ['account-7', 'account', '7'], ['request-3f6c1a52-9b1e', 'request', '3f6c1a52-9b1e'], ['policy', 'policy', 'policy'], ['-7', '', '7'], ['grant-monthly-7-202603', 'grant', 'monthly-7-202603'],
])('the stream %s is of the category %s', (stream, category, id) => {
  expect(categoryOf(stream)).toBe(category);
  expect(idOf(stream)).toBe(id);
});
