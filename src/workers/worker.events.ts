// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: worker-{id}; WorkerNameReserved.v1, WorkerNameReleased.v1: workername-{keyed hash of the lower-case name}
import type { Personal, Stored } from '../kernel/event.js';
import type { Kudos } from '../kernel/kudos.js';
import type { LedgerTransaction } from '../kernel/ledger.js';
import type { WorkerKind } from '../kernel/request-kind.js';

export type { WorkerKind } from '../kernel/request-kind.js';

/** What a worker says of itself with every pop; stored when it changes. */
export interface Declaration {
  readonly agent: string;
  readonly threads: number;
  readonly nsfw: boolean;
  readonly models: readonly string[];
  readonly extraSlow: boolean;
  readonly maxPixels: number;
  readonly allowImg2img: boolean;
  readonly allowPainting: boolean;
  readonly allowUnsafeIp: boolean;
  readonly allowPostProcessing: boolean;
  readonly allowControlnet: boolean;
  readonly allowExtendedControlnet: boolean;
  readonly allowSdxlControlnet: boolean;
  readonly allowLora: boolean;
  readonly limitMaxSteps: boolean;
  readonly samplerContract: string | null;
  readonly maxLength: number;
  readonly maxContextLength: number;
  readonly softprompts: readonly string[];
  /** Alchemists: the largest source image, in tiles of 512×512. Their `models` are what they can do (`serviceOf`). */
  readonly maxTiles?: number;
}

export type WorkerRegistered = Stored<'WorkerRegistered.v1', { worker: string; kind: WorkerKind; owner: number; name: Personal; nameHash: string; registeredAt: string }>;
export type WorkerDeclared = Stored<'WorkerDeclared.v1', { worker: string; declaration: Declaration; declaredAt: string }>;
export type MaintenanceChanged = Stored<'MaintenanceChanged.v1', { worker: string; on: boolean; message: Personal | null; changedAt: string }>;
export type WorkerRenamed = Stored<'WorkerRenamed.v1', { worker: string; by: number; name: Personal; nameHash: string; renamedAt: string }>;
export type WorkerInfoChanged = Stored<'WorkerInfoChanged.v1', { worker: string; by: number; info: Personal; changedAt: string }>;
/** Always the last event of a worker; what it did stays counted for its owner. */
export type WorkerDeleted = Stored<'WorkerDeleted.v1', { worker: string; owner: number; by: number; nameHash: string; deletedAt: string }>;
/** One name, one worker of any kind: whoever creates the stream has it. */
export type WorkerNameReserved = Stored<'WorkerNameReserved.v1', { worker: string; kind: WorkerKind; owner: number; reservedAt: string }>;

/** By the worker that had it: renamed or deleted. */
export type WorkerNameReleased = Stored<'WorkerNameReleased.v1', { worker: string; releasedAt: string }>;

/** Time that the worker was ready for: `from` to `through` without a gap of more than 300 s between its calls (horde-rules §7.4). */
export type UptimeAccrued = Stored<'UptimeAccrued.v1', {
  worker: string;
  from: string;
  through: string;
  accruedMs: number;
  /** All its uptime so far, this included. */
  uptimeMs: number;
  /** What of it counts towards the next reward, after those that stand behind this event. */
  carriedMs: number;
  /** Part of the time from `from` to `through` that is not in `accruedMs`: nobody could call then (ADR 0029). */
  outageMs?: number;
}>;
/** For 600 s of accrued uptime, in the same append as its accrual; the n-th of this worker. */
export type UptimeRewarded = Stored<'UptimeRewarded.v1', {
  worker: string;
  owner: number;
  kind: WorkerKind;
  number: number;
  /** What ten minutes were worth by what the worker declared before; all of it is the owner's, in one pocket or in both. */
  amount: Kudos;
  spendable: Kudos;
  escrow: Kudos;
  /** The worker's team at this time; teams count by what is stamped here (horde-rules §7.4). */
  team?: string;
  rewardedAt: string;
  policy: number;
  ledger: LedgerTransaction;
}>;

export type WorkerEvent =
  | WorkerRegistered | WorkerDeclared | MaintenanceChanged | UptimeAccrued | UptimeRewarded | WorkerRenamed | WorkerInfoChanged | WorkerDeleted;
export type WorkerNameEvent = WorkerNameReserved | WorkerNameReleased;
export const WORKER_EVENT_TYPES = [
  'WorkerRegistered.v1', 'WorkerDeclared.v1', 'MaintenanceChanged.v1', 'UptimeAccrued.v1', 'UptimeRewarded.v1', 'WorkerRenamed.v1', 'WorkerInfoChanged.v1', 'WorkerDeleted.v1',
  'WorkerNameReserved.v1', 'WorkerNameReleased.v1',
] as const satisfies readonly (WorkerEvent | WorkerNameEvent)['type'][];
