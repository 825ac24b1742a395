import { baselineByMark, type Baseline } from './baseline.js';
import { textModelCandidates } from './text-model-name.js';

/** What a model asks of a request (horde-rules App. C); absent means no opinion. */
export interface ModelRequirements {
  readonly min_steps?: number;
  readonly max_steps?: number;
  readonly cfg_scale?: number;
  readonly min_cfg_scale?: number;
  readonly max_cfg_scale?: number;
  readonly clip_skip?: number;
  readonly samplers?: readonly string[];
  readonly schedulers?: readonly string[];
}

export interface ImageModel {
  readonly name: string;
  readonly baseline: Baseline;
  /** Only checkpoints can be asked for; a control net or a post-processor cannot. */
  readonly type: 'checkpoint' | 'controlnet' | 'post-processor';
  readonly nsfw: boolean;
  readonly inpainting: boolean;
  readonly requirements: ModelRequirements;
}

export interface TextModel {
  readonly name: string;
  /** Count of parameters, not billions. */
  readonly parameters: number;
  readonly nsfw: boolean;
}

/** One published set of models. Its version is frozen in every quote, so a price can be worked out again years later. */
export interface ReferenceSnapshot {
  readonly version: number;
  readonly images: ReadonlyMap<string, ImageModel>;
  /** By full name and, where it is unambiguous, by the name without its organisation. */
  readonly texts: ReadonlyMap<string, TextModel>;
}

/** The baseline of an image model; an unknown one goes by the mark in its name (horde-rules §2.3). */
export const imageBaseline = (reference: ReferenceSnapshot, name: string): Baseline =>
  reference.images.get(name)?.baseline ?? baselineByMark(name);

/** The known text model behind a name with alias, backend or quantisation decorations (horde-rules §2.7). */
export const findTextModel = (reference: ReferenceSnapshot, name: string): TextModel | undefined => {
  for (const candidate of textModelCandidates(name)) {
    const model = reference.texts.get(candidate);
    if (model) return model;
  }
  return undefined;
};

/** Parameters of a text model in billions; undefined for a model that nobody knows. */
export const textParameters = (reference: ReferenceSnapshot, name: string): number | undefined => {
  const model = findTextModel(reference, name);
  return model && model.parameters / 1e9;
};

/** What the named image model asks for; nothing for unknown models. */
export const requirementsOf = (reference: ReferenceSnapshot, name: string): ModelRequirements =>
  reference.images.get(name)?.requirements ?? {};
