import { fieldsOf, type Field } from './compile-body.js';
import type { BodyClass, Rule } from './rules.js';

/** What OpenAPI and fuzzers need to know of a body: the very rules that are enforced, as JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The schema of a body class, nested classes inlined. Throws for a class that contains itself. */
export const jsonSchemaOf = (body: BodyClass, inside: readonly BodyClass[] = []): JsonSchema => {
  if (inside.includes(body)) throw new TypeError(`${body.name} contains itself`);
  const fields = fieldsOf(body);
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field, [...inside, body])])),
    ...(required.length > 0 && { required }),
  };
};

const fieldSchema = ({ rule, presence }: Field, inside: readonly BodyClass[]): JsonSchema => {
  const fallback: unknown = typeof presence.default === 'function' ? (presence.default as () => unknown)() : presence.default;
  return { ...ruleSchema(rule, inside), ...(fallback !== undefined && rule.kind !== 'obj' && { default: fallback }) };
};

const ruleSchema = (rule: Rule, inside: readonly BodyClass[]): JsonSchema => {
  switch (rule.kind) {
    case 'str':
      return defined({ type: 'string', minLength: rule.min, maxLength: rule.max, enum: rule.enum, pattern: rule.pattern?.source });
    case 'int':
      return defined({ type: 'integer', minimum: rule.min, maximum: rule.max, multipleOf: rule.multipleOf });
    case 'num':
      return defined({ type: 'number', minimum: rule.min, maximum: rule.max });
    case 'bool':
      return { type: 'boolean' };
    case 'free':
      return { type: 'object', additionalProperties: true };
    case 'arr':
      return defined({ type: 'array', items: ruleSchema(rule.of, inside), minItems: rule.min, maxItems: rule.max, uniqueItems: rule.unique });
    case 'obj':
      return jsonSchemaOf(rule.body(), inside);
  }
};

const defined = (schema: JsonSchema): JsonSchema => Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
