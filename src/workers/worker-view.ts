import { inKudos, type Kudos } from '../kernel/kudos.js';
import type { Declaration, WorkerKind } from './worker.events.js';

export interface WorkerFigures {
  readonly id: string;
  readonly kind: WorkerKind;
  readonly owner: number;
  readonly name: string | null;
  readonly nameHash: string;
  readonly info: string | null;
  readonly declaration: Declaration | null;
  readonly maintenance: boolean;
  readonly paused: boolean;
  readonly suspicions: number;
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
  /** A moderator asks. */
  readonly moderated: boolean;
  /** For moderators, and for everybody if the owner wants it so. */
  readonly owner?: string;
  /** For moderators only. */
  readonly contact?: string | null;
}

/** What is shown of a worker that has not popped yet. */
const UNDECLARED = {
  agent: 'unknown:0:unknown', threads: 1, nsfw: true, models: [], maxPixels: 0, allowImg2img: false, allowPainting: false, allowPostProcessing: false,
  allowLora: false, allowControlnet: false, allowSdxlControlnet: false, maxLength: 0, maxContextLength: 0,
} satisfies Partial<Declaration>;
type Shown = Pick<Declaration, keyof typeof UNDECLARED>;

/** The worker object of the API (horde-api C6.0). Uptime is counted with the workers' other rules. TODO(#10) */
export const workerView = (worker: WorkerFigures, { online, trusted, flagged, moderated, owner, contact }: WorkerStanding): object => {
  const declared: Shown = worker.declaration ?? UNDECLARED;
  return {
    type: worker.kind, name: worker.name ?? '', id: worker.id, online,
    requests_fulfilled: worker.fulfilled, uncompleted_jobs: worker.uncompletedJobs, threads: declared.threads, uptime: 0,
    kudos_rewards: inKudos(worker.kudosGenerated),
    kudos_details: { generated: worker.fulfilled > 0 ? inKudos(worker.kudosGenerated) : null, uptime: null },
    performance: performanceOf(worker), maintenance_mode: worker.maintenance, nsfw: declared.nsfw, trusted, flagged,
    bridge_agent: declared.agent, models: declared.models, team: { name: null, id: null },
    ...(worker.kind === 'image' ? imageMembers(declared, worker.things) : {}), ...(worker.kind === 'text' ? textMembers(declared) : {}),
    ...(worker.info === null ? {} : { info: worker.info }), ...(owner === undefined ? {} : { owner, messages: [] }),
    ...(moderated ? { paused: worker.paused, suspicious: worker.suspicions, ...(contact ? { contact } : {}) } : {}),
  };
};

const MEGA = 1_000_000;

/** Some tools read the leading number: keep number, space, unit. */
const performanceOf = ({ kind, speed }: WorkerFigures): string => {
  if (kind === 'image') return `${(Math.round(((speed ?? MEGA) / MEGA) * 10) / 10).toFixed(1)} megapixelsteps per second`;
  return `${(Math.round((speed ?? 1) * 10) / 10).toFixed(1)} tokens per second`;
};

const imageMembers = (declared: Shown, things: number): object => ({
  max_pixels: declared.maxPixels, megapixelsteps_generated: Math.round((things / MEGA) * 100) / 100,
  img2img: declared.allowImg2img, painting: declared.allowPainting, 'post-processing': declared.allowPostProcessing, lora: declared.allowLora,
  controlnet: declared.allowControlnet, sdxl_controlnet: declared.allowSdxlControlnet,
});

const textMembers = ({ maxLength, maxContextLength }: Shown): object => ({ max_length: maxLength, max_context_length: maxContextLength });
