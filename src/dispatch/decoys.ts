import type { Outages } from '../outages/outages.message.js';
import type { Contents } from '../platform/content/contents.js';
import type { Ports } from '../platform/ports.js';
import type { RequestFacts } from '../requests/request.events.js';
import type { KnownWorker } from '../workers/registry.message.js';
import type { DecoyEnd, FoundJob } from './job-finder.js';

/**
 * Decoys: jobs that a paused worker takes for real ones (horde-rules §6.4, docs/decisions/0028). Nothing of them is in the
 * log, because nothing has happened: no slot is taken, nobody owes or earns. What the worker may ask about later is kept
 * with the contents, which every node reads and which expire.
 */
interface Decoy extends Pick<FoundJob, 'worker' | 'owner' | 'model' | 'form'> {
  readonly facts: RequestFacts;
  readonly sinceMs: number;
  readonly deadlineMs: number;
}

/** As long as a result is kept: the id is unknown afterwards, like that of any old job. */
const DECOY_LIFE_MS = 24 * 60 * 60_000;

const keyOf = (job: string): string => `decoy ${job}`;
const endOf = (job: string): string => `decoy end ${job}`;
const tricked = (worker: string, request: string): string => `decoy ${worker} ${request}`;

/** A paused worker is not told: everybody's jobs but its owner's are decoys to it (horde-rules §7.5). */
export const isFooled = ({ paused, owner }: KnownWorker, { payer }: Pick<RequestFacts, 'payer'>): boolean => paused && payer !== owner;

/** Those of the requests of which the worker was given a decoy before: none of them is offered to it again. */
export const requestsThatTricked = async (contents: Contents, { id, paused, wasPaused }: KnownWorker, requests: readonly string[]): Promise<ReadonlySet<string>> => {
  if (!paused && !wasPaused) return NOBODY;
  const known = await contents.getMany(requests.map((request) => tricked(id, request)));
  return new Set(requests.filter((request) => known.has(tricked(id, request))));
};
const NOBODY: ReadonlySet<string> = new Set();

export interface DecoyOffer {
  readonly facts: RequestFacts;
  readonly ttlS: number;
  readonly jobs: readonly { readonly job: string; readonly model: string; readonly form?: number }[];
}

/** All of an offer or nothing: one statement, on the disk before the worker hears of it. */
export const giveDecoys = async ({ contents, clock }: Ports, { id, owner }: KnownWorker, { facts, ttlS, jobs }: DecoyOffer): Promise<void> => {
  const now = clock.now();
  const kept = { kind: 'decoy', expiresAt: now + DECOY_LIFE_MS };
  const decoys = jobs.map(({ job, ...rest }) => {
    const decoy: Decoy = { ...rest, worker: id, owner, facts, sinceMs: now, deadlineMs: now + ttlS * 1_000 };
    return { ...kept, id: keyOf(job), text: JSON.stringify(decoy) };
  });
  await contents.putMany([...decoys, { ...kept, id: tricked(id, facts.request), text: '' }]);
};

/** Without outages. */
const ALWAYS_SERVED = { extendedDue: (_sinceMs: number, dueMs: number): number => dueMs };

/** As if it were a job of the request, which knows nothing of it: outages are no time for it either, or it could be told by that (ADR 0029). */
export const findDecoy = async (contents: Pick<Contents, 'getMany'>, job: string, outages: Pick<Outages, 'extendedDue'> = ALWAYS_SERVED): Promise<FoundJob | undefined> => {
  const stored = await contents.getMany([keyOf(job), endOf(job)]);
  const text = stored.get(keyOf(job));
  if (text === undefined) return undefined;
  const { sinceMs, deadlineMs, facts, ...rest } = JSON.parse(text) as Decoy;
  const ended = stored.get(endOf(job)) as DecoyEnd | undefined;
  return { job, ...rest, request: facts.request, kind: facts.kind, payer: facts.payer, facts, decoy: { deadlineMs: outages.extendedDue(sinceMs, deadlineMs), ended } };
};

/** The first end stays. */
export const endDecoy = ({ contents, clock }: Pick<Ports, 'contents' | 'clock'>, job: string, how: DecoyEnd): Promise<void> =>
  contents.put({ id: endOf(job), kind: 'decoy', text: how, expiresAt: clock.now() + DECOY_LIFE_MS });
