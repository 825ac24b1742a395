import { isDeepStrictEqual } from 'node:util';
import { categoryOf, plainText, type Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { JobAssigned, JobSubmitted } from '../requests/request.events.js';
import type { TeamDeleted, TeamJoined, TeamLeft } from '../teams/team.events.js';
import type { WorkerPaused } from '../users/user.events.js';
import type { Declaration, MaintenanceChanged, UptimeAccrued, WorkerDeclared, WorkerKind, WorkerRegistered, WorkerRenamed } from './worker.events.js';

/** A worker as this node knows it: what it declared, how fast it has been, when it was last here. */
export interface KnownWorker {
  readonly id: string;
  readonly kind: WorkerKind;
  readonly owner: number;
  nameHash: string;
  readonly registeredAtMs: number;
  /** Replaced as a whole when it changes: verdicts of the queue are remembered per object. */
  declaration: Declaration;
  /** The one that it is in: stamped on what it earns. */
  team?: string;
  maintenance: boolean;
  maintenanceMessage: string | undefined;
  /** By a moderator, or as suspicious: it serves nobody but its owner, and is not told (horde-rules §7.5). */
  paused: boolean;
  /** Since this node knows it: of some requests it has decoys in mind. */
  wasPaused?: true;
  /** Things per second of the newest deliveries, of an alchemist seconds per form; 20 at most (horde-rules §7.6). */
  readonly samples: number[];
  /** As of its last pop here, of its last job from any node, or as other nodes have put it down; presence is not an event. */
  lastSeenMs: number;
  /** Since then no two of its calls were more than 300 s apart. */
  presentSinceMs: number;
  /** Its uptime is counted up to here. */
  uptimeThroughMs: number;
  /** Of the time since then, what lay in outages of the horde during which it was not heard of: no absence, and no uptime (ADR 0029). */
  outageMs: number;
  ownerTrusted: boolean;
}
/** Whatever is known of a worker when it is not known when it was here. */
const UNSEEN = { lastSeenMs: 0, presentSinceMs: 0, outageMs: 0, ownerTrusted: false };
/** Without outages. */
const ALWAYS_SERVED = { within: () => 0 };

export interface WorkerRow extends Omit<KnownWorker, keyof typeof UNSEEN | 'samples'> {
  readonly samples: readonly number[];
}

/** An unbroken time in which a worker was here. */
export interface Presence {
  readonly sinceMs: number;
  readonly seenMs: number;
}

/** horde-rules §7.3. */
export const ONLINE_MS = 300_000;
const SAMPLES_MAX = 20;
/** Pixelsteps or tokens per second, or seconds per form, assumed before the first sample: new text workers count as slow, others as fast. */
export const BASELINE_SPEED = { image: 1_000_000, text: 1, interrogation: 1 } as const;

/** Where a node starts from, which has to leave it with the same speeds as one that has seen everything. */
export interface WorkersSource {
  workers(): Promise<{
    readonly position: Position;
    readonly rows: Iterable<WorkerRow>;
    /** By job at a worker: when it was handed out. */
    readonly assignedAtMs?: ReadonlyMap<string, number>;
  }>;
}

/** Every worker, in memory: a pop is answered without asking the database. */
export class WorkerRegistry implements NodeFold {
  readonly name = 'workers';
  #arrivals = 0;
  readonly #byId = new Map<string, KnownWorker>();
  readonly #byNameHash = new Map<string, KnownWorker>();
  readonly #countByOwner = new Map<number, number>();
  readonly #assignedAt = new Map<string, number>();
  /** Revision of the newest event of each type, by stream and type. */
  readonly #newest = new Map<string, number>();
  /** Suspected for its name before it was registered. */
  readonly #pausedEarly = new Set<string>();
  /** Names arrive sealed with the feed; they are declared with the registration's second event. */
  readonly #undeclared = new Map<string, WorkerRegistered['data']>();
  readonly #listeners: ((worker: string) => void)[] = [];

  constructor(
    private readonly source: WorkersSource,
    private readonly outages: { within(fromMs: number, toMs: number): number } = ALWAYS_SERVED,
    private readonly trusted?: { has(user: number): boolean },
  ) {}

  async open(): Promise<Position> {
    const { position, rows, assignedAtMs } = await this.source.workers();
    for (const row of rows) this.#add({ ...row, samples: [...row.samples], ...UNSEEN });
    for (const [job, atMs] of assignedAtMs ?? []) this.#assignedAt.set(job, atMs);
    return position;
  }

  apply({ stream, revision, type, data }: Recorded): void {
    const category = categoryOf(stream);
    if (category === 'worker') {
      if (this.#isNews(`${stream} ${type}`, revision)) this.#applyWorker(type, data);
    } else if (category === 'request') this.#applyJob(type, data);
    else if (category === 'team') this.#moved(type, data);
    else if (type === 'WorkerPaused.v1') this.#paused(data as WorkerPaused['data'], revision);
  }

  /** The order of the streams of several teams is the feed's: what this node appended itself is seen at once, and then once more at its place. */
  #moved(type: string, data: object): void {
    if (type === 'TeamJoined.v1') {
      const { team, worker } = data as TeamJoined['data'];
      const known = this.#byId.get(worker);
      if (known) known.team = team;
    } else if (type === 'TeamLeft.v1') {
      const { team, worker } = data as TeamLeft['data'];
      const known = this.#byId.get(worker);
      if (known?.team === team) delete known.team;
    } else if (type === 'TeamDeleted.v1') {
      const { team } = data as TeamDeleted['data'];
      for (const known of this.#byId.values()) if (known.team === team) delete known.team;
    }
  }

  /** In its owner's stream, beside those of the owner's other workers. */
  #paused({ worker, on, changedAt }: WorkerPaused['data'], revision: number): void {
    if (!this.#isNews(`pause ${worker}`, revision)) return;
    const known = this.#byId.get(worker);
    // Its time counts from the end of the pause, and its ten minutes begin anew (horde-rules §7.4).
    if (known) Object.assign(known, { paused: on, wasPaused: true, uptimeThroughMs: Math.max(known.uptimeThroughMs, Date.parse(changedAt)), outageMs: 0 });
    else if (on) this.#pausedEarly.add(worker);
    else this.#pausedEarly.delete(worker);
    this.#changed(worker);
  }

  /** Is told of each worker that serves others or something else from now on, or nobody: in maintenance, paused, with other models, deleted. */
  onChange(listener: (worker: string) => void): void {
    this.#listeners.push(listener);
  }

  #changed(worker: string): void {
    for (const listen of this.#listeners) listen(worker);
  }

  /** Counts what changes who is here and what they serve: views derived from that are void when it moves. */
  get arrivals(): number {
    return this.#arrivals;
  }

  /** The worker has just popped. */
  seen(worker: KnownWorker, nowMs: number, ownerTrusted: boolean): void {
    if (nowMs - worker.lastSeenMs > ONLINE_MS || worker.ownerTrusted !== ownerTrusted) this.#arrivals += 1;
    if (!this.#bridges(worker, nowMs)) worker.presentSinceMs = nowMs;
    worker.lastSeenMs = nowMs;
    worker.ownerTrusted = ownerTrusted;
  }

  /** It has popped as a test of itself: that is not being here for others. */
  tested(worker: KnownWorker, ownerTrusted: boolean): void {
    if (worker.ownerTrusted !== ownerTrusted) this.#arrivals += 1;
    worker.ownerTrusted = ownerTrusted;
  }

  /** What another node knows, or this one before it was started anew: the two times are one when less than 300 s lies between them. */
  present(id: string, { sinceMs, seenMs }: Presence): void {
    const worker = this.#byId.get(id);
    if (!worker) return;
    const isOneTime = worker.presentSinceMs - seenMs <= ONLINE_MS && this.#bridges(worker, sinceMs);
    if (isOneTime || worker.lastSeenMs === 0) this.#bridgedElsewhere(worker, { sinceMs, seenMs });
    if (isOneTime) worker.presentSinceMs = Math.min(sinceMs, worker.presentSinceMs);
    else if (seenMs > worker.lastSeenMs) worker.presentSinceMs = sinceMs;
    if (seenMs > worker.lastSeenMs) this.#seenElsewhere(worker, seenMs);
  }

  /** It called elsewhere, so nobody has told this node what its owner is. */
  #seenElsewhere(worker: KnownWorker, seenMs: number): void {
    const ownerTrusted = this.trusted?.has(worker.owner) ?? worker.ownerTrusted;
    if (seenMs - worker.lastSeenMs > ONLINE_MS || worker.ownerTrusted !== ownerTrusted) this.#arrivals += 1;
    Object.assign(worker, { lastSeenMs: seenMs, ownerTrusted });
  }

  /** Whether the worker was not away until then: not for more than 300 s in which it could have called. */
  #bridges(worker: KnownWorker, untilMs: number): boolean {
    const gapMs = untilMs - worker.lastSeenMs;
    if (gapMs <= ONLINE_MS) return true;
    const outageMs = worker.lastSeenMs === 0 ? 0 : this.outages.within(worker.lastSeenMs, untilMs);
    if (gapMs - outageMs > ONLINE_MS) return false;
    worker.outageMs += outageMs;
    return true;
  }

  /** By another node, or by an earlier life of this one: all outage of that time is left out, be it that the worker called in it. */
  #bridgedElsewhere(worker: KnownWorker, { sinceMs, seenMs }: Presence): void {
    if (worker.lastSeenMs === 0) worker.outageMs = this.outages.within(Math.max(sinceMs, worker.uptimeThroughMs), seenMs);
    else if (sinceMs <= worker.lastSeenMs && seenMs - worker.lastSeenMs > ONLINE_MS) worker.outageMs += this.outages.within(worker.lastSeenMs, seenMs);
  }

  /** As far as is known here: an outage that has just ended may explain it. */
  isAway({ lastSeenMs }: KnownWorker, nowMs: number): boolean {
    return lastSeenMs > 0 && nowMs - lastSeenMs > ONLINE_MS;
  }

  /** Who has called since then. */
  *seenSince(atMs: number): Iterable<Presence & { readonly id: string }> {
    for (const { id, presentSinceMs, lastSeenMs } of this.#byId.values()) if (lastSeenMs >= atMs && lastSeenMs > 0) yield { id, sinceMs: presentSinceMs, seenMs: lastSeenMs };
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }
  byId(id: string): KnownWorker | undefined {
    return this.#byId.get(id);
  }
  byNameHash(nameHash: string): KnownWorker | undefined {
    return this.#byNameHash.get(nameHash);
  }
  countOf(owner: number): number {
    return this.#countByOwner.get(owner) ?? 0;
  }
  online(kind: WorkerKind, nowMs: number): KnownWorker[] {
    return [...this.#byId.values()].filter((worker) => worker.kind === kind && nowMs - worker.lastSeenMs <= ONLINE_MS);
  }

  /** Own appends come at once and then again with the feed, behind older ones: what is newest of its kind stays. */
  #isNews(kind: string, revision: number): boolean {
    if (revision <= (this.#newest.get(kind) ?? -1)) return false;
    this.#newest.set(kind, revision);
    return true;
  }

  #applyWorker(type: string, data: object): void {
    switch (type) {
      case 'WorkerRegistered.v1': {
        const registered = data as WorkerRegistered['data'];
        if (!this.#byId.has(registered.worker)) this.#undeclared.set(registered.worker, registered);
        return;
      }
      case 'WorkerDeclared.v1':
        return this.#declared(data as WorkerDeclared['data']);
      case 'MaintenanceChanged.v1': {
        const { worker, on, message, changedAt } = data as MaintenanceChanged['data'];
        const known = this.#byId.get(worker);
        if (known) Object.assign(known, { maintenance: on, maintenanceMessage: (message && plainText(message)) ?? undefined, uptimeThroughMs: Date.parse(changedAt), outageMs: 0 });
        this.#changed(worker);
        return;
      }
      case 'UptimeAccrued.v1': {
        const { worker, through } = data as UptimeAccrued['data'];
        const known = this.#byId.get(worker);
        if (known) Object.assign(known, { uptimeThroughMs: Date.parse(through), outageMs: 0 });
        return;
      }
      case 'WorkerRenamed.v1': return this.#renamed(data as WorkerRenamed['data']);
      case 'WorkerDeleted.v1': return this.#deleted((data as { worker: string }).worker);
      default: // other events of a worker do not change what dispatch needs
    }
  }

  #declared({ worker, declaration }: WorkerDeclared['data']): void {
    const known = this.#byId.get(worker);
    if (known) {
      this.#arrivals += 1;
      if (isDeepStrictEqual(known.declaration, declaration)) return; // the same object: verdicts stay valid
      known.declaration = declaration;
      this.#changed(worker);
      return;
    }
    const registered = this.#undeclared.get(worker);
    if (!registered) return;
    this.#undeclared.delete(worker);
    const { kind, owner, nameHash, registeredAt } = registered;
    this.#add({
      id: worker, kind, owner, nameHash, registeredAtMs: Date.parse(registeredAt), declaration, maintenance: false, maintenanceMessage: undefined,
      paused: this.#pausedEarly.delete(worker), samples: [], uptimeThroughMs: Date.parse(registeredAt), ...UNSEEN,
    });
  }

  #renamed({ worker, nameHash }: WorkerRenamed['data']): void {
    const known = this.#byId.get(worker);
    if (!known) return;
    if (this.#byNameHash.get(known.nameHash) === known) this.#byNameHash.delete(known.nameHash);
    known.nameHash = nameHash;
    this.#byNameHash.set(nameHash, known);
  }

  #deleted(id: string): void {
    const known = this.#byId.get(id);
    if (!known) return;
    this.#byId.delete(id);
    if (this.#byNameHash.get(known.nameHash) === known) this.#byNameHash.delete(known.nameHash);
    this.#countByOwner.set(known.owner, this.countOf(known.owner) - 1);
    this.#arrivals += 1;
    this.#changed(id);
  }

  #add(worker: KnownWorker): void {
    this.#byId.set(worker.id, worker);
    this.#byNameHash.set(worker.nameHash, worker);
    this.#countByOwner.set(worker.owner, this.countOf(worker.owner) + 1);
  }

  #applyJob(type: string, data: object): void {
    if (type === 'JobAssigned.v1') {
      const { job, worker, assignedAt, selfTest } = data as JobAssigned['data'];
      if (selfTest) return; // says nothing of its speed, and not that it is here for others
      this.#assignedAt.set(job, Date.parse(assignedAt));
      this.present(worker, { sinceMs: Date.parse(assignedAt), seenMs: Date.parse(assignedAt) }); // it asked some node for it
    } else if (type === 'JobSubmitted.v1') {
      const { job, worker, things, state, interrupted, submittedAt } = data as JobSubmitted['data'];
      if (state !== 'cancelled' && !interrupted) this.#sample(worker, things, (Date.parse(submittedAt) - (this.#assignedAt.get(job) ?? Number.NaN)) / 1_000);
      this.#assignedAt.delete(job);
    } else if (type === 'JobFaulted.v1' || type === 'JobExpired.v1') {
      this.#assignedAt.delete((data as { job: string }).job);
    }
  }

  #sample(id: string, things: number, seconds: number): void {
    const worker = this.#byId.get(id);
    if (!worker || Number.isNaN(seconds)) return;
    worker.samples.push(worker.kind === 'interrogation' ? secondsPerForm(seconds) : seconds > 0 ? Math.round((things / seconds) * 10) / 10 : 1);
    if (worker.samples.length > SAMPLES_MAX) worker.samples.shift();
  }
}

/** In tenths, and never none at all; one second where the clocks say that no time passed (as horde-rules §4.3). */
const secondsPerForm = (seconds: number): number => (seconds > 0 ? Math.max(0.1, Math.round(seconds * 10) / 10) : 1);

/** Things per second, of an alchemist seconds per form: the mean of the samples, or what is assumed of a new worker. */
export const speedOf = ({ samples, kind }: Pick<KnownWorker, 'samples' | 'kind'>): number =>
  samples.length === 0 ? BASELINE_SPEED[kind] : samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
