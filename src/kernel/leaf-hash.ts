import { createHash } from 'node:crypto';

/** The bytes of a stored event that the hash covers. */
export interface LeafBytes {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/**
 * Leaf hash = SHA-256(0x00 ‖ enc); enc = length-prefixed (u32 big-endian) stream, revision (u64), event id, type, data
 * bytes, metadata bytes (spec/ledger.md §4.9). Over stored bytes, never re-serialised JSON; without the store's own
 * timestamp, which a restore could not reproduce. Returns lower-case hex.
 */
export const leafHash = ({ stream, revision, id, type, data, metadata }: LeafBytes): string => {
  const head = Buffer.allocUnsafe(1 + 12 + 3 * (stream.length + id.length + type.length) + 12);
  let at = head.writeUInt8(0, 0);
  at = prefixed(head, at, stream);
  at = head.writeUInt32BE(8, at);
  at = head.writeBigUInt64BE(BigInt(revision), at);
  at = prefixed(head, at, id);
  at = prefixed(head, at, type);
  return createHash('sha256')
    .update(head.subarray(0, at)).update(length(data)).update(data).update(length(metadata)).update(metadata)
    .digest('hex');
};

const prefixed = (buffer: Buffer, at: number, text: string): number => {
  const written = buffer.write(text, at + 4);
  buffer.writeUInt32BE(written, at);
  return at + 4 + written;
};

const length = (bytes: Uint8Array): Buffer => {
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(bytes.length);
  return prefix;
};
