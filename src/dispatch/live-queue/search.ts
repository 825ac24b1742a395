import { inOrder, type Group, type ModelIndex } from './model-index.js';
import type { ModelSets } from './model-sets.js';
import type { QueueEntry } from './queue-entry.js';
import type { PoppingWorker } from './queue-row.js';
import type { Signatures } from './signatures.js';
import type { Sight, Verdicts, WorkerVerdicts } from './verdicts.js';

/** What a worker saw when it last asked. Workers ask again and again, and little changes in between. */
interface Remembered {
  readonly models: readonly string[];
  readonly offered: ReadonlySet<string>;
  readonly epoch: number;
  /** Of the journal: what is remembered was true then. */
  mark: number;
  /** Undefined while it has always found something at once. */
  sight: Sight | undefined;
}

interface SearchParts<WorkerFacts extends object> {
  readonly sets: ModelSets;
  readonly signatures: Signatures;
  readonly index: ModelIndex;
  readonly verdicts: Verdicts<WorkerFacts>;
}

/**
 * Finds what a worker may serve of people it has nothing to do with, and counts why it may not serve the rest. Who finds
 * nothing near the front looks at everything that it shares a model with; when it comes again, at what has changed since.
 */
export class Search<WorkerFacts extends object> {
  readonly #remembered = new WeakMap<WorkerFacts, Remembered>();

  constructor(private readonly parts: SearchParts<WorkerFacts>) {}

  /** In dispatch order; the queue may change between two steps. */
  *servable(worker: PoppingWorker<WorkerFacts>): Generator<QueueEntry> {
    const verdicts = this.parts.verdicts.of(worker.facts);
    const known = this.#recall(worker, verdicts);
    yield* inOrder(this.parts.index.bucketsOf(known.offered), {
      from: known.sight?.front,
      accepts: ({ signature, head }) => verdicts.serves(signature, head.facts),
      ahead: () => this.#sightOf(worker, verdicts).front,
      accepted: () => this.#servedGroups(worker, verdicts),
      found: (key) => { if (known.sight) known.sight.front = Math.min(known.sight.front, key); },
    });
  }

  /** Requests that it shares a model with, and how many of those it may not serve, by reason. */
  tally(worker: PoppingWorker<WorkerFacts>): { readonly skipped: Map<string, number>; readonly requests: number } {
    const verdicts = this.parts.verdicts.of(worker.facts);
    const sight = this.#recall(worker, verdicts).sight ?? this.#sightOf(worker, verdicts);
    return { skipped: verdicts.skipped(sight), requests: sight.counts.reduce((sum, each) => sum + each, 0) };
  }

  /** Looks at everything that the worker shares a model with. */
  #sightOf(worker: PoppingWorker<WorkerFacts>, verdicts: WorkerVerdicts): Sight {
    const { sets } = this.parts;
    const known = this.#recall(worker, verdicts);
    return (known.sight = verdicts.sweep(sets.tallies, sets.find(worker.models)));
  }

  #servedGroups(worker: PoppingWorker<WorkerFacts>, verdicts: WorkerVerdicts): Set<Group> {
    const { sets, index } = this.parts;
    const offered = new Set(worker.models);
    const groups = new Set<Group>();
    verdicts.sweep(sets.tallies, sets.find(worker.models), ({ set, signature }) => {
      for (const bucket of index.bucketsFor(set, offered)) {
        const group = bucket.group(signature);
        if (group) groups.add(group);
      }
    });
    return groups;
  }

  /** What is known of the worker, as of now; nothing when too much has changed. */
  #recall({ facts, models }: PoppingWorker<WorkerFacts>, verdicts: WorkerVerdicts): Remembered {
    const { sets, signatures: { epoch } } = this.parts;
    const { tallies, tallies: { journal, slots } } = sets;
    const known = this.#remembered.get(facts);
    const from = known?.models === models && known.epoch === epoch ? journal.since(known.mark, slots.length) : undefined;
    if (known && from !== undefined) {
      if (known.sight && known.mark < journal.end) verdicts.follow(known.sight, tallies, from, sets.find(models));
      known.mark = journal.mark();
      return known;
    }
    const fresh: Remembered = { models, offered: new Set(models), epoch, mark: journal.mark(), sight: undefined };
    this.#remembered.set(facts, fresh);
    return fresh;
  }
}
