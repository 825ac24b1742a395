import type { WorkerKind } from '../../kernel/request-kind.js';
import type { SkipReason } from '../matching/facts.js';

/** Never told: what is done about a worker in maintenance is plain, and what is done about a paused one is not for its owner. */
const SILENT: ReadonlySet<string> = new Set(['maintenance', 'stale', 'secret'] satisfies SkipReason[]);

/** What of the counts of a pop may be shown, most first. */
export const shown = (skipped: Readonly<Record<string, number>>): readonly (readonly [reason: string, requests: number])[] =>
  Object.entries(skipped).filter(([reason, requests]) => requests > 0 && !SILENT.has(reason)).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));

/** What a sentence may name besides the count. */
export interface Particulars {
  readonly kind: WorkerKind;
  readonly maxPixels: number;
  readonly maxLength: number;
  readonly maxContextLength: number;
  readonly extraSlow: boolean;
  /** In the unit in which the horde shows it. */
  readonly speed: string;
  /** Models that requests wait for and that the worker does not offer, most wanted first. */
  readonly wanted: readonly string[];
}

type Sentence = (count: number, worker: Particulars) => string;

/** "1 request needs", "12 requests need". */
const needing = (count: number, verb: string, verbs: string): string => `${count} ${count === 1 ? `request ${verb}` : `requests ${verbs}`}`;
const need = (count: number): string => needing(count, 'needs', 'need');
const are = (count: number): string => needing(count, 'is', 'are');
const ask = (count: number): string => needing(count, 'asks', 'ask');
const start = (option: string): string => `start the worker with ${option}.`;

const SENTENCES: Readonly<Record<Exclude<SkipReason, 'maintenance' | 'stale' | 'secret'>, Sentence>> = {
  models: (count, { kind, wanted }) => {
    const what = kind === 'interrogation' ? 'forms' : 'models';
    return `${ask(count)} for ${what} that this worker does not offer${wanted.length > 0 ? `: the most wanted are ${wanted.join(', ')}.` : `: offer more ${what}.`}`;
  },
  worker_id: (count) => `${needing(count, 'names', 'name')} the workers that may or may not serve it, and this one may not: nothing needs to be changed.`,
  performance: (count, { extraSlow, speed }) => (extraSlow
    ? `${needing(count, 'refuses', 'refuse')} workers that call themselves extra slow: if this one is not, start it without extra_slow_worker.`
    : `${needing(count, 'refuses', 'refuse')} slow workers, and this one has made ${speed} lately: fewer threads or smaller models make it faster.`),
  nsfw: (count) => `${needing(count, 'may', 'may')} turn out not safe for work: ${start('nsfw')}`,
  blacklist: (count) => `${needing(count, 'contains', 'contain')} a word of the worker's blacklist: shorten the list if that is too many.`,
  untrusted: (count) => `${ask(count)} for workers of trusted users: trust comes with work done over time.`,
  bridge_version: (count) => `${need(count)} what the worker's software cannot do: update it.`,
  kudos: (count) => `${are(count)} from users without the kudos for it, which this worker asks to see upfront: start it without require_upfront_kudos.`,
  max_pixels: (count, { maxPixels }) => `${are(count)} larger than the ${maxPixels} pixels that this worker takes: raise max_pixels if its memory allows.`,
  unsafe_ip: (count) => `${needing(count, 'comes', 'come')} from addresses that are rated unsafe: ${start('allow_unsafe_ipaddr')}`,
  img2img: (count) => `${need(count)} img2img: ${start('allow_img2img')}`,
  painting: (count) => `${need(count)} inpainting: ${start('allow_painting, and offer a model for it')}`,
  'post-processing': (count) => `${need(count)} post-processing: ${start('allow_post_processing')}`,
  lora: (count) => `${need(count)} LoRA: ${start('allow_lora')}`,
  controlnet: (count) => `${need(count)} ControlNet: ${start('allow_controlnet, or allow_sdxl_controlnet and allow_extended_controlnet for the newer kinds')}`,
  step_count: (count) => `${need(count)} more steps than its models usually take: start the worker without limit_max_steps.`,
  max_length: (count, { maxLength }) => `${need(count)} more than the ${maxLength} tokens that this worker writes: raise max_length.`,
  max_context_length: (count, { maxContextLength }) => `${need(count)} a longer context than the ${maxContextLength} tokens of this worker: raise max_context_length.`,
  matching_softprompt: (count) => `${need(count)} a softprompt that this worker does not have.`,
  max_tiles: (count) => `${needing(count, 'has', 'have')} images of more tiles than this worker takes: raise max_tiles.`,
};

/** What the reason means, and what to change. A reason that this text does not know yet is named. */
export const explained = (reason: string, count: number, worker: Particulars): string =>
  (SENTENCES as Readonly<Record<string, Sentence | undefined>>)[reason]?.(count, worker) ?? `${are(count)} not for this worker: ${reason}.`;
