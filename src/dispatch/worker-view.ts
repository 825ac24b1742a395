import { Pricing } from '../pricing/pricing.js';
import type { RequestKind } from '../requests/request.events.js';
import { speedOf, type KnownWorker } from '../workers/registry.message.js';
import type { AnyWorkerFacts } from './live-queue.message.js';
import type { PoppingWorker } from './live-queue/queue-row.js';
import { imageWorkerFacts, textWorkerFacts, type Standing } from './matching/worker-facts.js';

/** What a pop adds to what the worker declared; valid for this pop only (horde-rules §7.3, Q35). */
export interface PopWish {
  readonly prioritised: readonly number[];
  readonly requireUpfrontKudos: boolean;
  readonly blacklist: readonly string[];
}

interface Remembered {
  readonly key: string;
  readonly declaration: object;
  readonly view: PoppingWorker<AnyWorkerFacts>;
}

/** Workers remembered; the queue remembers its verdicts by the same objects. */
const REMEMBERED_MAX = 20_000;

/** The matcher's view of a worker, made anew only when something in it changes: verdicts are remembered per object. */
export class WorkerViews {
  readonly #views = new Map<string, Remembered>();

  constructor(private readonly pricing: Pricing) {}

  of(worker: KnownWorker, wish: PopWish): PoppingWorker<AnyWorkerFacts> {
    const facts = this.#facts(worker, wish);
    const key = `${worker.ownerTrusted}|${worker.maintenance}|${facts.fast}|${wish.requireUpfrontKudos}|${wish.prioritised.join()}|${wish.blacklist.join('\n')}`;
    const known = this.#views.get(worker.id);
    if (known && known.key === key && known.declaration === worker.declaration) return known.view;
    const view: PoppingWorker<AnyWorkerFacts> = {
      kind: worker.kind as RequestKind, models: worker.declaration.models, ownerIds: [worker.owner, ...wish.prioritised], facts,
    };
    this.#views.delete(worker.id);
    this.#views.set(worker.id, { key, declaration: worker.declaration, view });
    if (this.#views.size > REMEMBERED_MAX) this.#views.delete(this.#views.keys().next().value!);
    return view;
  }

  #facts(worker: KnownWorker, { prioritised, requireUpfrontKudos, blacklist }: PopWish): AnyWorkerFacts {
    const standing: Standing = {
      worker: worker.id, owner: worker.owner, ownerTrusted: worker.ownerTrusted, maintenance: worker.maintenance, stale: false, speed: speedOf(worker),
      prioritised: new Set(prioritised), requireUpfrontKudos, blacklist,
    };
    return worker.kind === 'image'
      ? imageWorkerFacts(worker.declaration, standing, this.pricing.reference)
      : textWorkerFacts(worker.declaration, standing, this.pricing.reference);
  }
}
