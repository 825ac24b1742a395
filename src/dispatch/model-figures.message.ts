import { Injectable } from '@nestjs/common';
import { Pricing } from '../pricing/pricing.js';
import { findTextModel } from '../reference/reference.js';
import { LiveQueue } from './live-queue.message.js';
import type { ModelLoad } from './live-queue/model-load.js';
import { SPECIAL_MARK } from './matching/worker-facts.js';
import { ModelSpeeds } from './model-speeds.js';
import { OnlineSummaries, type OnlineWorkers } from './online-workers.js';

export type ModelKind = 'image' | 'text';

/** One model as the horde offers it (horde-api C10.5). */
export interface ModelFigures {
  readonly name: string;
  readonly type: ModelKind;
  /** Threads that serve it. */
  readonly count: number;
  /** Things per second of one job; 0 when nothing was delivered in the last hour. */
  readonly performance: number;
  /** Things that wait for it, and its unfinished jobs; a request that names several models counts for each. */
  readonly queued: number;
  readonly jobs: number;
  /** Seconds until what waits is done. */
  readonly eta: number;
}

/** What an estimate says when nobody serves what is asked for. */
export const ETA_NEVER_S = 10_000;

/** The models that somebody offers or waits for, from this node's memory. */
@Injectable()
export class Models {
  /** A list is as good as the summary of workers that it was made from, a second at most: it costs milliseconds. */
  readonly #lists = new WeakMap<OnlineWorkers, readonly ModelFigures[]>();

  constructor(
    private readonly queue: LiveQueue, private readonly online: OnlineSummaries, private readonly speeds: ModelSpeeds, private readonly pricing: Pricing,
  ) {}

  /** All that is served, and known image models that are only waited for; those kept for special users are not shown. */
  list(kind: ModelKind): readonly ModelFigures[] {
    const online = this.online.of(kind);
    const known = this.#lists.get(online);
    if (known) return known;
    const list = this.#figures(kind).filter(({ name }) => !name.includes(SPECIAL_MARK));
    this.#lists.set(online, list);
    return list;
  }

  /** A model of the reference or of a special user, as it is at this moment. */
  find(name: string): ModelFigures | undefined {
    const kind = this.#kindOf(name);
    return kind && this.#figures(kind).find((figures) => figures.name === name);
  }

  isKnown({ name, type }: Pick<ModelFigures, 'name' | 'type'>): boolean {
    const { reference } = this.pricing;
    return type === 'image' ? reference.images.has(name) : findTextModel(reference, name) !== undefined;
  }

  #kindOf(name: string): ModelKind | undefined {
    if (name.includes(SPECIAL_MARK) || this.isKnown({ name, type: 'image' })) return 'image';
    return this.isKnown({ name, type: 'text' }) ? 'text' : undefined;
  }

  #figures(kind: ModelKind): ModelFigures[] {
    const supply = this.#supply(kind);
    const loads = this.queue.perModel(kind);
    const waited = kind === 'image' ? [...loads.keys()].filter((name) => this.isKnown({ name, type: kind })) : [];
    return [...new Set([...supply.keys(), ...waited])].map((name) => this.#of(kind, name, supply.get(name) ?? 0, loads.get(name)));
  }

  /** Workers in maintenance do not count (horde-rules §8.4); that one is paused is nobody's business. */
  #supply(kind: ModelKind): ReadonlyMap<string, number> {
    const supply = new Map<string, number>();
    for (const [model, workers] of this.online.of(kind).byModel) {
      const serving = workers.filter(({ maintenance }) => !maintenance);
      if (serving.length > 0) supply.set(model, serving.reduce((sum, { declaration }) => sum + declaration.threads, 0));
    }
    return supply;
  }

  #of(kind: ModelKind, name: string, count: number, load: ModelLoad = NOTHING): ModelFigures {
    const speed = this.speeds.of(name);
    return {
      name, type: kind, count, performance: Math.round((speed ?? 0) * 10) / 10, queued: load.waitingThings, jobs: load.jobs,
      eta: etaOf(load, count, speed ?? this.online.of(kind).meanSpeed),
    };
  }
}

const NOTHING: ModelLoad = { waiting: 0, waitingThings: 0, jobs: 0, things: 0 };

/** horde-api-since-5.1.5 §4: no more threads can be busy than there are jobs. */
export const etaOf = ({ waiting, waitingThings }: Pick<ModelLoad, 'waiting' | 'waitingThings'>, threads: number, speed: number): number => {
  if (waiting === 0) return 0;
  const rate = Math.min(threads, waiting) * speed;
  return rate > 0 ? Math.min(ETA_NEVER_S, Math.floor(waitingThings / rate)) : ETA_NEVER_S;
};
