import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { requestKindOf, type RequestKind } from '../../kernel/request-kind.js';
import type { KnownWorker } from '../../workers/registry.message.js';
import { LiveQueue } from '../live-queue.message.js';
import type { PendingJob, QueuedRequest } from '../live-queue/queue-row.js';
import { ModelSpeeds } from '../model-speeds.js';
import { shownSpeed } from '../online-workers.js';
import { EligibleWorkers } from './eligible-workers.js';
import { RecentDispatch } from './recent-dispatch.js';
import { Rehearsal } from './rehearsal.js';
import { isStalling, windowOf } from './stalling.js';
import { SceneBuilder, type Hand } from './scene-builder.js';
import type { Times } from './stage.js';

/** Seconds from now. */
export interface Prospect {
  /** Until its first waiting job is handed out; Infinity: it will expire first. Nothing of it waits: 0. */
  readonly startS: number;
  /** Until its last job is delivered, or until it expires. */
  readonly doneS: number;
  /** Nobody is here who could serve it. */
  readonly isHopeless: boolean;
  readonly mightStall: boolean;
}

/** Clients ask every second. A rehearsal takes milliseconds, so one a second serves them all (horde-rules §6.10). */
const FRESH_MS = 1_000;
/** And never more than one part in so many of this process's time: a pop that meets one waits for it. */
const COST_SHARE = 400;
/** However long one took: a busy machine may have been the reason. */
const REST_MAX_MS = 30_000;
/** Requests that are played one by one; of a longer queue as many, evenly over the order. */
const PLAYED_MAX = 512;

/** Injected as one. */
@Injectable()
export class ForecastSources {
  constructor(readonly eligible: EligibleWorkers, readonly recent: RecentDispatch, readonly speeds: ModelSpeeds, readonly clock: Clock) {}
}

interface Forecast {
  readonly atMs: number;
  /** So long nothing else is played, whatever happens. */
  readonly restMs: number;
  readonly arrivals: number;
  readonly nowMs: number;
  readonly scene: SceneBuilder;
  readonly rehearsal: Rehearsal;
  readonly told: Map<string, { readonly revision: number; readonly prospect: Prospect }>;
}

/** When requests will be served, by playing ahead what dispatch will do. */
@Injectable()
export class Forecasts {
  readonly #forecasts = new Map<RequestKind, Forecast>();

  constructor(private readonly queue: LiveQueue, private readonly sources: ForecastSources) {}

  of(entry: QueuedRequest): Prospect {
    const forecast = this.#forecast(entry.facts.kind);
    const known = forecast.told.get(entry.request);
    const passedS = (this.sources.clock.now() - forecast.nowMs) / 1_000;
    const isTold = known?.revision === entry.revision && !known.prospect.isHopeless; // good news should not wait
    const prospect = isTold ? known.prospect : this.#prospect(forecast, entry);
    forecast.told.set(entry.request, { revision: entry.revision, prospect });
    return { ...prospect, startS: Math.max(0, prospect.startS - passedS), doneS: Math.max(0, prospect.doneS - passedS) };
  }

  /** Things per second of one job of the worker: what it has shown, or what others of its models, or of its kind, have. */
  speedOf(worker: KnownWorker): number {
    const { eligible, speeds } = this.sources;
    const shown = shownSpeed(worker);
    if (shown !== undefined) return shown;
    const ofModels = worker.declaration.models.flatMap((model) => speeds.of(model) ?? []);
    return ofModels[0] ?? eligible.online.of(requestKindOf(worker.kind)).meanSpeed;
  }

  #prospect({ rehearsal, scene, nowMs }: Forecast, entry: QueuedRequest): Prospect {
    const runningS = Math.max(0, ...[...entry.pending.values()].map((job) => this.#leftS(job, entry, nowMs)));
    if (entry.waiting === 0) return { startS: 0, doneS: runningS, isHopeless: false, mightStall: false };
    const asked = scene.waiting(entry);
    const lifeS = Math.max(0, (entry.expiresAtMs - nowMs) / 1_000);
    const workers = this.sources.eligible.of(entry.facts);
    const isHopeless = workers.length === 0;
    const mightStall = this.#mightStall(entry, nowMs);
    const haveJustCome = !isHopeless && asked.pool.servers.length === 0;
    const times = haveJustCome ? this.#by(workers, entry) : rehearsal.timesOf(entry.request) ?? rehearsal.timesFor(asked);
    if (times.startS > asked.expiresAtS || times.doneS === Infinity) return { startS: Infinity, doneS: Math.max(lifeS, runningS), isHopeless, mightStall };
    return { startS: times.startS, doneS: Math.max(times.doneS, runningS), isHopeless, mightStall };
  }

  /** By workers that were not here when it was last played, so they are idle. */
  #by(workers: readonly KnownWorker[], { waiting, things }: QueuedRequest): Times {
    const rate = workers.reduce((sum, worker) => sum + this.speedOf(worker) * worker.declaration.threads, 0);
    const fastest = Math.max(...workers.map((worker) => this.speedOf(worker)));
    return { startS: 0, doneS: Math.max(things / fastest, (waiting * things) / rate) };
  }

  #mightStall(entry: QueuedRequest, nowMs: number): boolean {
    const { eligible, recent } = this.sources;
    const windowMs = windowOf(entry, nowMs);
    const evidence = windowMs === undefined ? undefined : recent.since(entry.facts.kind, nowMs - windowMs);
    return evidence !== undefined && isStalling(entry, { nowMs, windowMs: windowMs!, evidence, eligible: (facts) => eligible.of(facts) });
  }

  #forecast(kind: RequestKind): Forecast {
    const { clock } = this.sources;
    const atMs = clock.monotonic();
    const known = this.#forecasts.get(kind);
    const { arrivals } = this.sources.eligible.registry;
    if (known && atMs - known.atMs < (known.arrivals === arrivals ? Math.max(FRESH_MS, known.restMs) : known.restMs)) return known;
    const { scene, rehearsal } = this.#play(kind);
    const tookMs = clock.monotonic() - atMs;
    const fresh: Forecast = { atMs, restMs: Math.min(REST_MAX_MS, COST_SHARE * tookMs), arrivals, nowMs: clock.now(), scene, rehearsal, told: new Map() };
    this.#forecasts.set(kind, fresh);
    return fresh;
  }

  #play(kind: RequestKind): Pick<Forecast, 'scene' | 'rehearsal'> {
    const { eligible, recent, clock } = this.sources;
    const nowMs = clock.now();
    const { entries, total } = this.queue.spread(kind, PLAYED_MAX);
    const scene = new SceneBuilder({
      nowMs, waiting: entries, lot: entries.length === 0 ? 1 : total / entries.length, arrivals: recent.arrivals(kind), policy: this.queue.policy,
      agesFromMsOf: (payer) => this.queue.agesFromMsOf(payer),
      keyOf: (facts) => eligible.keyOf(facts), eligible: eligible.roughly(), handOf: this.#hands(nowMs), online: eligible.online.of(kind).workers,
    });
    return { scene, rehearsal: new Rehearsal(scene.build()) };
  }

  #hands(nowMs: number): (worker: KnownWorker) => Hand {
    const pending = new Map<string, PendingJob[]>();
    for (const job of this.queue.dueJobs(Infinity)) {
      const of = pending.get(job.worker);
      if (of) of.push(job);
      else pending.set(job.worker, [job]);
    }
    return (worker) => {
      const busyS = (pending.get(worker.id) ?? []).map((job) => this.#leftS(job, this.queue.find(job.request), nowMs));
      return { worker, speed: this.speedOf(worker), atOnce: Math.max(worker.declaration.threads, this.sources.recent.atOnce(worker.id)), busyS };
    };
  }

  /** Seconds that the job will still take. */
  #leftS({ worker, assignedAtMs }: PendingJob, entry: QueuedRequest | undefined, nowMs: number): number {
    const known = this.sources.eligible.registry.byId(worker);
    return known && entry ? Math.max(0, entry.things / this.speedOf(known) - (nowMs - assignedAtMs) / 1_000) : 0;
  }
}
