import { PlainRefusal } from './refusals.js';

/**
 * `X-Fields: id,kudos_details{gifted}` (horde-api B.5): what a client wants to see of an answer. Applied to what the handler
 * returned; unknown names are ignored, lists are masked element by element.
 */
export interface FieldMask {
  readonly all: boolean;
  /** Name → mask of what is inside, or null for all of it. */
  readonly fields: ReadonlyMap<string, FieldMask | null>;
}

const MASK_DEPTH_MAX = 16; // deeper than any answer of ours
const TOKEN = /[{},]|[\w:*.-]+|\s+|./gsu;
const NAME = /^[\w:*.-]+$/;

/** @throws PlainRefusal 400 "Mask parse error: …" */
export const parseMask = (text: string): FieldMask => {
  const tokens = (text.match(TOKEN) ?? []).filter((token) => token.trim() !== '');
  const inner = tokens[0] === '{' ? tokens : ['{', ...tokens, '}'];
  const reader = new MaskReader(inner);
  const mask = reader.braces(0);
  reader.end();
  return mask;
};

class MaskReader {
  private at = 0;
  constructor(private readonly tokens: readonly string[]) {}

  braces(depth: number): FieldMask {
    if (depth > MASK_DEPTH_MAX) throw parseError('nested too deeply');
    this.expect('{', 'missing opening bracket');
    const fields = new Map<string, FieldMask | null>();
    do {
      const name = this.name();
      fields.set(name, this.tokens[this.at] === '{' ? this.braces(depth + 1) : null);
    } while (this.skipped(','));
    this.expect('}', 'missing closing bracket');
    const all = fields.delete('*');
    return { all, fields };
  }

  end(): void {
    if (this.at < this.tokens.length) throw parseError(`unexpected ${this.tokens[this.at] ?? ''}`);
  }

  private name(): string {
    const token = this.tokens[this.at];
    if (token === undefined || !NAME.test(token)) throw parseError(`a field name was expected${token ? `, not ${token}` : ''}`);
    this.at++;
    return token;
  }

  private skipped(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }

  private expect(token: string, otherwise: string): void {
    if (!this.skipped(token)) throw parseError(otherwise);
  }
}

const parseError = (what: string): PlainRefusal => new PlainRefusal(400, `Mask parse error: ${what}`);

/** The named members only. @throws PlainRefusal 400 "Mask error: …" when the mask looks inside a plain value */
export const masked = (value: unknown, mask: FieldMask): unknown => {
  if (value === null || value === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => masked(item, mask));
  if (typeof value !== 'object') throw new PlainRefusal(400, 'Mask error: a field of a plain value was asked for');
  const source = value as Readonly<Record<string, unknown>>;
  const result: Record<string, unknown> = mask.all ? { ...source } : {};
  for (const [name, inner] of mask.fields) {
    if (!Object.hasOwn(source, name) || source[name] === undefined) continue;
    result[name] = inner ? masked(source[name], inner) : source[name];
  }
  return result;
};
