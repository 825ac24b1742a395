import { inKudos, plus, type Kudos } from '../kernel/kudos.js';
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
  readonly uptimeMs: number;
  readonly uptimeKudos: Kudos;
  readonly speed: number | undefined;
}

export interface WorkerStanding {
  readonly online: boolean;
  readonly trusted: boolean;
  readonly flagged: boolean;
  /** For moderators only. */
  readonly owner?: string;
}

/** What is shown of a worker that has not popped yet. */
const UNDECLARED = {
  agent: 'unknown:0:unknown', threads: 1, nsfw: true, models: [], maxPixels: 0, allowImg2img: false, allowPainting: false, allowPostProcessing: false,
  allowLora: false, allowControlnet: false, allowSdxlControlnet: false, maxLength: 0, maxContextLength: 0,
} satisfies Partial<Declaration>;
type Shown = Pick<Declaration, keyof typeof UNDECLARED>;

/** The worker object of the API (horde-api C6.0). */
export const workerView = (worker: WorkerFigures, { online, trusted, flagged, owner }: WorkerStanding): object => {
  const declared: Shown = worker.declaration ?? UNDECLARED;
  return {
    type: worker.kind, name: worker.name ?? '', id: worker.id, online,
    requests_fulfilled: worker.fulfilled, uncompleted_jobs: worker.uncompletedJobs, threads: declared.threads, uptime: Math.floor(worker.uptimeMs / 1_000),
    kudos_rewards: inKudos(plus(worker.kudosGenerated, worker.uptimeKudos)),
    kudos_details: {
      generated: worker.fulfilled > 0 ? inKudos(worker.kudosGenerated) : null, uptime: worker.uptimeKudos > 0 ? inKudos(worker.uptimeKudos) : null,
    },
    performance: performanceOf(worker), maintenance_mode: worker.maintenance, nsfw: declared.nsfw, trusted, flagged,
    bridge_agent: declared.agent, models: declared.models, team: { name: null, id: null },
    ...(worker.kind === 'image' ? imageMembers(declared, worker.things) : {}), ...(worker.kind === 'text' ? textMembers(declared) : {}),
    ...(owner === undefined ? {} : { owner, paused: worker.paused, suspicious: 0 }),
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
