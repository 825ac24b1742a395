import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Stored formats: version 1 is AES-256-GCM, `version (1) | iv (12) | ciphertext | tag (16)`. Never edit, add a version. */
const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What was stored is not what was sealed: changed, moved to another place, or of another key. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/** @param iv 12 random bytes, never used before with this key */
export const sealBytes = (key: Buffer, iv: Buffer, plain: Buffer, place: string): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(place));
  return Buffer.concat([Buffer.of(VERSION), iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

/** @throws SealBroken */
export const openBytes = (key: Buffer, sealed: Buffer, place: string): Buffer => {
  if (sealed.length < 1 + IV_BYTES + TAG_BYTES || sealed[0] !== VERSION) throw new SealBroken(`${place}: unknown format of a sealed text`);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(1 + IV_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw new SealBroken(`${place}: a sealed text was changed, moved, or is of another key`, { cause: error });
  }
};

export const newIv = (random: (size: number) => Buffer): Buffer => random(IV_BYTES);
