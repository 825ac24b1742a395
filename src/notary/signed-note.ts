import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/**
 * Signed notes (c2sp.org/signed-note): lines of text, an empty line, and a line for each signature. Ours are Ed25519, which
 * the format names by the byte 1.
 */
const ED25519 = 0x01;
const KEY_BYTES = 32;
const KEY_HASH_BYTES = 4;
/** Everything of a PKCS #8 Ed25519 key that comes before its 32 bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
/** No key of ours is longer, and no note of ours comes near it: what is larger was not made by us. */
export const NOTE_BYTES_MAX = 65_536;
const SIGNATURES_MAX = 100;

/** Who signs, by the name that stands in the note. */
export interface NoteSigner {
  readonly verifierKey: string;
  /** The text, which ends with a newline, and its signature. */
  sign(text: string): string;
}
export interface NoteVerifier {
  readonly name: string;
  readonly keyHash: Buffer;
  isSignedBy(text: string, signature: Buffer): boolean;
}

export class InvalidNote extends Error {
  override readonly name = 'InvalidNote';
}
export class InvalidVerifierKey extends Error {
  override readonly name = 'InvalidVerifierKey';
}

const isName = (name: string): boolean => name !== '' && !/[\s+]/u.test(name);

/** First four bytes of SHA-256(name ‖ newline ‖ 1 ‖ public key): tells keys apart, proves nothing. */
const keyHashOf = (name: string, publicKey: Uint8Array): Buffer =>
  createHash('sha256').update(`${name}\n`).update(Buffer.from([ED25519])).update(publicKey).digest().subarray(0, KEY_HASH_BYTES);

/** From the 32 bytes that are the secret of an Ed25519 key. */
export const noteSigner = (name: string, seed: Buffer): NoteSigner => {
  if (!isName(name)) throw new RangeError(`${name} is no name for a key: it must not hold spaces or +`);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x!, 'base64url');
  const keyHash = keyHashOf(name, publicKey);
  return {
    verifierKey: `${name}+${keyHash.toString('hex')}+${Buffer.concat([Buffer.from([ED25519]), publicKey]).toString('base64')}`,
    sign: (text) => `${text}\n— ${name} ${Buffer.concat([keyHash, sign(null, Buffer.from(text), key)]).toString('base64')}\n`,
  };
};

/** @throws InvalidVerifierKey */
export const noteVerifier = (verifierKey: string): NoteVerifier => {
  const [, name = '', hash = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/su.exec(verifierKey) ?? [];
  const bytes = fromBase64(encoded);
  if (!isName(name) || bytes?.length !== 1 + KEY_BYTES || bytes[0] !== ED25519) throw new InvalidVerifierKey('a verifier key reads name+hash+key, and ours are Ed25519');
  const publicKey = bytes.subarray(1);
  const keyHash = keyHashOf(name, publicKey);
  if (keyHash.toString('hex') !== hash) throw new InvalidVerifierKey('the hash in this verifier key is not that of its name and key');
  const key = publicKeyOf(publicKey);
  return { name, keyHash, isSignedBy: (text, signature) => verify(null, Buffer.from(text), key, signature) };
};

/**
 * The text of a note that this key has signed. Signatures of others (witnesses, say) are let be.
 * @throws InvalidNote it is none, or is not signed by this key
 */
export const openNote = (note: string, verifier: NoteVerifier): string => {
  const { text, signatures } = parseNote(note);
  const ours = signatures.filter(({ name, keyHash }) => name === verifier.name && keyHash.equals(verifier.keyHash));
  if (ours.length !== 1) throw new InvalidNote(ours.length === 0 ? 'it is not signed by this key' : 'it is signed twice by the same key');
  if (!verifier.isSignedBy(text, ours[0]!.signature)) throw new InvalidNote('its signature by this key is wrong');
  return text;
};

interface NoteSignature {
  readonly name: string;
  readonly keyHash: Buffer;
  readonly signature: Buffer;
}

const parseNote = (note: string): { readonly text: string; readonly signatures: readonly NoteSignature[] } => {
  if (Buffer.byteLength(note) > NOTE_BYTES_MAX) throw new InvalidNote('it is too long for a note');
  if (/[\u0000-\u0009\u000b-\u001f\u007f\ufffd]/u.test(note)) throw new InvalidNote('it holds characters that a note does not');
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) throw new InvalidNote('it is no note: text, an empty line, signatures');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) throw new InvalidNote('it has too many signatures');
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
};

const parseSignature = (line: string): NoteSignature => {
  const [, name = '', encoded = ''] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
  const bytes = fromBase64(encoded);
  if (!isName(name) || !bytes || bytes.length <= KEY_HASH_BYTES) throw new InvalidNote('a line of its signatures is none');
  return { name, keyHash: bytes.subarray(0, KEY_HASH_BYTES), signature: bytes.subarray(KEY_HASH_BYTES) };
};

const publicKeyOf = (bytes: Buffer): KeyObject => {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
  } catch (error) {
    throw new InvalidVerifierKey('its bytes are no Ed25519 key', { cause: error });
  }
};

/** Node reads much as base64 that is none; here one text stands for one value, or a note could be changed without harm. */
export const fromBase64 = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
};
