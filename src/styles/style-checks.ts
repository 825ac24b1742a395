import { Injectable } from '@nestjs/common';
import { personal, type Personal } from '../kernel/event.js';
import { refusedBy } from '../platform/http/refusals.js';
import { sanitised } from '../platform/sanitised-text.js';
import { Pricing } from '../pricing/pricing.js';
import { ruleRefusals } from '../requests/request.refusals.js';
import { imageRefusal } from '../requests/rules/image-rules.js';
import { imageSubject } from '../requests/rules/image-subject.js';
import { STAGE_PARAMETERS, type RuleCaller } from '../requests/rules/rule.js';
import { declarationRefusal, type ParameterPolicy, type StyleKind, type TemplateField } from '../requests/rules/style-contract.js';
import { templateRefusal } from '../requests/rules/style-template.js';
import { textRefusal, textSubject } from '../requests/rules/text-rules.js';
import { imageWarnings, type RequestWarning } from '../requests/rules/warnings.js';
import { aliasOf, UserDirectory, type KnownUser } from '../users/directory.message.js';
import { SEPARATOR } from './catalogue.message.js';
import { AssignableKeys, type AssignableKey } from './assignable-keys.js';
import { styleRefusals } from './style.refusals.js';

/** What is sent to make or to change a style, after the schema. */
export interface StyleBody {
  readonly name?: string | undefined;
  readonly info?: string | undefined;
  readonly prompt?: string | undefined;
  readonly params?: object | undefined;
  readonly public?: boolean | undefined;
  readonly nsfw?: boolean | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly models?: readonly string[] | undefined;
  readonly sharedkey?: string | undefined;
  readonly parameter_policy?: Omit<ParameterPolicy, 'ceilings'> & { readonly ceilings?: ParameterPolicy['ceilings'] } | undefined;
  readonly template_fields?: readonly TemplateField[] | undefined;
}
/** What a style does to a request: checked as the request would be. */
export interface StyleEffect {
  readonly prompt: string;
  readonly params: object;
  readonly models: readonly string[];
  readonly parameterPolicy: ParameterPolicy | null;
  readonly templateFields: readonly TemplateField[] | null;
}

/** horde-rules §14. */
const MODELS_MAX = 5;
const TAGS_MAX = 10;
export const NAME_MAX = 100;
export const INFO_MAX = 1000;
export const TAG_MAX = 25;

/** Who may make styles, and what a style may be (horde-api C14.3). @throws Refused */
@Injectable()
export class StyleChecks {
  constructor(private readonly directory: UserDirectory, private readonly keys: AssignableKeys, private readonly pricing: Pricing) {}

  /** Counts come before anything is asked about the caller. */
  counts({ models, tags }: StyleBody, isNew: boolean): void {
    if ((isNew || models) && !(models && models.length >= 1 && models.length <= MODELS_MAX)) throw badRequest(`A style needs 1 to ${MODELS_MAX} models.`);
    if (tags && tags.length > TAGS_MAX) throw badRequest(`A style has ${TAGS_MAX} tags at most.`);
  }

  async caller(apiKey: string): Promise<KnownUser> {
    const user = await this.directory.byKey(apiKey);
    if (!user) throw refusedBy(styleRefusals, 'InvalidAPIKey');
    return user;
  }

  /** Anonymous use has no roles and hears the same as everybody without them. */
  async author(apiKey: string): Promise<KnownUser> {
    const user = await this.caller(apiKey);
    if (!user.roles.has('customizer') && !user.roles.has('trusted')) throw refusedBy(styleRefusals, 'StylesRequiresCustomizer');
    return user;
  }

  notDeleted(user: KnownUser): void {
    if (user.roles.has('deleted')) throw refusedBy(styleRefusals, 'DeletedUser');
  }

  /** One's own keys only, and only ones that can pay (Q44). */
  async sharedKey(sharedKey: string | undefined, owner: KnownUser): Promise<AssignableKey | undefined> {
    if (sharedKey === undefined) return undefined;
    const key = await this.keys.find(sharedKey);
    if (key?.owner !== owner.id) throw refusedBy(styleRefusals, 'SharedKeyInvalid');
    if (key.isEmpty) throw refusedBy(styleRefusals, 'SharedKeyEmpty');
    if (key.isExpired) throw refusedBy(styleRefusals, 'SharedKeyExpired');
    return key;
  }

  effect(kind: StyleKind, { prompt, params, models, parameterPolicy, templateFields }: StyleEffect, user: KnownUser): void {
    const caller: RuleCaller = { username: aliasOf(user), trusted: user.roles.has('trusted'), patron: false, special: user.roles.has('special') };
    const rule = kind === 'image'
      ? imageRefusal(imageSubject({ prompt, params: params, models }, caller, this.pricing.reference), STAGE_PARAMETERS)
      : textRefusal(textSubject({ prompt, params: params, models }, caller), STAGE_PARAMETERS);
    if (rule) throw refusedBy(ruleRefusals, rule);
    const rc = templateRefusal(prompt, kind) ?? declarationRefusal(kind, parameterPolicy, templateFields);
    if (rc) throw refusedBy(styleRefusals, rc);
  }

  /** Settings that the models do not like; the style is made all the same. */
  warnings(kind: StyleKind, { params, models }: StyleEffect): readonly RequestWarning[] {
    return kind === 'image' ? imageWarnings(params, models, this.pricing.reference) : [];
  }
}

export const badRequest = (reason: string) => refusedBy(styleRefusals, 'BadRequest', { reason });
export const nameTaken = (thing: 'style' | 'collection') => badRequest(`You have a ${thing} with this name already.`);

/** A name as it is kept. What separates the parts of an alias cannot be in it, or it would not be found. */
export const nameOf = (sent: string): string => {
  const name = sanitised(sent, NAME_MAX);
  if (name === '' || name.includes(SEPARATOR)) throw badRequest(`A name has 1 to ${NAME_MAX} characters and does not contain ${SEPARATOR}.`);
  return name;
};

export const policyOf = ({ parameter_policy: policy }: StyleBody): ParameterPolicy | undefined =>
  policy && { override: policy.override, overridable: policy.overridable, ceilings: policy.ceilings ?? {} };

/** Text that people wrote, sealed under the key of its owner when it is stored. */
export const writtenBy = (owner: number, text: string): Personal => personal(`user-${owner}`, text);
