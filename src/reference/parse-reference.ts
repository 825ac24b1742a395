import { isBaseline } from './baseline.js';
import type { ImageModel, ModelRequirements, ReferenceSnapshot, TextModel } from './reference.js';
import { lastSegment } from './text-model-name.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * Builds a snapshot from the parsed JSON of both files. Models of baselines that nobody can render are left out, as the
 * horde does. Throws on anything malformed: a price must never come from half a reference.
 */
export const parseReference = (imageJson: unknown, textJson: unknown): ReferenceSnapshot => {
  const images = file(imageJson, 'image models');
  const texts = file(textJson, 'text models');
  if (images.version !== texts.version) {
    throw new Error(`image models are version ${images.version}, text models ${texts.version}: they are published as one set`);
  }
  return {
    version: images.version,
    images: new Map(images.models.flatMap(imageModel).map((model) => [model.name, model])),
    texts: byEveryName(texts.models.map(textModel)),
  };
};

const file = (json: unknown, what: string): { version: number; models: readonly Json[] } => {
  const { version, models } = object(json, what);
  if (typeof version !== 'number' || !Number.isSafeInteger(version)) throw new Error(`${what}: "version" is not a whole number`);
  if (!Array.isArray(models)) throw new Error(`${what}: "models" is not a list`);
  return { version, models: models.map((model) => object(model, what)) };
};

const imageModel = (json: Json): readonly ImageModel[] => {
  const name = text(json, 'name');
  const baseline = text(json, 'baseline');
  if (!isBaseline(baseline)) return [];
  const type = json['type'] ?? 'checkpoint';
  if (type !== 'checkpoint' && type !== 'controlnet' && type !== 'post-processor') throw new Error(`model ${name}: unknown type`);
  return [{ name, baseline, type, nsfw: flag(json, 'nsfw'), inpainting: flag(json, 'inpainting'), requirements: requirements(json, name) }];
};

const NUMBERS = ['min_steps', 'max_steps', 'cfg_scale', 'min_cfg_scale', 'max_cfg_scale', 'clip_skip'] as const;
const LISTS = ['samplers', 'schedulers'] as const;

const requirements = (json: Json, name: string): ModelRequirements => {
  const given = object(json['requirements'] ?? {}, `requirements of ${name}`);
  const numbers = NUMBERS.flatMap((key) => (given[key] === undefined ? [] : [[key, number(given, key)] as const]));
  const lists = LISTS.flatMap((key) => (given[key] === undefined ? [] : [[key, texts(given, key)] as const]));
  return Object.fromEntries<unknown>([...numbers, ...lists]);
};

const textModel = (json: Json): TextModel => ({ name: text(json, 'name'), parameters: number(json, 'parameters'), nsfw: flag(json, 'nsfw') });

const byEveryName = (models: readonly TextModel[]): ReadonlyMap<string, TextModel> => {
  const all = new Map(models.map((model) => [model.name, model]));
  const counts = new Map<string, number>();
  for (const { name } of models) counts.set(lastSegment(name), (counts.get(lastSegment(name)) ?? 0) + 1);
  for (const model of models) {
    const short = lastSegment(model.name);
    if (counts.get(short) === 1 && !all.has(short)) all.set(short, model);
  }
  return all;
};

const object = (value: unknown, what: string): Json => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what}: not an object`);
  return value as Json;
};
const text = (json: Json, key: string): string => {
  const value = json[key];
  if (typeof value !== 'string' || value === '') throw new Error(`model reference: "${key}" is not a text`);
  return value;
};
const number = (json: Json, key: string): number => {
  const value = json[key];
  if (typeof value !== 'number' || !(value >= 0) || value === Infinity) throw new Error(`model reference: "${key}" is not a number`);
  return value;
};
const texts = (json: Json, key: string): readonly string[] => {
  const value = json[key];
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) throw new Error(`model reference: "${key}" is not a list of texts`);
  return value;
};
const flag = (json: Json, key: string): boolean => json[key] === true;
