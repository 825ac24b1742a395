import { COMMON_RULES } from './common-rules.js';
import { MAX_CONTEXT_LENGTH_DEFAULT, MAX_LENGTH_DEFAULT } from './request-defaults.js';
import { holdsNul } from './prompt.js';
import type { TextParams, TextRequestBody } from './request-body.js';
import { firstFailing, type RequestRuleRc, type Rule, type RuleCaller, type Stage } from './rule.js';

/** A text request as its rules see it: after a style was applied. */
export interface TextSubject {
  readonly body: TextRequestBody;
  readonly params: TextParams;
  readonly caller: RuleCaller;
}
export const textSubject = (body: TextRequestBody, caller: RuleCaller): TextSubject => ({ body, params: body.params ?? {}, caller });

/** A full order names each of the seven samplers of text. */
const SAMPLER_ORDER_MIN = 7;
const STOP_SEQUENCES_MAX = 128;
const STOP_CHARACTERS_MAX = 2000;

/** Rules of a text request beyond the common ones (horde-api C2.1), in the rows that parameters have for images. */
const TEXT_PARAMETER_RULES: readonly Rule<TextSubject>[] = [
  {
    row: 21, rc: 'TokenOverflow',
    fails: ({ params }) => (params.max_length ?? MAX_LENGTH_DEFAULT) > (params.max_context_length ?? MAX_CONTEXT_LENGTH_DEFAULT),
  },
  { row: 22, rc: 'MissingFullSamplerOrder', fails: ({ params: { sampler_order } }) => sampler_order !== undefined && new Set(sampler_order).size < SAMPLER_ORDER_MIN },
  { row: 23, rc: 'TooManyStopSequences', fails: ({ params }) => new Set(params.stop_sequence).size > STOP_SEQUENCES_MAX },
  { row: 24, rc: 'ExcessiveStopSequence', fails: ({ params }) => (params.stop_sequence ?? []).reduce((sum, each) => sum + each.length, 0) > STOP_CHARACTERS_MAX },
  { row: 25, rc: 'InvalidExtraSourceImages', fails: ({ body }) => (body.extra_source_images?.length ?? 0) > 0 },
  { row: 60, rc: 'NulByteInPayload', fails: ({ body }) => holdsNul(body) },
];

/** All rules of a text request, in the order that is contract. */
export const TEXT_RULES: readonly Rule<TextSubject>[] = [...COMMON_RULES, ...TEXT_PARAMETER_RULES];

/** Why a text request is refused, of one stage or of all, or undefined. */
export const textRefusal = (subject: TextSubject, stage?: Stage): RequestRuleRc | undefined => firstFailing(TEXT_RULES, subject, stage);
