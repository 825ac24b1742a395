import { payerOf } from '../requests/rules/payer-id.js';
import type { FairnessPolicy } from './live-queue/fairness-policy.js';
import type { ServingOrder } from './live-queue/lane.js';
import { inDispatchOrder } from './live-queue/ordered-tree.js';
import type { PoppingWorker, QueuedRequest } from './live-queue/queue-row.js';

type Switches = Pick<FairnessPolicy, 'spreadBatches' | 'yieldBatches'>;

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
}

/**
 * How many jobs of the request one claim takes: its share beside those who have nothing to do, and no further job once somebody
 * else comes first (design.md §6, "each generation goes to a separate worker"). In the lane a payer who has just been served is
 * the last of those who wait, so one job is all while anybody else waits.
 */
export const fairAmount = (entry: QueuedRequest, { free, wanted, order, idle, rival }: Sharing, { spreadBatches, yieldBatches }: Switches): number => {
  const share = spreadBatches ? Math.min(wanted, Math.ceil(free / (1 + idle))) : wanted;
  if (!yieldBatches || !rival || share <= 1) return share;
  if (order === 'turn' && payerOf(rival.facts) !== payerOf(entry.facts)) return 1;
  let amount = 1;
  while (amount < share && beats(entry, amount, rival)) amount += 1;
  return amount;
};

/** Whether the request still comes first when so many more of its jobs are gone; those promised to others are as good as gone. */
const beats = ({ key, price, acceptedAtMs, request, reserved }: QueuedRequest, taken: number, rival: QueuedRequest): boolean =>
  inDispatchOrder({ key: key - (reserved + taken) * price, acceptedAtMs, request }, rival) < 0;

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
