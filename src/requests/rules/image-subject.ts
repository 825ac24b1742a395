import type { Baseline } from '../../reference/baseline.js';
import { imageBaseline, type ReferenceSnapshot } from '../../reference/reference.js';
import type { ImageParams, ImageRequestBody } from './request-body.js';
import type { RuleCaller } from './rule.js';

/** What a client asks for when it names no model (horde-api B.9); an explicit empty list means any. */
export const MODELS_DEFAULT: readonly string[] = ['stable_diffusion'];

/** An image request as its rules see it: after a style was applied. */
export interface ImageSubject {
  readonly body: ImageRequestBody;
  readonly params: ImageParams;
  readonly models: readonly string[];
  /** Of `models`, in their order. */
  readonly baselines: readonly Baseline[];
  readonly caller: RuleCaller;
  readonly reference: ReferenceSnapshot;
}

export const imageSubject = (body: ImageRequestBody, caller: RuleCaller, reference: ReferenceSnapshot): ImageSubject => {
  const models = body.models ?? MODELS_DEFAULT;
  return { body, params: body.params ?? {}, models, baselines: models.map((model) => imageBaseline(reference, model)), caller, reference };
};
