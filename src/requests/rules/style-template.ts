/** Prompt templates of styles (horde-rules §14, since-5.1.5 §5.6). What is filled in is never read as a template again. */
export interface ImageFilling {
  readonly positive: string;
  readonly negative: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
}

const NEGATIVE_MARK = '###';
const IMAGE_PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/g;

/** `{p}`, `{np}` and the fields that were sent; every other brace is the prompt's own. */
export const fillImageTemplate = (template: string, { positive, negative, fields }: ImageFilling): string => {
  const opensNegative = negative !== undefined && !template.includes(NEGATIVE_MARK);
  const values = new Map([...Object.entries(fields), ['p', positive], ['np', `${opensNegative ? NEGATIVE_MARK : ''}${negative ?? ''}`]]);
  return template.replace(IMAGE_PLACEHOLDER, (whole, name: string) => values.get(name) ?? whole);
};

/** What instruction templates of text models look like: never read as braces. */
export const TEXT_MARKER = /\{\{\[[A-Z_]+\]\}\}/;
/** Instruction markers such as `{{[INPUT]}}` stay; doubled braces mean one; a bare name is a placeholder; nothing else is allowed. */
const TEXT_PART = new RegExp(`${TEXT_MARKER.source}|\\{\\{|\\}\\}|\\{([A-Za-z_][A-Za-z0-9_]*)\\}|[{}]`, 'g');

/** As Python formats: a placeholder that nobody fills becomes empty. */
export const fillTextTemplate = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(TEXT_PART, (part: string, name: string | undefined) => {
    if (name !== undefined) return Object.hasOwn(values, name) ? values[name]! : '';
    return part === '{{' || part === '}}' ? part[0]! : part;
  });

export type TemplateRc = 'StylePromptMissingVars' | 'StylePromptFieldInvalid';

/** Why a template cannot be a style's, or undefined. */
export const templateRefusal = (template: string, kind: 'image' | 'text'): TemplateRc | undefined => {
  if (kind === 'image') return template.includes('{p}') && template.includes('{np}') ? undefined : 'StylePromptMissingVars';
  const parts = [...template.matchAll(TEXT_PART)];
  if (!parts.some(([, name]) => name === 'p')) return 'StylePromptMissingVars';
  return parts.some(([part]) => part === '{' || part === '}') ? 'StylePromptFieldInvalid' : undefined;
};
