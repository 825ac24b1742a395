import { inOrder, type Group, type ModelIndex } from './model-index.js';
import type { ModelSet, ModelSets } from './model-sets.js';
import { inDispatchOrder, type Place } from './ordered-tree.js';
import type { QueueEntry } from './queue-entry.js';
import type { PoppingWorker } from './queue-row.js';
import type { Signatures } from './signatures.js';
import type { Slot } from './tallies.js';
import type { Change } from './tally-journal.js';
import type { VerdictCounts, Verdicts, WorkerVerdicts } from './verdicts.js';

/** A walk that met fewer refusals before the first request that fits is as cheap as remembering where that was. */
const WORTH_REMEMBERING = 32;

/** What a worker found when it last asked. Workers ask again and again, and little changes in between. */
interface Remembered {
  readonly models: readonly string[];
  readonly offered: ReadonlySet<string>;
  readonly epoch: number;
  /** Of the journal: what is remembered was true then. */
  mark: number;
  /** Verdicts on everything that it shares a model with; undefined until somebody has asked why it gets nothing. */
  counts: VerdictCounts | undefined;
  /** No request before this place fits; null: none does. Undefined while it is not known. */
  front: Place | null | undefined;
}

interface SearchParts<WorkerFacts extends object> {
  readonly sets: ModelSets;
  readonly signatures: Signatures;
  readonly index: ModelIndex;
  readonly verdicts: Verdicts<WorkerFacts>;
}

/**
 * Finds what a worker may serve of people it has nothing to do with, and counts why it may not serve the rest. The first
 * answer looks at all that it shares a model with, a later one at what has changed since.
 */
export class Search<WorkerFacts extends object> {
  readonly #remembered = new WeakMap<WorkerFacts, Remembered>();

  constructor(private readonly parts: SearchParts<WorkerFacts>) {}

  /** In dispatch order; the queue may change between two steps. */
  *servable(worker: PoppingWorker<WorkerFacts>): Generator<QueueEntry> {
    const verdicts = this.parts.verdicts.of(worker.facts);
    const known = this.#recall(worker, verdicts);
    if (known.front === null) return;
    yield* inOrder(this.parts.index.bucketsOf(known.offered), {
      from: known.front,
      accepts: ({ signature, head }) => verdicts.serves(signature, head.facts),
      accepted: () => this.#servedGroups(worker, verdicts),
      // Nothing has changed yet since the walk began: the first find comes before the first step.
      found: (place, refusals) => { if (known.front !== undefined || refusals >= WORTH_REMEMBERING) known.front = place; },
    });
  }

  /** Requests that it shares a model with, and how many of those it may not serve, by reason. */
  tally(worker: PoppingWorker<WorkerFacts>): { readonly skipped: Map<string, number>; readonly requests: number } {
    const verdicts = this.parts.verdicts.of(worker.facts);
    const { counts = this.#sweep(worker, verdicts) } = this.#recall(worker, verdicts);
    return { skipped: verdicts.skipped(counts), requests: counts.reduce((sum, each) => sum + each, 0) };
  }

  #servedGroups(worker: PoppingWorker<WorkerFacts>, verdicts: WorkerVerdicts): Set<Group> {
    const { offered } = this.#recall(worker, verdicts);
    const groups = new Set<Group>();
    this.#sweep(worker, verdicts, (slot) => { for (const group of this.#groupsOf(slot, offered)) groups.add(group); });
    return groups;
  }

  /** Looks at everything that the worker shares a model with. */
  #sweep(worker: PoppingWorker<WorkerFacts>, verdicts: WorkerVerdicts, served?: (slot: Slot<ModelSet>) => void): VerdictCounts {
    const { sets } = this.parts;
    const counts = verdicts.sweep(sets.tallies, sets.find(worker.models), served);
    this.#recall(worker, verdicts).counts = counts;
    return counts;
  }

  /** What is known of the worker, as of now; nothing when too much has changed. */
  #recall({ facts, models }: PoppingWorker<WorkerFacts>, verdicts: WorkerVerdicts): Remembered {
    const { sets: { tallies: { journal, slots } }, signatures: { epoch } } = this.parts;
    const known = this.#remembered.get(facts);
    const changes = known?.models === models && known.epoch === epoch ? journal.since(known.mark, slots.length) : undefined;
    if (known && changes) {
      for (const change of changes) this.#follow(known, change, verdicts);
      known.mark = journal.mark();
      return known;
    }
    const fresh: Remembered = { models, offered: new Set(models), epoch, mark: journal.mark(), counts: undefined, front: undefined };
    this.#remembered.set(facts, fresh);
    return fresh;
  }

  #follow(known: Remembered, { slot, by }: Change<Slot<ModelSet>>, verdicts: WorkerVerdicts): void {
    const { counts, front, offered } = known;
    if ((counts === undefined && front === undefined) || !shares(slot.set, offered)) return;
    const isServed = counts ? verdicts.count(counts, slot, by) : verdicts.serves(slot.signature, slot.facts);
    if (!isServed || by < 0 || front === undefined) return;
    for (const { head } of this.#groupsOf(slot, offered)) {
      const { key, acceptedAtMs, request } = head;
      if (known.front === null || inDispatchOrder(head, known.front!) < 0) known.front = { key, acceptedAtMs, request };
    }
  }

  #groupsOf({ set, signature }: Slot<ModelSet>, offered: ReadonlySet<string>): Group[] {
    return this.parts.index.bucketsFor(set, offered).flatMap((bucket) => bucket.group(signature) ?? []);
  }
}

const shares = ({ isAny, models }: ModelSet, offered: ReadonlySet<string>): boolean => isAny || models.some((model) => offered.has(model));
