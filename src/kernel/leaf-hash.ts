import { hash } from 'node:crypto';

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
  const hashed = Buffer.allocUnsafe(1 + 3 * 4 + 12 + 3 * (stream.length + id.length + type.length) + 2 * 4 + data.length + metadata.length);
  let at = hashed.writeUInt8(0, 0);
  at = prefixed(hashed, at, stream);
  at = hashed.writeUInt32BE(8, at);
  at = hashed.writeUInt32BE(Math.floor(revision / 2 ** 32), at);
  at = hashed.writeUInt32BE(revision % 2 ** 32, at);
  at = prefixed(hashed, at, id);
  at = prefixed(hashed, at, type);
  at = prefixedBytes(hashed, at, data);
  at = prefixedBytes(hashed, at, metadata);
  return hash('sha256', hashed.subarray(0, at), 'hex');
};

const prefixed = (buffer: Buffer, at: number, text: string): number => {
  const written = buffer.write(text, at + 4);
  buffer.writeUInt32BE(written, at);
  return at + 4 + written;
};

const prefixedBytes = (buffer: Buffer, at: number, bytes: Uint8Array): number => {
  buffer.writeUInt32BE(bytes.length, at);
  buffer.set(bytes, at + 4);
  return at + 4 + bytes.length;
};
