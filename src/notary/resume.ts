import type { Clock, Timers } from '../kernel/clock.js';
import { leafOf } from '../platform/event-log/codec.js';
import { openCheckpoint, originOf } from './checkpoint.js';
import { FIRST_PLACE, LedgerTree, type NotarizedLog, type TreePlace } from './ledger-tree.js';
import type { PublishedCheckpoint } from './published-checkpoints.js';
import { DamagedState, isSame, type Signed, type SignedState, type SignedStateFile } from './signed-state.js';
import { InvalidNote, type NoteVerifier } from './signed-note.js';

/**
 * What was signed and what there is are not one history: an older backup was restored, events were changed or lost, or the
 * wrong log or key is here. Signing on would hide it, so nothing is signed until a person has looked (spec/ledger.md, T17).
 */
export class CannotExtend extends Error {
  override readonly name = 'CannotExtend';
}

/** A node of a cluster may lag for a moment behind what another one has shown. */
const SHORT_LOG_PATIENCE_MS = 3_000;
const POLL_MS = 200;

export interface ResumeParts {
  readonly log: NotarizedLog;
  readonly file: SignedStateFile;
  readonly verifier: NoteVerifier;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Ends a long computation with its reason. */
  readonly signal: AbortSignal;
}

/**
 * What this notary has signed last, if the log and what is published are its continuation and its past; undefined when
 * nothing was ever signed. What another notary with the same key has signed since is computed again before it is believed.
 * @throws CannotExtend
 */
export const resume = async (parts: ResumeParts, published: PublishedCheckpoint | undefined): Promise<SignedState | undefined> => {
  const signed = await readState(parts);
  if (signed) await isInLog(parts, signed);
  if (!published || isSame(published, signed) || isSame(published, signed?.before)) return signed;
  if (!isWhatWasSigned(parts, published)) throw new CannotExtend('what is published under its key was not signed with it');
  return signed && published.size <= signed.size ? olderOf(parts, signed, published) : newerOf(parts, signed, published);
};

const readState = async ({ file, log, verifier }: ResumeParts): Promise<SignedState | undefined> => {
  try {
    const signed = await file.read();
    if (!signed) return undefined;
    if (signed.storeId !== log.storeId) throw new CannotExtend('it has signed another ledger');
    if (!isWhatWasSigned({ log, verifier }, signed)) throw new CannotExtend('it has signed with another key');
    return signed;
  } catch (error) {
    if (error instanceof DamagedState) throw new CannotExtend('its record of what it has signed is damaged', { cause: error });
    throw error;
  }
};

const isWhatWasSigned = ({ log, verifier }: Pick<ResumeParts, 'log' | 'verifier'>, { note, ...figures }: Signed & { readonly note: string }): boolean => {
  try {
    const { origin, ...checkpoint } = openCheckpoint(note, verifier);
    return origin === originOf(log.storeId) && isSame(checkpoint, figures);
  } catch (error) {
    if (error instanceof InvalidNote) return false;
    throw error;
  }
};

/** The last event that was signed is where it was. Random ids make it unlike anything that a lost history could be replaced by. */
const isInLog = async ({ log, clock, timers, signal }: ResumeParts, { position, last }: SignedState): Promise<void> => {
  const startedAt = clock.monotonic();
  while ((await log.head()) < position) {
    if (clock.monotonic() - startedAt > SHORT_LOG_PATIENCE_MS) throw new CannotExtend('the log ends before what is signed');
    await timers.sleep(POLL_MS, signal);
  }
  const { events: [event] } = await log.readStream(last.stream, { from: last.revision, limit: 1 });
  if (event?.revision !== last.revision || leafOf(event) !== last.hash || event.position !== position) throw new CannotExtend('the log has other events than what is signed');
};

/** PostgreSQL was restored, say: what it shows has to be of the same history. */
const olderOf = async (parts: ResumeParts, signed: SignedState, published: PublishedCheckpoint): Promise<SignedState> => {
  await treeOf(parts, FIRST_PLACE, published);
  return signed;
};

/** Our record was restored or lost, or another notary had its turn. */
const newerOf = async (parts: ResumeParts, signed: SignedState | undefined, published: PublishedCheckpoint): Promise<SignedState> => {
  const { log, file } = parts;
  const { tree, last } = await treeOf(parts, signed ?? FIRST_PLACE, published);
  const { size, root, position, note, signedAt } = published;
  const taken: SignedState = { storeId: log.storeId, size, root, tree, position, last: last!, note, signedAt, before: { size, root } };
  await file.write(taken);
  return taken;
};

const treeOf = async ({ log, signal }: ResumeParts, from: TreePlace, { size, root, position }: Signed & { readonly position: number }): Promise<TreePlace> => {
  const tree = new LedgerTree(from);
  if (!(await tree.growTo(size, log, () => signal.throwIfAborted()))) throw new CannotExtend('the log ends before what is published');
  if (!tree.root().equals(root) || tree.position !== position) throw new CannotExtend('the log has other events than what is published');
  return tree.place();
};
