import type { JobAssigned, RequestFacts, RequestKind } from '../../requests/request.events.js';

/** A job in a worker's hands. Times are milliseconds since 1970. */
export interface PendingJob {
  readonly request: string;
  readonly job: string;
  readonly worker: string;
  readonly owner: number;
  readonly model: string;
  readonly assignedAtMs: number;
  /** Of alchemy. */
  readonly form?: number;
  /** When the job may be taken away again: `assignedAt` + `ttlS`. */
  readonly deadlineMs: number;
}

/** Jobs which stopped to weigh on the payer's later requests. */
export interface GivenBack {
  readonly atMs: number;
  readonly jobs: number;
  /** Withdrawn for good; otherwise the slot went back to the queue and will be handed out again. */
  readonly gone: boolean;
}

/**
 * One open request of the `queue` read model: all that a node needs to start from it. Times are milliseconds since 1970
 * where they are numbers.
 */
export interface QueueRow {
  readonly facts: RequestFacts;
  /** Of the last event of the request's stream that the row contains. */
  readonly revision: number;
  readonly waiting: number;
  readonly pending: ReadonlyMap<string, Pick<JobAssigned['data'], 'worker' | 'owner' | 'model' | 'assignedAt' | 'ttlS' | 'form'>>;
  /** Of alchemy: forms that nobody has taken. */
  readonly waitingForms?: readonly number[];
  readonly faults: number;
  readonly submitted: number;
  /** Cancelled, faulted or expired: a faulted job does not come back. */
  readonly closed: boolean;
  readonly extraSlow: boolean;
  /** The request's own latest acceptance, hand-out or delivery. */
  readonly activityAt: number;
  /**
   * What the keys of the payer's later requests are net of. Where the read model leaves it out, all that is over counts
   * as over before they were accepted: their keys may start a few job prices too high for what was delivered since, and
   * too low for what was given back since.
   */
  readonly history?: QueueHistory;
}

export interface QueueHistory {
  readonly finishedAtMs: readonly number[];
  readonly givenBack: readonly GivenBack[];
  /** Such a row has to stay as long as an open request of its payer was accepted after it and before this. */
  readonly completedAtMs: number | null;
}

/** A request as dispatch sees it: a live view, so read it and do not keep it across an await. */
export interface QueuedRequest {
  readonly request: string;
  readonly facts: RequestFacts;
  /** Dispatch order: higher first. Centikudos. */
  readonly key: number;
  /** What the key drops by when one job is handed out. */
  readonly price: number;
  /** Pixelsteps or tokens of one job (horde-rules §2). */
  readonly things: number;
  readonly acceptedAtMs: number;
  readonly revision: number;
  readonly waiting: number;
  /** Waiting jobs promised to appends under way. */
  readonly reserved: number;
  readonly pending: ReadonlyMap<string, PendingJob>;
  /** Of alchemy: forms that nobody has taken, by their place in the list. */
  readonly waitingForms: ReadonlySet<number>;
  readonly faults: number;
  readonly submitted: number;
  readonly closed: boolean;
  /** The later of acceptance and the payer's last hand-out. */
  readonly waitingSinceMs: number;
  /** From when the payer's waiting requests age, if that is later than their acceptance (ADR 0035). */
  readonly agesFromMs: number;
  readonly expiresAtMs: number;
}

/** Who asks for work. */
export interface PoppingWorker<WorkerFacts> {
  readonly kind: RequestKind;
  readonly models: readonly string[];
  /** The owner, and the payers that the worker puts first. */
  readonly ownerIds: readonly number[];
  /** What the matcher sees. Verdicts are remembered per object: keep it while nothing in it changes, replace it when something does. */
  readonly facts: WorkerFacts;
}
