import type { RequestFacts } from '../../requests/request.events.js';
import type { KnownWorker } from '../../workers/registry.message.js';
import { AGEING_CENTIKUDOS_PER_MS } from '../live-queue/priority-key.js';
import type { QueuedRequest } from '../live-queue/queue-row.js';
import type { Evidence } from './recent-dispatch.js';

/** horde-api-since-5.1.5 §5.4: what happened in the last five minutes or since the request came, and not of less than two. */
const WINDOW_MAX_MS = 300_000;
const WINDOW_MIN_MS = 120_000;

/** Undefined where nothing can be said: something of the request is being worked on, nothing of it waits, or it is too young. */
export const windowOf = ({ waiting, pending, acceptedAtMs }: QueuedRequest, nowMs: number): number | undefined => {
  const windowMs = Math.min(WINDOW_MAX_MS, nowMs - acceptedAtMs);
  return waiting > 0 && pending.size === 0 && windowMs >= WINDOW_MIN_MS ? windowMs : undefined;
};

interface Observed {
  readonly nowMs: number;
  readonly windowMs: number;
  readonly evidence: Evidence;
  readonly eligible: (facts: RequestFacts) => readonly KnownWorker[];
}

/**
 * Whether the request has been falling behind: in each half of the window more work came before it than those who may serve it
 * returned, each of their threads was free at least once, and nobody behind it was served by them. Without evidence it is not.
 */
export const isStalling = (entry: QueuedRequest, { nowMs, windowMs, evidence, eligible }: Observed): boolean => {
  const workers = new Map(eligible(entry.facts).map((worker) => [worker.id, worker]));
  if (workers.size === 0 || !haveTurnedOver(workers, evidence)) return false;
  if (evidence.handOuts.some(({ worker, key }) => workers.has(worker) && key < entry.key)) return false;
  const halves = [nowMs - windowMs, nowMs - windowMs / 2].map((fromMs) => ({ fromMs, toMs: fromMs + windowMs / 2 }));
  return halves.every(({ fromMs, toMs }) => {
    const within = ({ atMs }: { readonly atMs: number }): boolean => atMs >= fromMs && atMs < toMs;
    const returned = sum(evidence.deliveries, (delivery) => (within(delivery) && workers.has(delivery.worker) ? delivery.things : 0));
    const came = sum(evidence.arrivals, (arrival) => {
      const { facts, base, things, atMs } = arrival;
      const isAhead = within(arrival) && facts.request !== entry.request && base - atMs * AGEING_CENTIKUDOS_PER_MS > entry.key;
      return isAhead && eligible(facts).some(({ id }) => workers.has(id)) ? facts.jobs * things : 0;
    });
    return came > returned;
  });
};

const haveTurnedOver = (workers: ReadonlyMap<string, KnownWorker>, { deliveries }: Evidence): boolean => {
  const delivered = new Map<string, number>();
  for (const { worker } of deliveries) delivered.set(worker, (delivered.get(worker) ?? 0) + 1);
  return [...workers.values()].every(({ id, declaration: { threads } }) => (delivered.get(id) ?? 0) >= threads);
};

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number => items.reduce((total, item) => total + of(item), 0);
