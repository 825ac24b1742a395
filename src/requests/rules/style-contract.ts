import { TEXT_PASS_THROUGH } from './request-body.js';

/** What a style lets a request say (since-5.1.5 §3.7). */
export interface ParameterPolicy {
  readonly override: 'none' | 'listed' | 'all';
  readonly overridable: readonly string[];
  /** The most that a request may say of a parameter; the style's own are not held to it. */
  readonly ceilings: Readonly<Record<string, number>>;
}
/** A placeholder of the template besides the prompt itself. */
export interface TemplateField {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}
export type StyleKind = 'image' | 'text';

/** Every parameter that a request may send but `n`, which always comes from it (since-5.1.5 §2.2). */
export const OVERRIDABLE: Readonly<Record<StyleKind, readonly string[]>> = {
  image: [
    'cfg_scale', 'clip_skip', 'control_strength', 'control_type', 'denoising_strength', 'extra_texts', 'facefixer_strength', 'flow_shift', 'height',
    'hires_fix', 'hires_fix_denoising_strength', 'image_is_control', 'karras', 'loras', 'post_processing', 'return_control_map', 'sampler_eta',
    'sampler_name', 'sampler_order', 'sampler_s_churn', 'sampler_s_noise', 'sampler_s_tmax', 'sampler_s_tmin', 'sampler_solver_type', 'scheduler',
    'seed', 'seed_variation', 'special', 'steps', 'tiling', 'tis', 'transparent', 'width', 'workflow',
  ],
  text: [...TEXT_PASS_THROUGH, 'max_length', 'max_context_length'].sort(),
};

interface Range {
  readonly minimum: number;
  readonly maximum: number;
}
export const CEILINGS: Readonly<Record<StyleKind, Readonly<Record<string, Range>>>> = {
  image: { width: { minimum: 64, maximum: 3072 }, height: { minimum: 64, maximum: 3072 }, steps: { minimum: 1, maximum: 500 }, n: { minimum: 1, maximum: 20 } },
  text: { max_context_length: { minimum: 80, maximum: 1_048_576 }, max_length: { minimum: 16, maximum: 4096 }, n: { minimum: 1, maximum: 20 } },
};

/** Names of what a request brings itself: no field can be called so. */
const RESERVED: ReadonlySet<string> = new Set(['p', 'np']);
export const TEMPLATE_FIELDS_MAX = 16;

export const mayOverride = (policy: ParameterPolicy | null, name: string): boolean => {
  if (name === 'n' || !policy || policy.override === 'none') return false;
  return policy.override === 'all' || policy.overridable.includes(name);
};

/** Whether the request asks for more than the style's owner allows, of what the style hands over to it. */
export const aboveCeiling = (policy: ParameterPolicy | null, sent: object): boolean =>
  Object.entries(policy?.ceilings ?? {}).some(([name, ceiling]) => {
    const value = (sent as Readonly<Record<string, unknown>>)[name];
    return typeof value === 'number' && value > ceiling && (name === 'n' || mayOverride(policy, name));
  });

export type DeclarationRc = 'StylePolicyOverridableMisplaced' | 'StyleDeclarationInvalid';

/** Why a declaration cannot be a style's, or undefined. Its shape is the body's business. */
export const declarationRefusal = (kind: StyleKind, policy: ParameterPolicy | null, fields: readonly TemplateField[] | null): DeclarationRc | undefined => {
  if (policy && policy.override !== 'listed' && policy.overridable.length > 0) return 'StylePolicyOverridableMisplaced';
  const isDeclarable = (!policy || isPolicy(kind, policy)) && (!fields || areFields(fields));
  return isDeclarable ? undefined : 'StyleDeclarationInvalid';
};

const isPolicy = (kind: StyleKind, policy: ParameterPolicy): boolean => {
  const known = new Set(OVERRIDABLE[kind]);
  return policy.overridable.every((name) => known.has(name)) && Object.entries(policy.ceilings).every(([name, ceiling]) => isCeiling(kind, policy, [name, ceiling]));
};

const isCeiling = (kind: StyleKind, policy: ParameterPolicy, [name, ceiling]: readonly [string, number]): boolean => {
  const range = Object.hasOwn(CEILINGS[kind], name) ? CEILINGS[kind][name] : undefined;
  if (!range || !Number.isInteger(ceiling) || ceiling < range.minimum || ceiling > range.maximum) return false;
  return name === 'n' || mayOverride(policy, name);
};

const areFields = (fields: readonly TemplateField[]): boolean =>
  new Set(fields.map(({ name }) => name)).size === fields.length && fields.every(({ name }) => !RESERVED.has(name));
