import { hasMoreWordsThan, splitPrompt } from './prompt.js';
import type { ImageParams, ImageRequestBody, TextParams, TextRequestBody } from './request-body.js';
import { aboveCeiling, mayOverride, type ParameterPolicy, type TemplateField } from './style-contract.js';
import { fillImageTemplate, fillTextTemplate } from './style-template.js';

/** A style as a request meets it: what takes the place of the request's own prompt, parameters and models. */
export interface StyleTemplate<Params> {
  readonly prompt: string;
  readonly params: Params;
  readonly models: readonly string[];
  readonly nsfw: boolean;
  readonly policy: ParameterPolicy | null;
  readonly fields: readonly TemplateField[] | null;
}

export type StyleUseRc = 'TemplateFieldUnknown' | 'TemplateFieldMissing' | 'InvalidPromptSize' | 'StyleParameterAboveCeiling';

/** Of each value, and of all of them together (since-5.1.5 §3.7). */
const FIELD_WORDS_MAX = 7500;

type Fields = Readonly<Record<string, string>>;
interface Asked {
  readonly params?: object | undefined;
  readonly template_fields?: Fields | undefined;
}

/** Why a style cannot be used with this request, or undefined (since-5.1.5 §5.6). */
export const styleUseRefusal = ({ params = {}, template_fields: fields = {} }: Asked, style: Pick<StyleTemplate<object>, 'policy' | 'fields'>): StyleUseRc | undefined => {
  if (!declares(style, fields)) return 'TemplateFieldUnknown';
  if (!fillsRequired(style, fields)) return 'TemplateFieldMissing';
  if (hasMoreWordsThan(Object.values(fields).join(' '), FIELD_WORDS_MAX)) return 'InvalidPromptSize';
  return aboveCeiling(style.policy, params) ? 'StyleParameterAboveCeiling' : undefined;
};

/** Whether a collection may draw this style for a request with these fields. */
export const suits = (style: Pick<StyleTemplate<object>, 'fields'>, fields: Fields = {}): boolean => declares(style, fields) && fillsRequired(style, fields);

const declares = ({ fields: declared }: Pick<StyleTemplate<object>, 'fields'>, fields: Fields): boolean => {
  const names = new Set((declared ?? []).map(({ name }) => name));
  return Object.keys(fields).every((name) => names.has(name));
};
const fillsRequired = ({ fields: declared }: Pick<StyleTemplate<object>, 'fields'>, fields: Fields): boolean =>
  (declared ?? []).every(({ name, required }) => !required || (Object.hasOwn(fields, name) && fields[name] !== ''));

/** The request as the style makes it: checked and priced like any other from here on (Q45). */
export const styledImage = (body: ImageRequestBody, style: StyleTemplate<ImageParams>): ImageRequestBody => {
  const { positive, negative } = splitPrompt(body.prompt);
  const sent = body.params ?? {};
  const params = { ...ownSize(sent, style), ...merged(sent, style), ...(sent.n === undefined ? {} : { n: sent.n }) };
  const prompt = fillImageTemplate(style.prompt, { positive, negative, fields: body.template_fields ?? {} });
  return { ...body, prompt, params, models: style.models, ...(style.nsfw ? { nsfw: true } : {}) };
};

export const styledText = (body: TextRequestBody, style: StyleTemplate<TextParams>): TextRequestBody => {
  const sent = body.params ?? {};
  const params = { ...merged(sent, style), ...(sent.n === undefined ? {} : { n: sent.n }) };
  return { ...body, prompt: fillTextTemplate(style.prompt, { ...body.template_fields, p: body.prompt }), params, models: style.models };
};

/** The style's parameters, under those that its policy lets the request say. */
const merged = <Params extends object>(sent: Params, { params, policy }: StyleTemplate<Params>): Params => {
  const handedOver = Object.entries(sent).filter(([name, value]) => value !== undefined && mayOverride(policy, name));
  return { ...params, ...Object.fromEntries(handedOver) };
};

/** An image style that says nothing of the size, and has no policy that would, leaves it to the request (horde-rules §14). */
const ownSize = ({ width, height }: ImageParams, { policy }: StyleTemplate<ImageParams>): ImageParams =>
  (policy ? {} : { ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) });
