import { inKudos, type Kudos } from '../kernel/kudos.js';
import type { Declaration, WorkerKind } from './worker.events.js';

export interface WorkerFigures {
  readonly id: string;
  readonly kind: WorkerKind;
  readonly owner: number;
  readonly name: string | null;
  readonly declaration: Declaration | null;
  readonly maintenance: boolean;
  readonly paused: boolean;
  readonly fulfilled: number;
  readonly kudosGenerated: Kudos;
  readonly things: number;
  readonly uncompletedJobs: number;
  readonly speed: number | undefined;
}

export interface WorkerStanding {
  readonly online: boolean;
  readonly trusted: boolean;
  readonly flagged: boolean;
  /** For moderators only. */
  readonly owner?: string;
}

/** The worker object of the API (horde-api C6.0). Uptime is counted with the workers' other rules. TODO(#10) */
export const workerView = (worker: WorkerFigures, { online, trusted, flagged, owner }: WorkerStanding): object => ({
  type: worker.kind, name: worker.name ?? '', id: worker.id, online,
  requests_fulfilled: worker.fulfilled, uncompleted_jobs: worker.uncompletedJobs, threads: worker.declaration?.threads ?? 1, uptime: 0,
  kudos_rewards: inKudos(worker.kudosGenerated),
  kudos_details: { generated: worker.fulfilled > 0 ? inKudos(worker.kudosGenerated) : null, uptime: null },
  performance: performanceOf(worker), maintenance_mode: worker.maintenance, nsfw: worker.declaration?.nsfw ?? true, trusted, flagged,
  bridge_agent: worker.declaration?.agent ?? 'unknown:0:unknown', models: worker.declaration?.models ?? [], team: { name: null, id: null },
  ...(worker.kind === 'image' ? imageMembers(worker) : {}), ...(worker.kind === 'text' ? textMembers(worker) : {}),
  ...(owner === undefined ? {} : { owner, paused: worker.paused, suspicious: 0 }),
});

const MEGA = 1_000_000;

/** Some tools read the leading number: keep number, space, unit. */
const performanceOf = ({ kind, speed }: WorkerFigures): string => {
  if (kind === 'image') return `${(Math.round(((speed ?? MEGA) / MEGA) * 10) / 10).toFixed(1)} megapixelsteps per second`;
  return `${(Math.round((speed ?? 1) * 10) / 10).toFixed(1)} tokens per second`;
};

const imageMembers = ({ declaration, things }: WorkerFigures): object => ({
  max_pixels: declaration?.maxPixels ?? 0, megapixelsteps_generated: Math.round((things / MEGA) * 100) / 100,
  img2img: declaration?.allowImg2img ?? false, painting: declaration?.allowPainting ?? false,
  'post-processing': declaration?.allowPostProcessing ?? false, lora: declaration?.allowLora ?? false,
  controlnet: declaration?.allowControlnet ?? false, sdxl_controlnet: declaration?.allowSdxlControlnet ?? false,
});

const textMembers = ({ declaration }: WorkerFigures): object => ({
  max_length: declaration?.maxLength ?? 0, max_context_length: declaration?.maxContextLength ?? 0,
});
