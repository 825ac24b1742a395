import { payerOf } from '../requests/rules/payer-id.js';
import { agesFromAfter, ageTaken } from './live-queue/ageing.js';
import type { FairnessPolicy } from './live-queue/fairness-policy.js';
import type { ServingOrder } from './live-queue/lane.js';
import { inDispatchOrder, type Place } from './live-queue/ordered-tree.js';
import type { PoppingWorker, QueuedRequest } from './live-queue/queue-row.js';

/** What a claim of several jobs of one request has to share with. */
export interface Sharing {
  /** Jobs that nobody has taken or been promised. */
  readonly free: number;
  /** What the pop would take. */
  readonly wanted: number;
  readonly order: ServingOrder;
  /** Other workers that could serve the request and have nothing to do. */
  readonly idle: number;
  /** The next request that the worker could serve instead. */
  readonly rival: QueuedRequest | undefined;
  readonly atMs: number;
}

/**
 * How many jobs of the request one claim takes: its share beside those who have nothing to do, and no further job once somebody
 * else comes first (design.md §6, "each generation goes to a separate worker"). In the lane a payer who has just been served is
 * the last of those who wait, so one job is all while anybody else waits.
 */
export const fairAmount = (entry: QueuedRequest, { free, wanted, order, idle, rival, atMs }: Sharing, policy: FairnessPolicy): number => {
  const share = policy.spreadBatches ? Math.min(wanted, Math.ceil(free / (1 + idle))) : wanted;
  if (!policy.yieldBatches || !rival || share <= 1) return share;
  if (order === 'turn' && payerOf(rival.facts) !== payerOf(entry.facts)) return 1;
  let amount = 1;
  while (amount < share && beats(entry, amount, rival, { atMs, policy })) amount += 1;
  return amount;
};

/** Whether the request still comes first when so many more of its jobs are gone; those promised to others are as good as gone. */
const beats = (entry: QueuedRequest, taken: number, rival: QueuedRequest, { atMs, policy }: { atMs: number; policy: FairnessPolicy }): boolean => {
  const gone = entry.reserved + taken;
  const agesFromMs = agesFromAfter(entry, gone, atMs, policy.ageingCreditMs);
  const aged = (each: QueuedRequest): Place => ({ key: each.key - ageTaken(each, agesFromMs), acceptedAtMs: each.acceptedAtMs, request: each.request });
  const own = aged(entry);
  return inDispatchOrder({ ...own, key: own.key - gone * entry.price }, payerOf(rival.facts) === payerOf(entry.facts) ? aged(rival) : rival) < 0;
};

/** Whoever lists what a worker can serve. */
export interface Candidates<WorkerFacts> {
  candidates(worker: PoppingWorker<WorkerFacts>, limit: number, order: ServingOrder): Iterable<QueuedRequest>;
}

/** Candidates passed until the request is found among them; those before it could not be claimed, so it is near the front. */
const PASSED_MAX = 100;

/** The request that the worker would be served next if there were no more jobs of this one; nobody's comes before its own. */
export const rivalOf = <WorkerFacts>(
  queue: Candidates<WorkerFacts>, worker: PoppingWorker<WorkerFacts>, { request, facts: { payer } }: QueuedRequest, order: ServingOrder,
): QueuedRequest | undefined => {
  let isPassed = false;
  for (const each of queue.candidates(worker, PASSED_MAX, order)) {
    if (isPassed) return worker.ownerIds.includes(payer) && !worker.ownerIds.includes(each.facts.payer) ? undefined : each;
    isPassed = each.request === request;
  }
  return undefined;
};
