import { requestKindOf } from '../kernel/request-kind.js';
import type { Pricing } from '../pricing/pricing.js';
import { speedOf, type KnownWorker } from '../workers/registry.message.js';
import type { AnyWorkerFacts } from './live-queue.message.js';
import type { PoppingWorker } from './live-queue/queue-row.js';
import { alchemyWorkerFacts, imageWorkerFacts, SLOW_FORM_S, SLOW_PIXELSTEPS, slowTokens, textWorkerFacts, type Standing } from './matching/worker-facts.js';

/** What a pop adds to what the worker declared; valid for this pop only (horde-rules §7.3, Q35). */
export interface PopWish {
  readonly prioritised: readonly number[];
  readonly requireUpfrontKudos: boolean;
  readonly blacklist: readonly string[];
  /** The worker tests itself: it is served its owner's requests alone, and nobody pays. */
  readonly test: boolean;
}

interface Remembered {
  readonly standing: number;
  readonly wish: string;
  readonly declaration: object;
  readonly view: PoppingWorker<AnyWorkerFacts>;
}

/** Workers remembered; the queue remembers its verdicts by the same objects. */
const REMEMBERED_MAX = 20_000;

/** The matcher's view of a worker, made anew only when something in it changes: verdicts are remembered per object. */
export class WorkerViews {
  readonly #views = new Map<string, Remembered>();

  /** `isWithdrawn`: the worker serves its owner alone. */
  constructor(private readonly pricing: Pricing, private readonly isWithdrawn: (worker: KnownWorker) => boolean) {}

  of(worker: KnownWorker, wish: PopWish): PoppingWorker<AnyWorkerFacts> {
    const speed = speedOf(worker);
    const withdrawn = wish.test || this.isWithdrawn(worker);
    const standing = bits(worker.ownerTrusted, withdrawn, this.#isFast(worker, speed), wish.requireUpfrontKudos);
    const wished = wish.prioritised.length + wish.blacklist.length === 0 ? '' : `${wish.prioritised.join()}|${wish.blacklist.join('\n')}`;
    const known = this.#views.get(worker.id);
    if (known && known.standing === standing && known.wish === wished && known.declaration === worker.declaration) return known.view;
    const view: PoppingWorker<AnyWorkerFacts> = {
      kind: requestKindOf(worker.kind), models: worker.declaration.models, ownerIds: [worker.owner, ...wish.prioritised], facts: this.#facts(worker, wish, { speed, withdrawn }),
    };
    this.#views.delete(worker.id);
    this.#views.set(worker.id, { standing, wish: wished, declaration: worker.declaration, view });
    if (this.#views.size > REMEMBERED_MAX) this.#views.delete(this.#views.keys().next().value!);
    return view;
  }

  /** The only way in which its speed matters. */
  #isFast({ kind, declaration }: KnownWorker, speed: number): boolean {
    if (kind === 'interrogation') return speed < SLOW_FORM_S;
    return speed >= (kind === 'image' ? SLOW_PIXELSTEPS : slowTokens(declaration.models[0], this.pricing.reference));
  }

  #facts(worker: KnownWorker, { prioritised, requireUpfrontKudos, blacklist }: PopWish, { speed, withdrawn }: { speed: number; withdrawn: boolean }): AnyWorkerFacts {
    const standing: Standing = {
      worker: worker.id, owner: worker.owner, ownerTrusted: worker.ownerTrusted, maintenance: withdrawn, stale: false, speed,
      prioritised: new Set(prioritised), requireUpfrontKudos, blacklist,
    };
    if (worker.kind === 'interrogation') return alchemyWorkerFacts(worker.declaration, standing);
    return worker.kind === 'image'
      ? imageWorkerFacts(worker.declaration, standing, this.pricing.reference)
      : textWorkerFacts(worker.declaration, standing, this.pricing.reference);
  }
}

const bits = (...flags: readonly boolean[]): number => flags.reduce((sum, flag) => 2 * sum + Number(flag), 0);

/** As pops see it: a paused worker is not told, so it finds what any worker would (`Decoys`). */
export const isInMaintenance = ({ maintenance }: KnownWorker): boolean => maintenance;
/** As it is: nothing reaches anybody from a paused worker but its owner (horde-rules §7.5). */
export const isWithdrawn = ({ maintenance, paused }: KnownWorker): boolean => maintenance || paused;
