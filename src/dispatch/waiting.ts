import type { AnyWorkerFacts } from './live-queue.message.js';
import type { PoppingWorker } from './live-queue/queue-row.js';

interface Waiter {
  worker: PoppingWorker<AnyWorkerFacts>;
  readonly place: number;
}

/** Pops that wait for requests of one kind, in the order of their coming, as sets are. */
export class Waiting<Each extends Waiter> {
  readonly all = new Set<Each>();
  readonly #byModel = new Map<string, Set<Each>>();

  add(waiter: Each): void {
    this.all.add(waiter);
    for (const model of waiter.worker.models) {
      const known = this.#byModel.get(model);
      if (known) known.add(waiter);
      else this.#byModel.set(model, new Set([waiter]));
    }
  }

  delete(waiter: Each): void {
    this.all.delete(waiter);
    this.#withdraw(waiter, waiter.worker.models);
  }

  /** It keeps its place, also among those that have a model that is new to it. */
  change(waiter: Each, worker: Each['worker']): void {
    const [before, after] = [new Set(waiter.worker.models), new Set(worker.models)];
    this.#withdraw(waiter, [...before].filter((model) => !after.has(model)));
    for (const model of after) {
      if (!before.has(model)) this.#byModel.set(model, new Set([...(this.#byModel.get(model) ?? []), waiter].sort(byPlace)));
    }
    waiter.worker = worker;
  }

  /** Those that have one of the models; all where none is named. */
  serving(models: readonly string[]): Iterable<Each> {
    if (models.length === 0) return this.all;
    const able = models.flatMap((model) => this.#byModel.get(model) ?? []);
    if (able.length <= 1) return able[0] ?? [];
    if (able.reduce((sum, { size }) => sum + size, 0) <= this.all.size) return [...new Set(able.flatMap((waiters) => [...waiters]))].sort(byPlace);
    const named = new Set(models); // many are: each waiter would be there as often as it has models
    return [...this.all].filter(({ worker }) => worker.models.some((model) => named.has(model)));
  }

  #withdraw(waiter: Each, models: readonly string[]): void {
    for (const model of models) {
      const known = this.#byModel.get(model);
      known?.delete(waiter);
      if (known?.size === 0) this.#byModel.delete(model);
    }
  }
}

const byPlace = (one: Waiter, other: Waiter): number => one.place - other.place;
