import { parseBridge } from '../dispatch/matching/bridge.js';
import { inKudos, plus, type Kudos } from '../kernel/kudos.js';
import { rfc822 } from '../platform/http/marshal.js';
import { ANNOTATION } from '../pricing/alchemy-forms.js';
import type { Declaration, WorkerKind } from './worker.events.js';
import type { Message } from './worker-mail.message.js';

export interface WorkerFigures {
  readonly id: string;
  readonly kind: WorkerKind;
  readonly owner: number;
  readonly name: string | null;
  readonly nameHash: string;
  readonly info: string | null;
  /** The one that it is in. */
  readonly team: { readonly id: string; readonly name: string } | null;
  readonly declaration: Declaration | null;
  readonly maintenance: boolean;
  readonly paused: boolean;
  readonly suspicions: number;
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
  /** A moderator asks. */
  readonly moderated: boolean;
  /** For moderators, and for everybody if the owner wants it so. */
  readonly owner?: string;
  /** What is said to it, for whoever is told the owner. */
  readonly messages?: readonly Message[];
  /** For moderators only. */
  readonly contact?: string | null;
  readonly ipaddr?: string | undefined;
}

/** What is shown of a worker that has not popped yet. */
const UNDECLARED = {
  agent: 'unknown:0:unknown', threads: 1, nsfw: true, models: [], maxPixels: 0, allowImg2img: false, allowPainting: false, allowPostProcessing: false,
  allowLora: false, allowControlnet: false, allowExtendedControlnet: false, allowSdxlControlnet: false, maxLength: 0, maxContextLength: 0,
} satisfies Partial<Declaration>;
const NO_TEAM = { name: null, id: null };
type Shown = Pick<Declaration, keyof typeof UNDECLARED>;

/** The worker object of the API (horde-api C6.0). */
export const workerView = (worker: WorkerFigures, { online, trusted, flagged, moderated, owner, messages = [], contact, ipaddr }: WorkerStanding): object => {
  const declared: Shown = worker.declaration ?? UNDECLARED;
  return {
    type: worker.kind, name: worker.name ?? '', id: worker.id, online,
    requests_fulfilled: worker.fulfilled, uncompleted_jobs: worker.uncompletedJobs, threads: declared.threads, uptime: Math.floor(worker.uptimeMs / 1_000),
    kudos_rewards: inKudos(plus(worker.kudosGenerated, worker.uptimeKudos)),
    kudos_details: kudosDetails(worker),
    performance: performanceOf(worker), maintenance_mode: worker.maintenance, nsfw: declared.nsfw, trusted, flagged,
    bridge_agent: declared.agent, team: worker.team ?? NO_TEAM,
    ...membersOf(worker, declared),
    ...(worker.info === null ? {} : { info: worker.info }), ...(owner === undefined ? {} : { owner, messages: messages.map(shownMessage) }),
    ...(moderated ? { paused: worker.paused, suspicious: worker.suspicions, ...(ipaddr === undefined ? {} : { ipaddr }), ...(contact ? { contact } : {}) } : {}),
  };
};

const shownMessage = ({ text, origin, expiresAt, worker, author, postedAt }: Message): object =>
  ({ message: text, origin, expiry: rfc822(expiresAt), worker_id: worker, user_id: String(author), created: rfc822(postedAt) });

const membersOf = ({ kind, things }: WorkerFigures, declared: Shown): object => {
  if (kind === 'interrogation') return alchemistMembers(declared);
  return { models: declared.models, ...(kind === 'image' ? imageMembers(declared, things) : textMembers(declared)) };
};

/** What alchemists earn has a member of its own (horde-rules §7.2); the others' stays null (horde-api C6.0). */
const kudosDetails = ({ kind, fulfilled, kudosGenerated, uptimeKudos }: WorkerFigures): object => {
  const earned = fulfilled > 0 ? inKudos(kudosGenerated) : null;
  const uptime = uptimeKudos > 0 ? inKudos(uptimeKudos) : null;
  return kind === 'interrogation' ? { generated: null, uptime, interrogated: earned } : { generated: earned, uptime };
};

const MEGA = 1_000_000;

/** Some tools read the leading number: keep number, space, unit. */
const performanceOf = ({ kind, speed }: WorkerFigures): string => {
  if (kind === 'interrogation') return speed === undefined ? 'No requests fulfilled yet' : `${(Math.round(speed * 10) / 10).toFixed(1)} seconds per form`;
  if (kind === 'image') return `${(Math.round(((speed ?? MEGA) / MEGA) * 10) / 10).toFixed(1)} megapixelsteps per second`;
  return `${(Math.round((speed ?? 1) * 10) / 10).toFixed(1)} tokens per second`;
};

/** The first two are what the worker allows and its bridge can do (horde-rules §7.2). */
const imageMembers = (declared: Shown, things: number): object => {
  const { capabilities } = parseBridge(declared.agent);
  return {
    max_pixels: declared.maxPixels, megapixelsteps_generated: Math.round((things / MEGA) * 100) / 100,
    img2img: declared.allowImg2img && capabilities.has('img2img'), painting: declared.allowPainting && capabilities.has('inpainting'),
    'post-processing': declared.allowPostProcessing, lora: declared.allowLora,
    controlnet: declared.allowControlnet, extended_controlnet: declared.allowExtendedControlnet, sdxl_controlnet: declared.allowSdxlControlnet,
  };
};

/** Annotators are told apart by their types; a worker that names none gets no annotation (horde-api-since-5.1.5 §3.5). */
const alchemistMembers = ({ models }: Shown): object => ({
  forms: [...new Set(models.map((service) => service.split('/')[0]!))],
  annotation_types: models.filter((service) => service.startsWith(`${ANNOTATION}/`)).map((service) => service.slice(ANNOTATION.length + 1)),
});

const textMembers = ({ maxLength, maxContextLength }: Shown): object => ({ max_length: maxLength, max_context_length: maxContextLength });
