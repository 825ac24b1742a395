import { resolvedScheduler } from '../../reference/catalogue.js';
import { requirementsOf, type ModelRequirements, type ReferenceSnapshot } from '../../reference/reference.js';
import { isCfgPlusPlus } from '../../reference/samplers.js';
import type { ImageParams } from './request-body.js';
import { KARRAS_DEFAULT, SAMPLER_DEFAULT, STEPS_DEFAULT } from './request-defaults.js';

export type WarningCode =
  | 'NoAvailableWorker' | 'ClipSkipMismatch' | 'StepsTooFew' | 'StepsTooMany' | 'CfgScaleMismatch' | 'CfgScaleTooSmall' | 'CfgScaleTooLarge'
  | 'SamplerMismatch' | 'SchedulerMismatch' | 'CfgPPScaleTooLarge';

export interface RequestWarning {
  readonly code: WarningCode;
  readonly message: string;
}

/** What warnings compare where the request is silent (horde-api C1.1): clients know these values. */
const CFG_SCALE_ASSUMED = 7.5;
const CLIP_SKIP_ASSUMED = 1;
/** CFG++ samplers burn the image above this (horde-api-since-5.1.5 §2.1). */
const CFG_PLUS_PLUS_MAX = 2;

interface Settings {
  readonly clipSkip: number;
  readonly steps: number;
  readonly cfgScale: number;
  readonly sampler: string;
  readonly scheduler: string;
}

type Check = readonly [WarningCode, (required: ModelRequirements, sent: Settings) => string | undefined];

const below = (least: number | undefined, value: number): boolean => least !== undefined && value < least;
const above = (most: number | undefined, value: number): boolean => most !== undefined && value > most;
const unlike = (wanted: number | undefined, value: number): boolean => wanted !== undefined && value !== wanted;
const outside = (list: readonly string[] | undefined, value: string): boolean => list !== undefined && !list.includes(value);
const when = (fails: boolean, message: string): string | undefined => (fails ? message : undefined);

const CHECKS: readonly Check[] = [
  ['ClipSkipMismatch', (of, sent) => when(unlike(of.clip_skip, sent.clipSkip), `wants clip_skip ${of.clip_skip}, not ${sent.clipSkip}`)],
  ['StepsTooFew', (of, sent) => when(below(of.min_steps, sent.steps), `wants ${of.min_steps} steps at least, not ${sent.steps}`)],
  ['StepsTooMany', (of, sent) => when(above(of.max_steps, sent.steps), `wants ${of.max_steps} steps at most, not ${sent.steps}`)],
  ['CfgScaleMismatch', (of, sent) => when(unlike(of.cfg_scale, sent.cfgScale), `wants cfg_scale ${of.cfg_scale}, not ${sent.cfgScale}`)],
  ['CfgScaleTooSmall', (of, sent) => when(below(of.min_cfg_scale, sent.cfgScale), `wants a cfg_scale of ${of.min_cfg_scale} at least, not ${sent.cfgScale}`)],
  ['CfgScaleTooLarge', (of, sent) => when(above(of.max_cfg_scale, sent.cfgScale), `wants a cfg_scale of ${of.max_cfg_scale} at most, not ${sent.cfgScale}`)],
  ['SamplerMismatch', (of, sent) => when(outside(of.samplers, sent.sampler), `wants one of the samplers ${of.samplers?.join(', ')}, not ${sent.sampler}`)],
  ['SchedulerMismatch', (of, sent) => when(outside(of.schedulers, sent.scheduler), `wants one of the schedulers ${of.schedulers?.join(', ')}, not ${sent.scheduler}`)],
];

/** What the 202 answer warns of: settings that the named models do not like. Each code once, for the first model it is true of. */
export const imageWarnings = (params: ImageParams, models: readonly string[], reference: ReferenceSnapshot): readonly RequestWarning[] => {
  const sent = settingsOf(params);
  const found = new Map<WarningCode, RequestWarning>();
  for (const model of models) {
    const required = requirementsOf(reference, model);
    for (const [code, check] of CHECKS) {
      const message = check(required, sent);
      if (message !== undefined && !found.has(code)) found.set(code, { code, message: `The model ${model} ${message}.` });
    }
  }
  if (isCfgPlusPlus(sent.sampler) && sent.cfgScale > CFG_PLUS_PLUS_MAX) {
    const message = `The sampler ${sent.sampler} wants a cfg_scale of ${CFG_PLUS_PLUS_MAX} at most, not ${sent.cfgScale}.`;
    found.set('CfgPPScaleTooLarge', { code: 'CfgPPScaleTooLarge', message });
  }
  return [...found.values()];
};

const settingsOf = (params: ImageParams): Settings => ({
  clipSkip: params.clip_skip ?? CLIP_SKIP_ASSUMED,
  steps: params.steps ?? STEPS_DEFAULT,
  cfgScale: params.cfg_scale ?? CFG_SCALE_ASSUMED,
  sampler: params.sampler_name ?? SAMPLER_DEFAULT,
  scheduler: resolvedScheduler(params.scheduler, params.karras ?? KARRAS_DEFAULT),
});
