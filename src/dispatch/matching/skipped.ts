import type { SkipReason } from './facts.js';

/** Always in an image worker's answer, with 0 when nothing was skipped for it (horde-api C1.5). */
const ALWAYS_SHOWN = [
  'unsafe_ip', 'img2img', 'painting', 'post-processing', 'lora', 'controlnet', 'worker_id', 'performance', 'nsfw', 'untrusted', 'models', 'bridge_version',
] as const satisfies readonly SkipReason[];
/** Only shown when something was. */
const SHOWN_IF_ANY = ['max_pixels', 'blacklist', 'kudos', 'step_count'] as const satisfies readonly SkipReason[];
const TEXT_SHOWN_IF_ANY = [
  'worker_id', 'performance', 'nsfw', 'blacklist', 'untrusted', 'models', 'bridge_version', 'kudos', 'max_context_length', 'max_length',
  'matching_softprompt', 'unsafe_ip',
] as const satisfies readonly SkipReason[];

type Counts = Readonly<Record<string, number>>;
const positive = (counts: Counts, reasons: readonly SkipReason[]): Record<string, number> =>
  Object.fromEntries(reasons.flatMap((reason) => ((counts[reason] ?? 0) > 0 ? [[reason, counts[reason]!]] : [])));

/** The `skipped` of an image pop without a job. Silent reasons are left out. */
export const skippedImages = (counts: Counts): Record<string, number> => ({
  ...Object.fromEntries(ALWAYS_SHOWN.map((reason) => [reason, counts[reason] ?? 0])),
  ...positive(counts, SHOWN_IF_ANY),
});
/** Only shown when something was (horde-api C3.4; `kudos` horde-rules §6.9). */
const ALCHEMY_SHOWN_IF_ANY = ['worker_id', 'untrusted', 'bridge_version', 'kudos'] as const satisfies readonly SkipReason[];
/** The `skipped` of an alchemy pop without a form. */
export const skippedForms = (counts: Counts): Record<string, number> => positive(counts, ALCHEMY_SHOWN_IF_ANY);
/** The `skipped` of a text pop without a job. */
export const skippedTexts = (counts: Counts): Record<string, number> => positive(counts, TEXT_SHOWN_IF_ANY);
