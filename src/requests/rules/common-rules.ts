import { hasLoneSurrogate } from './prompt.js';
import type { CommonRequestBody } from './request-body.js';
import type { Rule, RuleCaller } from './rule.js';

export interface CommonSubject {
  readonly body: CommonRequestBody & { readonly params?: { readonly n?: number | undefined } | undefined };
  readonly caller: RuleCaller;
}

export const EXTRA_SOURCE_IMAGES_MAX = 5;
const EXTRA_SOURCE_IMAGES_UNTRUSTED_MAX = 1;

const privileged = ({ trusted, patron }: RuleCaller): boolean => trusted || patron;
const extraImages = ({ body }: CommonSubject): number => body.extra_source_images?.length ?? 0;

/** Rules that image and text requests share (horde-api C1.1 rows 12 to 16). */
export const COMMON_RULES: readonly Rule<CommonSubject>[] = [
  { row: 12, rc: 'TooManyExtraSourceImages', fails: (subject) => extraImages(subject) > EXTRA_SOURCE_IMAGES_MAX },
  {
    row: 13, rc: 'MoreThanMinExtraSourceImage',
    fails: (subject) => extraImages(subject) > EXTRA_SOURCE_IMAGES_UNTRUSTED_MAX && !privileged(subject.caller),
  },
  { row: 14, rc: 'MissingPrompt', fails: ({ body }) => body.prompt === '' },
  { row: 14.5, rc: 'InvalidPromptEncoding', fails: ({ body }) => hasLoneSurrogate(body.prompt) },
  {
    row: 16, rc: 'RequiresTrust',
    fails: ({ body, caller }) => (body.params?.n ?? 1) > 1 && body.disable_batching === true && !privileged(caller),
  },
];
