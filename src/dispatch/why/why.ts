import { Injectable } from '@nestjs/common';
import { iso } from '../../kernel/clock.js';
import { requestKindOf } from '../../kernel/request-kind.js';
import { Ports } from '../../platform/ports.js';
import { RetryLater } from '../../platform/retry-later.js';
import { ONLINE_MS, speedOf, WorkerRegistry, type KnownWorker } from '../../workers/registry.message.js';
import type { Declaration } from '../../workers/worker.events.js';
import { LiveQueue } from '../live-queue.message.js';
import type { ModelLoad } from '../live-queue/model-load.js';
import { MEGAPIXELSTEP } from '../matching/things.js';
import { SPECIAL_MARK } from '../matching/worker-facts.js';
import { WorkerMemory } from '../pop-parts.js';
import type { PopNote } from './pop-journal.js';
import { explained, shown, type Particulars } from './reasons.js';
import { summaryOf } from './summary.js';

const WANTED_MAX = 5;
const CATCH_UP_MAX_MS = 1_000;
/** The nodes tell each other which workers are here and not what came of each call: that would be more than all else that they say. */
const coversOf = (nodes: number): string => {
  const own = 'The calls that the node which gives this answer has answered itself since it was started. `Horde-Node` names it.';
  return nodes === 1 ? `${own} No other node serves now.` : `${own} ${nodes} nodes serve now: ask again to be told by another one.`;
};

/** Why a worker got no job, from its last calls. */
@Injectable()
export class Why {
  constructor(
    private readonly registry: WorkerRegistry, private readonly queue: LiveQueue, private readonly memory: WorkerMemory, private readonly ports: Ports,
  ) {}

  /** No "no" from a view that is behind. @throws RetryLater */
  async worker(id: string): Promise<KnownWorker | undefined> {
    const early = this.registry.byId(id);
    if (early) return early;
    const { feed } = this.ports;
    if (!(await feed.waitFor(await feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater('the list of workers is catching up with the log');
    return this.registry.byId(id);
  }

  of(worker: KnownWorker, { moderated }: { readonly moderated: boolean }): object {
    const { id, kind, declaration, maintenance, lastSeenMs, paused } = worker;
    const notes = this.memory.journal.of(id);
    const loads = this.queue.perModel(requestKindOf(kind));
    const online = this.ports.clock.now() - lastSeenMs <= ONLINE_MS;
    const forItsModels = declaration.models.reduce((sum, model) => sum + (loads.get(model)?.waiting ?? 0), 0);
    const unfinished = this.queue.totals(requestKindOf(kind)).jobs;
    return {
      worker_id: id, type: kind, online, last_seen: lastSeenMs > 0 ? iso(lastSeenMs) : null, maintenance_mode: maintenance, ...(moderated ? { paused } : {}),
      summary: summaryOf(notes, { online, maintenance, unfinished, forItsModels }),
      reasons: reasonsOf(notes, particularsOf(worker, this.memory.journal.declaredIn(id) ?? declaration, loads)),
      waiting_for_its_models: forItsModels, unfinished_jobs: unfinished,
      pops: notes.toReversed().map(noteView), covers: coversOf(this.memory.nodes.count),
    };
  }
}

/** As of the last call that brought nothing, and in the words of what the worker declared then; what was in the way before may be gone. */
const reasonsOf = (notes: readonly PopNote[], particulars: Particulars): object[] => {
  const empty = notes.findLast(({ outcome }) => outcome === 'nothing');
  return empty ? shown(empty.skipped).map(([reason, requests]) => ({ reason, requests, explanation: explained(reason, requests, particulars) })) : [];
};

const noteView = ({ atMs, outcome, jobs, missed, skipped }: PopNote): object =>
  ({ at: iso(atMs), outcome, jobs, missed, skipped: Object.fromEntries(shown(skipped)) });

const particularsOf = (worker: KnownWorker, declared: Declaration, loads: ReadonlyMap<string, ModelLoad>): Particulars => {
  const { maxPixels, maxLength, maxContextLength, extraSlow, models } = declared;
  const offered = new Set(models);
  const wanted = [...loads].filter(([model, { waiting }]) => waiting > 0 && !offered.has(model) && !model.includes(SPECIAL_MARK))
    .sort(([, a], [, b]) => b.waiting - a.waiting).slice(0, WANTED_MAX).map(([model]) => model);
  return { kind: worker.kind, maxPixels, maxLength, maxContextLength, extraSlow, speed: speedText(worker), wanted };
};

const speedText = (worker: KnownWorker): string => {
  const speed = speedOf(worker);
  if (worker.kind === 'interrogation') return `${speed.toFixed(1)} seconds per form`;
  return worker.kind === 'image' ? `${(speed / MEGAPIXELSTEP).toFixed(1)} megapixelsteps per second` : `${speed.toFixed(1)} tokens per second`;
};
