import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { workerKindOf } from '../kernel/request-kind.js';
import type { RequestKind } from '../requests/request.events.js';
import { BASELINE_SPEED, speedOf, WorkerRegistry, type KnownWorker } from '../workers/registry.message.js';

/** The workers of a kind that are here now, with what is asked of them again and again. */
export interface OnlineWorkers {
  readonly workers: readonly KnownWorker[];
  readonly threads: number;
  /** Things per second, averaged; what is assumed of a new worker when nobody is here. */
  readonly meanSpeed: number;
  readonly byModel: ReadonlyMap<string, readonly KnownWorker[]>;
}

/** With thousands of workers a summary costs a millisecond: one a second is enough, and at once when somebody arrives. */
const FRESH_MS = 1_000;

/** Summaries of who is online, remembered for a second. */
@Injectable()
export class OnlineSummaries {
  readonly #known = new Map<RequestKind, { readonly atMs: number; readonly arrivals: number; readonly summary: OnlineWorkers }>();

  constructor(private readonly registry: WorkerRegistry, private readonly clock: Clock) {}

  of(kind: RequestKind): OnlineWorkers {
    const atMs = this.clock.monotonic();
    const { arrivals } = this.registry;
    const known = this.#known.get(kind);
    if (known && known.arrivals === arrivals && atMs - known.atMs < FRESH_MS) return known.summary;
    const summary = summaryOf(kind, this.registry.online(workerKindOf(kind), this.clock.now()));
    this.#known.set(kind, { atMs, arrivals, summary });
    return summary;
  }
}

const summaryOf = (kind: RequestKind, workers: readonly KnownWorker[]): OnlineWorkers => {
  const byModel = new Map<string, KnownWorker[]>();
  for (const worker of workers) {
    for (const model of worker.declaration.models) {
      const serving = byModel.get(model);
      if (serving) serving.push(worker);
      else byModel.set(model, [worker]);
    }
  }
  const speeds = workers.reduce((sum, worker) => sum + speedOf(worker), 0);
  return {
    workers, byModel,
    threads: workers.reduce((sum, { declaration }) => sum + declaration.threads, 0),
    meanSpeed: workers.length === 0 ? BASELINE_SPEED[workerKindOf(kind)] : speeds / workers.length,
  };
};

/** Those that serve one of the models, each once; all of them where no model is named. */
export const serving = ({ workers, byModel }: OnlineWorkers, models: readonly string[]): readonly KnownWorker[] => {
  if (models.length === 0) return workers;
  if (models.length === 1) return byModel.get(models[0]!) ?? [];
  return [...new Set(models.flatMap((model) => byModel.get(model) ?? []))];
};
