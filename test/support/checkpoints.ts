import { createHash } from 'node:crypto';
import type { EventLog, RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { leafHash } from '../../src/kernel/leaf-hash.js';
import { openCheckpoint, type Checkpoint } from '../../src/notary/checkpoint.js';
import { noteVerifier } from '../../src/notary/signed-note.js';

const PAGE_EVENTS = 4_096;

export const everyEvent = async (log: Pick<EventLog, 'readAll'>): Promise<readonly RecordedEvent[]> => {
  const found: RecordedEvent[] = [];
  for (let from = -1; ; ) {
    const { events, position, end } = await log.readAll({ from, limit: PAGE_EVENTS });
    found.push(...events);
    if (end) return found;
    from = position;
  }
};

const above = (left: Buffer, right: Buffer): Buffer => createHash('sha256').update(Buffer.concat([Buffer.from([1]), left, right])).digest();

/** The root as RFC 6962 defines it, by recursion and from all leaves at once: nothing of the notary's own way is in it. */
export const rootOf = (events: readonly RecordedEvent[]): Buffer => {
  if (events.length === 0) return createHash('sha256').digest();
  if (events.length === 1) return Buffer.from(leafHash(events[0]!), 'hex');
  let split = 1;
  while (split * 2 < events.length) split *= 2;
  return above(rootOf(events.slice(0, split)), rootOf(events.slice(split)));
};

/** What is signed, and what the log says of so many first events: the two have to be the same. */
export const compared = async (log: Pick<EventLog, 'readAll'>, note: string, verifierKey: string): Promise<{ readonly signed: Checkpoint; readonly computed: Pick<Checkpoint, 'size' | 'root'> }> => {
  const signed = openCheckpoint(note, noteVerifier(verifierKey));
  const events = (await everyEvent(log)).slice(0, signed.size);
  return { signed, computed: { size: events.length, root: rootOf(events) } };
};
