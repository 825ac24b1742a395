import { COMMON_RULES } from './common-rules.js';
import { IMAGE_PARAMETER_RULES } from './image-parameter-rules.js';
import { IMAGE_SAMPLER_RULES } from './image-sampler-rules.js';
import { IMAGE_SOURCE_RULES } from './image-source-rules.js';
import type { ImageSubject } from './image-subject.js';
import { firstFailing, type RequestRuleRc, type Rule, type Stage } from './rule.js';

/** All rules of an image request. Their order is contract: the first that fails names the refusal. */
export const IMAGE_RULES: readonly Rule<ImageSubject>[] = [...COMMON_RULES, ...IMAGE_SAMPLER_RULES, ...IMAGE_PARAMETER_RULES, ...IMAGE_SOURCE_RULES];

/** Why an image request is refused, of one stage or of all, or undefined. */
export const imageRefusal = (subject: ImageSubject, stage?: Stage): RequestRuleRc | undefined => firstFailing(IMAGE_RULES, subject, stage);
