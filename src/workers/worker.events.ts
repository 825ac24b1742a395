// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: worker-{id}; WorkerNameReserved.v1: workername-{keyed hash of the lower-case name}
import type { Personal, Stored } from '../kernel/event.js';
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
/** One name, one worker of any kind: whoever creates the stream has it. */
export type WorkerNameReserved = Stored<'WorkerNameReserved.v1', { worker: string; kind: WorkerKind; owner: number; reservedAt: string }>;

export type WorkerEvent = WorkerRegistered | WorkerDeclared | MaintenanceChanged;
export const WORKER_EVENT_TYPES = ['WorkerRegistered.v1', 'WorkerDeclared.v1', 'MaintenanceChanged.v1', 'WorkerNameReserved.v1'] as const;
