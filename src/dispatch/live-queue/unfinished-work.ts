import type { RequestEvent } from '../../requests/request.events.js';
import type { Payer } from './payer.js';
import type { QueueEntry } from './queue-entry.js';

/** Whether `a` was accepted before `b`, of the same payer. */
const byAcceptance = (a: QueueEntry, b: QueueEntry): number =>
  a.acceptedAtMs - b.acceptedAtMs || (a.request === b.request ? 0 : a.request < b.request ? -1 : 1);

/**
 * What an earlier request takes from the key of one accepted at `atMs`: the price of its jobs that were unfinished then
 * (those finished before are paid for, so the frozen priority knows them; those finished since were not), less what was
 * given back since. By the times in the events alone, so every node comes to the same, whatever order streams arrive in.
 */
export const weightOn = (earlier: QueueEntry, atMs: number): number => {
  let unfinished = earlier.facts.jobs;
  for (const finishedAtMs of earlier.finishedAtMs) if (finishedAtMs <= atMs) unfinished -= 1;
  let givenBack = 0;
  for (const back of earlier.givenBack) {
    if (back.atMs > atMs) givenBack += back.jobs;
    else if (back.gone) unfinished -= back.jobs;
  }
  return earlier.price * Math.max(0, unfinished - givenBack);
};

/** What the payer's earlier requests take from this entry's key. O(1) for a request that comes in its turn. */
export const owedBefore = (entry: QueueEntry): number => {
  const { payer, acceptedAtMs } = entry;
  if (!payer.isOne) return 0;
  if (payer.acceptedAtMs < acceptedAtMs && payer.latestMs <= acceptedAtMs) return payer.unfinishedPrice;
  let owed = 0;
  for (const other of payer.entries) if (byAcceptance(other, entry) < 0) owed += weightOn(other, acceptedAtMs);
  return owed;
};

/** Works out `owed` for all requests of a payer at once; only those with a history cost more than a step. */
export const oweAll = (payer: Payer<QueueEntry>): void => {
  if (!payer.isOne) return;
  let untouched = 0;
  const touched: QueueEntry[] = [];
  for (const entry of [...payer.entries].sort(byAcceptance)) {
    entry.owed = untouched;
    for (const other of touched) entry.owed += weightOn(other, entry.acceptedAtMs);
    if (entry.finishedAtMs.length + entry.givenBack.length > 0) touched.push(entry);
    else untouched += entry.price * entry.facts.jobs;
  }
};

/** The payer's unfinished requests accepted after this one: those whose keys are net of it. */
export const laterThan = (entry: QueueEntry): QueueEntry[] => {
  const { payer } = entry;
  if (!payer.isOne || payer.entries.size < 2 || payer.acceptedAtMs < entry.acceptedAtMs) return [];
  return [...payer.unfinished].filter((other) => byAcceptance(entry, other) < 0);
};

/** Of those, the ones whose keys the event may move: it gives jobs back, or finished one before they were accepted. */
export const movedBy = (entry: QueueEntry, { type, data }: RequestEvent): QueueEntry[] => {
  if (type === 'JobAssigned.v1' || type === 'RequestCompleted.v1') return [];
  if (type === 'JobSubmitted.v1' && entry.payer.acceptedAtMs < Date.parse((data as { submittedAt: string }).submittedAt)) return [];
  return laterThan(entry);
};

/** Whether a completed request still weighs on an unfinished one: it then has to stay in the read model. */
export const stillWeighs = (completed: QueueEntry): boolean => {
  const { completedAtMs = -Infinity } = completed;
  return laterThan(completed).some((later) => later.acceptedAtMs < completedAtMs);
};
