import { HASH_BYTES } from './merkle.js';
import { fromBase64, InvalidNote, openNote, type NoteSigner, type NoteVerifier } from './signed-note.js';

/** A size and the root of the tree of so many first events (c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  /** Which log it is of; also the name of the key that signs. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** One ledger, one origin: the identity of its store is made once, at random, and outlives names and addresses. */
export const originOf = (storeId: string): string => `horde-ledger/${storeId}`;

export const signCheckpoint = ({ origin, size, root }: Checkpoint, signer: NoteSigner): string =>
  signer.sign(`${origin}\n${size}\n${root.toString('base64')}\n`);

/**
 * What a note says that this key has signed. Lines after the root are extensions, which mean nothing to us.
 * @throws InvalidNote
 */
export const openCheckpoint = (note: string, verifier: NoteVerifier): Checkpoint => {
  const [origin = '', size = '', root = ''] = openNote(note, verifier).slice(0, -1).split('\n');
  if (origin !== verifier.name) throw new InvalidNote(`it is of ${origin}, and this key signs for ${verifier.name}`);
  const bytes = fromBase64(root);
  if (!/^(0|[1-9]\d*)$/.test(size) || !Number.isSafeInteger(Number(size)) || bytes?.length !== HASH_BYTES) throw new InvalidNote('it is signed, but is no checkpoint');
  return { origin, size: Number(size), root: bytes };
};
