import type { Baseline } from '../../reference/baseline.js';
import { isPostProcessor, isUpscaler } from '../../reference/catalogue.js';
import type { ImageSubject } from './image-subject.js';
import { hasMoreWordsThan } from './prompt.js';
import type { Rule } from './rule.js';

const LORAS_MAX = 5;
const TIS_MAX = 20;
/** Words of a prompt, positive and negative part together. */
const PROMPT_WORDS_MAX = 7500;
const UPSCALERS_MAX = 1;
const SPECIAL_MARK = 'horde_special';

const NO_HIRES_FIX: ReadonlySet<Baseline> = new Set<Baseline>(['flux_1', 'qwen_image', 'z_image_turbo']);
const LAYERED: ReadonlySet<Baseline> = new Set<Baseline>(['stable diffusion 1', 'stable_diffusion_xl']);

const specials = ({ models }: ImageSubject): readonly string[] => models.filter((model) => model.includes(SPECIAL_MARK));
const aliasOf = (model: string): string | undefined => (model.includes('::') ? model.slice(model.indexOf('::') + 2) : undefined);
const isEmpty = (object: object | undefined): boolean => object === undefined || Object.keys(object).length === 0;
const hasTwoDecimals = (value: number): boolean => Math.round(value * 100) / 100 === value;

/** Horde-api C1.1 rows 21 to 34. */
export const IMAGE_PARAMETER_RULES: readonly Rule<ImageSubject>[] = [
  { row: 21, rc: 'HiResMismatch', fails: ({ params, baselines }) => params.hires_fix === true && baselines.some((each) => NO_HIRES_FIX.has(each)) },
  { row: 22, rc: 'TooManyLoras', fails: ({ params }) => (params.loras?.length ?? 0) > LORAS_MAX },
  { row: 23, rc: 'BadLoraVersion', fails: ({ params }) => params.loras?.some(({ name, is_version }) => is_version === true && !/^[0-9]+$/.test(name)) ?? false },
  { row: 24, rc: 'TooManyTIs', fails: ({ params }) => (params.tis?.length ?? 0) > TIS_MAX },
  { row: 25, rc: 'InvalidTransparencyModel', fails: ({ params, baselines }) => params.transparent === true && !baselines.every((each) => LAYERED.has(each)) },
  { row: 26, rc: 'ControlNetMismatch', fails: ({ params, baselines }) => params.workflow === 'qr_code' && !baselines.every((each) => LAYERED.has(each)) },
  { row: 27, rc: 'InvalidPromptSize', fails: ({ body }) => hasMoreWordsThan(body.prompt, PROMPT_WORDS_MAX) },
  { row: 28, rc: 'UnexpectedModelName', fails: ({ models }) => models.some(isPostProcessor) },
  { row: 29, rc: 'TooManyUpscalers', fails: ({ params }) => (params.post_processing?.filter(isUpscaler).length ?? 0) > UPSCALERS_MAX },
  { row: 30, rc: 'BadCFGNumber', fails: ({ params: { cfg_scale } }) => cfg_scale !== undefined && !Number.isFinite(cfg_scale) },
  { row: 30.1, rc: 'BadCFGDecimals', fails: ({ params: { cfg_scale } }) => cfg_scale !== undefined && !hasTwoDecimals(cfg_scale) },
  { row: 31, rc: 'SpecialModelNeedsSpecialUser', fails: (subject) => specials(subject).length > 0 && !subject.caller.special },
  { row: 32, rc: 'SpecialMissingUsername', fails: (subject) => specials(subject).some((model) => aliasOf(model) === undefined) },
  { row: 33, rc: 'SpecialForbidden', fails: (subject) => specials(subject).some((model) => aliasOf(model) !== subject.caller.username) },
  { row: 34, rc: 'SpecialMissingPayload', fails: (subject) => specials(subject).length > 0 && isEmpty(subject.params.special) },
];

/** Row 36 comes after the raid-mode check, so it stands with the rules of the next stage. */
export const SPECIAL_FIELD_RULE: Rule<ImageSubject> = {
  row: 36, rc: 'SpecialFieldNeedsSpecialUser', fails: ({ params, caller }) => !isEmpty(params.special) && !caller.special,
};
