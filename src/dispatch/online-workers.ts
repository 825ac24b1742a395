import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { workerKindOf } from '../kernel/request-kind.js';
import type { RequestKind } from '../requests/request.events.js';
import { speedOf, WorkerRegistry, type KnownWorker } from '../workers/registry.message.js';

/** The workers of a kind that are here now, with what is asked of them again and again. */
export interface OnlineWorkers {
  readonly workers: readonly KnownWorker[];
  readonly threads: number;
  /** Things per second of one job, averaged over who has delivered; a guess where nobody has. */
  readonly meanSpeed: number;
  readonly byModel: ReadonlyMap<string, readonly KnownWorker[]>;
}

/** Things per second until somebody has delivered. Rules about slow workers assume other figures of new ones (`BASELINE_SPEED`). */
const GUESSED_SPEED: Readonly<Record<RequestKind, number>> = { image: 1_000_000, text: 10, alchemy: 0.5 };

/** The rules round speeds to tenths (horde-rules §4.3): what was rounded to nothing was at least this. */
const SPEED_MIN = 0.05;

/**
 * Things per second of one job; undefined of a worker that has not delivered yet. The harmonic mean of its samples, for that
 * is what its next jobs take: the mean that the rules show makes one job that was done in no time outweigh many slow ones.
 */
export const shownSpeed = ({ kind, samples }: Pick<KnownWorker, 'kind' | 'samples'>): number | undefined => {
  if (samples.length === 0) return undefined;
  if (kind === 'interrogation') return 1 / speedOf({ kind, samples }); // an alchemist's are seconds per form
  return samples.length / samples.reduce((sum, sample) => sum + 1 / Math.max(SPEED_MIN, sample), 0);
};

/** With thousands of workers a summary costs a millisecond: one a second is enough, and at once when somebody arrives or serves something else. */
const FRESH_MS = 1_000;
/** But with 5,000 that is twenty milliseconds, and one worker that declares something else with each pop could ask for it sixty times a second: half a second then. */
const REST_PER_WORKER_MS = 0.1;

/** Summaries of who is online, remembered for a second. */
@Injectable()
export class OnlineSummaries {
  readonly #known = new Map<RequestKind, { readonly atMs: number; readonly arrivals: number; readonly summary: OnlineWorkers }>();

  constructor(private readonly registry: WorkerRegistry, private readonly clock: Clock) {}

  of(kind: RequestKind): OnlineWorkers {
    const atMs = this.clock.monotonic();
    const { arrivals } = this.registry;
    const known = this.#known.get(kind);
    if (known && atMs - known.atMs < (known.arrivals === arrivals ? FRESH_MS : known.summary.workers.length * REST_PER_WORKER_MS)) return known.summary;
    const workers = this.registry.online(workerKindOf(kind), this.clock.now());
    const areSame = known?.arrivals === arrivals && areAlike(known.summary.workers, workers);
    const summary = summaryOf(kind, workers, areSame ? known.summary.byModel : byModelOf(workers));
    this.#known.set(kind, { atMs, arrivals, summary });
    return summary;
  }
}

/** Nobody has declared anything else; but one may have left while another node told of one that has been here all the time. */
const areAlike = (known: readonly KnownWorker[], now: readonly KnownWorker[]): boolean => known.length === now.length && known.every((worker, nth) => worker === now[nth]);

/** Of thousands of workers with a hundred models each it takes twenty milliseconds. */
const byModelOf = (workers: readonly KnownWorker[]): ReadonlyMap<string, readonly KnownWorker[]> => {
  const byModel = new Map<string, KnownWorker[]>();
  for (const worker of workers) {
    for (const model of worker.declaration.models) {
      const serving = byModel.get(model);
      if (serving) serving.push(worker);
      else byModel.set(model, [worker]);
    }
  }
  return byModel;
};

const summaryOf = (kind: RequestKind, workers: readonly KnownWorker[], byModel: OnlineWorkers['byModel']): OnlineWorkers => {
  const speeds = workers.flatMap((worker) => shownSpeed(worker) ?? []);
  return {
    workers, byModel,
    threads: workers.reduce((sum, { declaration }) => sum + declaration.threads, 0),
    meanSpeed: speeds.length === 0 ? GUESSED_SPEED[kind] : speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length,
  };
};

/**
 * Those that serve one of the models, each once; all of them where no model is named. Who names all that there is would have every worker
 * as often as it has models: then it is faster to ask the workers.
 */
export const serving = ({ workers, byModel }: OnlineWorkers, models: readonly string[]): readonly KnownWorker[] => {
  if (models.length === 0) return workers;
  const lists = models.flatMap((model) => { const list = byModel.get(model); return list ? [list] : []; });
  if (lists.length <= 1) return lists[0] ?? [];
  if (lists.reduce((sum, { length }) => sum + length, 0) <= workers.length) return [...new Set(lists.flat())];
  const named = new Set(models);
  return workers.filter(({ declaration }) => declaration.models.some((model) => named.has(model)));
};
