import type { Kudos } from '../kernel/kudos.js';
import type { JobState, RequestKind } from './request.events.js';

export interface StatusRow {
  readonly id: string;
  readonly kind: RequestKind;
  /** 0 is anonymous. */
  readonly payer: number;
  readonly jobs: number;
  readonly waiting: number;
  readonly processing: number;
  readonly finished: number;
  readonly restarted: number;
  readonly faulted: boolean;
  readonly done: boolean;
  readonly shared: boolean;
  readonly r2: boolean;
  readonly consumed: Kudos;
  readonly expiresAt: number;
  readonly completedAt: number | null;
  /** Jobs at workers, in the order in which they were handed out. */
  readonly atWork: readonly JobAtWork[];
}
/** Times in ms since 1970. */
export interface JobAtWork {
  readonly id: string;
  readonly worker: string;
  readonly workerName: string | null;
  readonly assignedAt: number;
  readonly deadline: number;
}
export interface DeliveredRow {
  readonly id: string;
  readonly worker: string;
  readonly workerName: string | null;
  readonly model: string;
  readonly verdict: JobState;
  readonly seed: number;
  readonly result: string;
}

/** One hand-out of a form of alchemy. */
export interface FormJobRow {
  readonly id: string;
  readonly form: number;
  readonly state: 'pending' | 'done' | 'faulted' | 'expired';
  readonly verdict: JobState | null;
  readonly result: string | null;
  /** Given back for the last time. */
  readonly final: boolean;
}
export interface FormsRow {
  readonly request: StatusRow & { readonly cancelled: boolean };
  readonly forms: readonly { readonly form: string }[];
  readonly jobs: readonly FormJobRow[];
}

/** The requests read model. */
export abstract class StatusRows {
  abstract progress(id: string): Promise<StatusRow | undefined>;
  abstract status(id: string): Promise<{ readonly request: StatusRow; readonly delivered: readonly DeliveredRow[] } | undefined>;
  abstract forms(id: string): Promise<FormsRow | undefined>;
  abstract waitFor(position: number, timeoutMs: number): Promise<boolean>;
}
