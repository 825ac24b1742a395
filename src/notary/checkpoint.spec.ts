import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openCheckpoint, originOf, signCheckpoint, type Checkpoint } from './checkpoint.js';
import { InvalidNote, InvalidVerifierKey, noteSigner, noteVerifier, openNote } from './signed-note.js';

const ORIGIN = originOf('8f0e4c5a-2f7b-4d8e-9a77-0c1f0a5b6d3e');
const SEED = Buffer.alloc(32, 7);
const signer = noteSigner(ORIGIN, SEED);
const verifier = noteVerifier(signer.verifierKey);
const checkpoint: Checkpoint = { origin: ORIGIN, size: 1_234, root: Buffer.alloc(32, 0xa5) };
const note = signCheckpoint(checkpoint, signer);
const opens = (text: string, by = verifier): boolean => {
  try {
    openCheckpoint(text, by);
    return true;
  } catch (error) {
    if (error instanceof InvalidNote) return false;
    throw error;
  }
};

describe('a checkpoint', () => {
  it('is three lines, an empty one, and a signature', () => {
    const lines = note.split('\n');
    expect(lines.slice(0, 4)).toEqual([ORIGIN, '1234', checkpoint.root.toString('base64'), '']);
    expect(lines[4]).toMatch(new RegExp(`^— ${ORIGIN} [A-Za-z0-9+/]{91}=$`)); // 4 + 64 bytes
    expect(lines.slice(5)).toEqual(['']);
  });

  it('says what was signed, whatever that is', () => {
    fc.assert(fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (size, root) => {
      const signed = { origin: ORIGIN, size, root: Buffer.from(root) };
      expect(openCheckpoint(signCheckpoint(signed, signer), verifier)).toEqual(signed);
    }), { seed: 1, numRuns: 50 });
  });

  it('is rejected with any one byte changed, cut off or put in', () => {
    const bytes = Buffer.from(note);
    const accepted: string[] = [];
    for (let at = 0; at < bytes.length; at++) {
      for (const change of [1, 0x20, 0x80, 0xff]) {
        const mutant = Buffer.from(bytes);
        mutant[at] = mutant[at]! ^ change;
        if (opens(mutant.toString())) accepted.push(`${at} ^ ${change}`);
      }
      if (opens(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]).toString())) accepted.push(`without ${at}`);
      for (const extra of ['\n', ' ', 'A', '=']) if (opens(Buffer.concat([bytes.subarray(0, at), Buffer.from(extra), bytes.subarray(at)]).toString())) accepted.push(`${extra} before ${at}`);
    }
    expect(accepted).toEqual([]);
  });

  it('is rejected under another key, another name, and from another ledger', () => {
    const other = noteSigner(ORIGIN, Buffer.alloc(32, 8));
    expect(opens(note, noteVerifier(other.verifierKey))).toBe(false);
    expect(opens(signCheckpoint(checkpoint, other))).toBe(false);
    expect(opens(note, noteVerifier(noteSigner('horde-ledger/another', SEED).verifierKey))).toBe(false);
    expect(opens(signCheckpoint({ ...checkpoint, origin: 'horde-ledger/another' }, signer))).toBe(false);
  });

  it('is rejected when what was signed is no checkpoint', () => {
    for (const text of ['\n', `${ORIGIN}\n`, `${ORIGIN}\n7\n`, `${ORIGIN}\n07\n${checkpoint.root.toString('base64')}\n`, `${ORIGIN}\n7\nAAAA\n`, `${ORIGIN}\n9007199254740993\n${checkpoint.root.toString('base64')}\n`]) {
      expect(opens(signer.sign(text))).toBe(false);
    }
  });

  it('may carry extensions, and signatures of others, which are let be', () => {
    const extended = signer.sign(`${ORIGIN}\n7\n${checkpoint.root.toString('base64')}\nsomething more\n`);
    expect(openCheckpoint(extended, verifier).size).toBe(7);
    const witness = noteSigner('witness.example', Buffer.alloc(32, 9));
    const cosigned = `${note}${witness.sign(openNote(note, verifier)).split('\n\n')[1]!}`;
    expect(openCheckpoint(cosigned, verifier)).toEqual(checkpoint);
    expect(openNote(cosigned, noteVerifier(witness.verifierKey))).toBe(openNote(note, verifier));
    expect(opens(`${note}${note.split('\n\n')[1]!}`)).toBe(false); // twice by us is not more
  });
});

describe('a verifier key', () => {
  it('is the one of the published example of the format', () => {
    const example = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    const signed = 'If you think cryptography is the answer to your problem,\nthen you don\'t know what your problem is.\n\n'
      + '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
    expect(openNote(signed, noteVerifier(example))).toMatch(/^If you think/);
  });

  it('has to be whole', () => {
    const { verifierKey } = signer;
    for (const broken of ['', 'name', verifierKey.slice(0, -1), verifierKey.replace(/\+\w{8}\+/, '+00000000+'), verifierKey.replace(ORIGIN, 'horde-ledger/other'), `${verifierKey}=`]) {
      expect(() => noteVerifier(broken)).toThrow(InvalidVerifierKey);
    }
  });

  it('is the public half of the seed, as Node makes it', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url');
    expect(noteSigner('n', seed).verifierKey.split('+').slice(2).join('+')).toBe(Buffer.concat([Buffer.from([1]), Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')]).toString('base64'));
  });
});
