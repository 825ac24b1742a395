import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { fairAmount, rivalOf } from './fair-batch.js';
import { FairTurns, type FairTurn } from './fair-turns.js';
import { IdleWorkers } from './idle-workers.js';
import { payerAgesFrom } from './live-queue/ageing.js';
import { LiveQueue, type AnyWorkerFacts } from './live-queue.message.js';
import type { ServingOrder } from './live-queue/lane.js';
import type { PoppingWorker, QueuedRequest } from './live-queue/queue-row.js';
import { Matcher } from './matcher.js';
import { OnlineSummaries } from './online-workers.js';

/** Several jobs of one request that one worker would take. */
export interface Batch {
  readonly id: string;
  readonly worker: PoppingWorker<AnyWorkerFacts>;
  readonly order: ServingOrder;
  readonly free: number;
  readonly wanted: number;
}

/** Whose turn it is at a worker, and how much of it (design.md §6). */
@Injectable()
export class Fairness {
  readonly #turns: FairTurns;
  readonly #idle: IdleWorkers;

  constructor(private readonly queue: LiveQueue, online: OnlineSummaries, matcher: Matcher, private readonly clock: Clock) {
    this.#turns = new FairTurns(queue.policy.fairShare);
    this.#idle = new IdleWorkers(online, queue, matcher, clock);
  }

  /** What a claim of jobs takes from the age of its payer's waiting requests, for the log; of its own worker it takes nothing. */
  payerAgesFrom(entry: QueuedRequest, jobs: number, { ownerIds }: PoppingWorker<AnyWorkerFacts>, atMs: number): string | undefined {
    return ownerIds.includes(entry.facts.payer) ? undefined : payerAgesFrom(entry, jobs, atMs, this.queue.policy);
  }

  takeTurn(worker: string): FairTurn {
    return this.#turns.take(worker);
  }

  /** How many jobs of the request the worker is handed at once. */
  amount(entry: QueuedRequest, { id, worker, order, free, wanted }: Batch): number {
    if (wanted <= 1) return wanted;
    const { policy } = this.queue;
    const by = worker.ownerIds.includes(entry.facts.payer) ? 'key' : order; // its own come first whoever waits
    const idle = policy.spreadBatches ? this.#idle.count(entry.facts, id, free - 1) : 0;
    const rival = policy.yieldBatches ? rivalOf(this.queue, worker, entry, order) : undefined;
    return fairAmount(entry, { free, wanted, order: by, idle, rival, atMs: this.clock.now() }, policy);
  }
}
