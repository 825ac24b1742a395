import type { Refusals } from '../platform/http/refusals.js';
import type { RatingRc } from './rules/rating.js';
import type { RequestRuleRc } from './rules/rule.js';
import type { SourceImageRc } from './rules/source-image.js';
import type { StyleUseRc } from './rules/style.js';
import type { RequestRc } from './request.decider.js';

export type AdmissionRc =
  | 'InvalidAPIKey' | 'OnlyServiceAccountProxy' | 'DeletedUser' | 'WorkerNotFound' | 'TooManyPrompts' | 'BadClientAgent'
  | 'AnonForbidden';

/** Who may ask, and how much at once (horde-api C1.1). */
export const admissionRefusals: Refusals<AdmissionRc> = {
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  OnlyServiceAccountProxy: [400, 'Only service accounts can send a proxied_account.'],
  DeletedUser: [403, 'This account is scheduled for deletion and cannot generate.'],
  WorkerNotFound: [404, ({ worker }) => `There is no worker with the id ${worker}.`],
  TooManyPrompts: [429, ({ waiting, limit, anonymous }) => (anonymous
    ? `From your address ${waiting} anonymous generations are unfinished; at this load ${limit} may be. Try again later, or register at /register to wait with more.`
    : `You have ${waiting} generations waiting; together with this request that is more than the ${limit} that your account may have waiting.`)],
  BadClientAgent: [403, 'This Client-Agent was taken from an example. Please send the name, version and contact of your own client.'],
  AnonForbidden: [403, 'Anonymous use is switched off on this server. Please register to get an API key.'],
};

/** What is wrong with the style of a request, or with what was sent for its template. */
export const styleUseRefusals: Refusals<StyleUseRc | 'BadRequest' | 'StyleNotFound' | 'StyleMismatch' | 'TemplateFieldsRequireStyle' | 'TemplateFieldsMatchNoCollectionStyle'> = {
  TemplateFieldsRequireStyle: [400, 'template_fields are only used together with a style.'],
  BadRequest: [400, 'template_fields must be texts by name.'],
  StyleNotFound: [404, 'There is no style with this name or id.'],
  StyleMismatch: [400, 'This is a style of the other type.'],
  TemplateFieldsMatchNoCollectionStyle: [400, 'No style of this collection takes these template_fields.'],
  TemplateFieldUnknown: [400, 'This style has no template field with one of the names that were sent.'],
  TemplateFieldMissing: [400, 'This style needs a template field that was not sent.'],
  InvalidPromptSize: [400, 'The template_fields are too long: at most 7500 words are accepted.'],
  StyleParameterAboveCeiling: [400, 'One of the parameters is above what this style allows.'],
};

const URL_INVALID = 'A source image is fetched from public addresses over https only, and what is there must be a PNG, JPEG, WebP or GIF image.';
const UNREADABLE = 'What the URL of a source image leads to begins like an image and is not a whole one.';

/** What is wrong with an image that came with the request (horde-api C1.1, rows 55 to 59). */
export const sourceRefusals: Refusals<SourceImageRc> = {
  ImageValidationFailed: [400, 'One of the source images is not a PNG, JPEG, WebP or GIF image in base64, or could not be fetched from its URL within 2 seconds.'],
  SourceImageUrlInvalid: [400, URL_INVALID],
  SourceImageUnreadable: [400, UNREADABLE],
  SourceImageResolutionExceeded: [400, 'A source image may have 3072×3072 pixels at most.'],
  SourceImageSizeExceeded: [400, 'One of the source images has too many bytes; from a URL, at most 5000 KiB are fetched.'],
  InpaintingMissingMask: [400, 'Inpainting needs a source_mask, or a source_image with an alpha channel.'],
};

/** What the filters of moderators, and models for adults, do not let through (horde-api C1.1 rows 19, 20 and 27). */
export const promptRefusals: Refusals<'InvalidPromptSize' | 'BadRequest' | 'CorruptPrompt'> = {
  InvalidPromptSize: [400, 'The prompt is too long: at most 50000 characters are accepted before ###.'],
  BadRequest: [400, 'The prompt would have to be changed before it may be used, and it is too long for that: at most 7000 characters are accepted then.'],
  CorruptPrompt: [400, 'This prompt asks for what nobody makes here. Sending such prompts again leads to time-outs.'],
};

/** What is wrong with a request in itself. */
export const ruleRefusals: Refusals<RequestRuleRc> = {
  TooManyExtraSourceImages: [400, 'At most 5 extra source images can be sent.'],
  MoreThanMinExtraSourceImage: [400, 'Only trusted users can send more than one extra source image.'],
  MissingPrompt: [400, 'You cannot specify an empty prompt.'],
  InvalidPromptEncoding: [400, 'The prompt contains unpaired surrogates, which are no text.'],
  RequiresTrust: [400, 'Only trusted users can disable batching for more than one generation.'],
  FlowShiftOutOfRange: [400, 'flow_shift must be from 0 to 100.'],
  FlowShiftInapplicable: [400, 'flow_shift applies to Flux and Qwen Image models only.'],
  SamplerKnobInapplicable: [400, 'This sampler does not take one of the sampler settings that were sent.'],
  SamplerKnobOutOfRange: [400, 'One of the sampler settings is outside the range of this sampler.'],
  SamplerSolverTypeUnsupported: [400, 'This sampler does not support the solver type that was sent.'],
  SamplerSchedulerMismatch: [400, 'This sampler cannot be used with this scheduler.'],
  SchedulerBaselineMismatch: [400, 'This scheduler cannot be used with one of the requested models.'],
  ControlStrengthWithoutControlType: [400, 'control_strength needs a control_type or the qr_code workflow.'],
  ControlStrengthOutOfRange: [400, 'control_strength must be from 0.01 to 3.'],
  HiResMismatch: [400, 'hires_fix cannot be used with one of the requested models.'],
  TooManyLoras: [400, 'At most 5 LoRAs can be used at once.'],
  BadLoraVersion: [400, 'A LoRA named by its version must be named by digits only.'],
  TooManyTIs: [400, 'At most 20 textual inversions can be used at once.'],
  InvalidTransparencyModel: [400, 'Transparent images need Stable Diffusion 1.5 or SDXL models.'],
  ControlNetMismatch: [400, 'ControlNet cannot be used with one of the requested models.'],
  InvalidPromptSize: [400, 'The prompt is too long: at most 7500 words are accepted.'],
  UnexpectedModelName: [400, 'One of the names in models is not that of a model that can be requested.'],
  TooManyUpscalers: [400, 'Only one upscaler can be used at once.'],
  BadCFGNumber: [400, 'cfg_scale must be a number.'],
  BadCFGDecimals: [400, 'cfg_scale must have at most 2 decimals.'],
  SpecialModelNeedsSpecialUser: [403, 'Only special users can request special models.'],
  SpecialMissingUsername: [400, 'Special models are requested as model::alias.'],
  SpecialForbidden: [403, 'This special model belongs to somebody else.'],
  SpecialMissingPayload: [400, 'Special models need a special payload.'],
  SpecialFieldNeedsSpecialUser: [400, 'Only special users can send the special field.'],
  SourceMaskUnnecessary: [400, 'A source_mask needs a source_image.'],
  ControlNetUnsupported: [400, 'This control_type is not supported by one of the requested models.'],
  ControlNetSourceMissing: [400, 'ControlNet needs a source_image.'],
  ControlNetInpaintingMismatch: [400, 'ControlNet cannot be used with inpainting.'],
  InvalidTransparencyImg2Img: [400, 'Transparent images cannot be made from extra source images.'],
  InvalidTransparencyCN: [400, 'Transparent images cannot be made with ControlNet.'],
  InvalidRemixModel: [400, 'Remix needs a Stable Cascade model.'],
  InvalidExtraSourceImages: [400, 'Extra source images are only used by remix.'],
  InvalidExtraTexts: [400, 'extra_texts are only used by the qr_code workflow.'],
  MissingExtraTexts: [400, 'The qr_code workflow needs an extra text with the reference qr_code.'],
  ControlNetInvalidPayload: [400, 'init_as_image and return_control_map cannot be used together.'],
  SourceImageRequiredForModel: [400, 'One of the requested models needs a source_image.'],
  TokenOverflow: [400, 'max_length cannot be larger than max_context_length.'],
  MissingFullSamplerOrder: [400, 'sampler_order must name all samplers.'],
  TooManyStopSequences: [400, 'At most 128 stop sequences are accepted.'],
  ExcessiveStopSequence: [400, 'All stop sequences together are limited to 2000 characters.'],
  NulByteInPayload: [400, 'The request contains a NUL character, which cannot be stored.'],
};

/** What is wrong with an alchemy request in itself (horde-api C3.1, since-5.1.5 §3.5). */
export const alchemyRefusals: Refusals<'InvalidControlType' | Exclude<SourceImageRc, 'InpaintingMissingMask'>> = {
  InvalidControlType: [400, 'An annotation form needs a control_type that alchemists know in its payload.'],
  SourceImageUrlInvalid: [400, URL_INVALID],
  SourceImageUnreadable: [400, UNREADABLE],
  ImageValidationFailed: [400, 'The source_image is not an image in base64, or could not be fetched from its URL within 2 seconds.'],
  SourceImageSizeExceeded: [400, 'The source_image has too many bytes; from a URL, at most 5000 KiB are fetched.'],
  SourceImageResolutionExceeded: [400, 'The source_image has too many pixels: at most 3072×3072 in area, and 255 tiles of 512×512.'],
};

/** Fragments of these messages are matched by workers and must stay (horde-api B.10). */
export const jobRefusals: Refusals<Extract<RequestRc, 'InvalidJobID' | 'DuplicateGen' | 'AbortedGen' | 'RequestNotFound'> | 'WrongCredentials' | 'InvalidAPIKey'> = {
  InvalidJobID: [404, ({ job }) => `Processing Job with ID ${job} does not exist.`],
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  WrongCredentials: [403, 'This job was given to a worker that belongs to somebody else.'],
  DuplicateGen: [400, ({ job }) => `Processing Job with ID ${job} was already submitted.`],
  AbortedGen: [400, ({ job }) => `Processing Job with ID ${job} took too long and was given to somebody else. Please check your worker speed.`],
  RequestNotFound: [404, 'There is no such request, or it has expired.'],
};

/** horde-api C1.7; no other server is asked, so that none of its refusals is among them. */
export const ratingRefusals: Refusals<RatingRc | 'AestheticsAlreadyExist'> = {
  AestheticsNotCompleted: [400, 'This request is not completed yet. Please rate its images then.'],
  AestheticsNotPublic: [400, 'Only the images of shared requests can be rated.'],
  ProcGenNotFound: [400, 'One of the ids is not that of a delivered image of this request.'],
  AestheticsDuplicate: [400, 'An image can be rated only once.'],
  AestheticsMissing: [400, 'Please send ratings, or which image is the best.'],
  AestheticsSolo: [400, 'A single image cannot be the best of all.'],
  AestheticsConfused: [400, 'The best image must be one of those with the highest rating.'],
  AestheticsAlreadyExist: [400, 'The images of this request have been rated already.'],
};

/** Of those who watch requests. */
export const progressRefusals: Refusals<'TooManyStreams'> = {
  TooManyStreams: [429, 'Too many requests are watched from this address at once.'],
};
