import { isStableDiffusion2, type Baseline } from '../../reference/baseline.js';
import { SPECIAL_FIELD_RULE } from './image-parameter-rules.js';
import type { ImageSubject } from './image-subject.js';
import { holdsNul } from './prompt.js';
import type { Rule } from './rule.js';

const PIX2PIX = 'pix2pix';
/** Models that draw nothing without a source image. */
const NEED_SOURCE: ReadonlySet<string> = new Set(['Stable Diffusion 2 Depth', PIX2PIX]);
/** Control types without weights for Stable Diffusion 2. */
const NOT_ON_STABLE_DIFFUSION_2: ReadonlySet<string> = new Set(['normal', 'mlsd', 'hough']);
const QR_CODE = 'qr_code';

const controlled = ({ params }: ImageSubject): boolean => params.control_type !== undefined;
const hasControlWeights = (baseline: Baseline): boolean => baseline === 'stable diffusion 1' || isStableDiffusion2(baseline);
const hasExtraImages = ({ body }: ImageSubject): boolean => (body.extra_source_images?.length ?? 0) > 0;

const unsupported = ({ params: { control_type }, models, baselines }: ImageSubject): boolean =>
  control_type !== undefined && ((NOT_ON_STABLE_DIFFUSION_2.has(control_type) && baselines.some(isStableDiffusion2)) || models.includes(PIX2PIX));

/** Horde-api C1.1 rows 36 to 49, and the NUL byte that would break storing. */
export const IMAGE_SOURCE_RULES: readonly Rule<ImageSubject>[] = [
  SPECIAL_FIELD_RULE,
  { row: 37, rc: 'SourceMaskUnnecessary', fails: ({ body }) => body.source_mask !== undefined && body.source_image === undefined },
  { row: 38, rc: 'ControlNetUnsupported', fails: unsupported },
  { row: 39, rc: 'ControlNetSourceMissing', fails: (subject) => controlled(subject) && subject.body.source_image === undefined },
  { row: 40, rc: 'ControlNetInpaintingMismatch', fails: (subject) => controlled(subject) && subject.body.source_processing === 'inpainting' },
  { row: 41, rc: 'ControlNetMismatch', fails: (subject) => controlled(subject) && !subject.baselines.every(hasControlWeights) },
  { row: 42, rc: 'InvalidTransparencyImg2Img', fails: (subject) => subject.params.transparent === true && hasExtraImages(subject) },
  { row: 42.1, rc: 'InvalidTransparencyCN', fails: (subject) => subject.params.transparent === true && controlled(subject) },
  { row: 43, rc: 'InvalidRemixModel', fails: ({ body, baselines }) => body.source_processing === 'remix' && baselines.some((each) => each !== 'stable_cascade') },
  { row: 44, rc: 'InvalidExtraSourceImages', fails: (subject) => hasExtraImages(subject) && subject.body.source_processing !== 'remix' },
  { row: 45, rc: 'InvalidExtraTexts', fails: ({ params }) => (params.extra_texts?.length ?? 0) > 0 && params.workflow !== QR_CODE },
  { row: 46, rc: 'MissingExtraTexts', fails: ({ params }) => params.workflow === QR_CODE && !params.extra_texts?.some(({ reference }) => reference === QR_CODE) },
  { row: 47, rc: 'ControlNetInvalidPayload', fails: ({ params }) => Boolean(params.init_as_image) && params.return_control_map === true },
  { row: 48, rc: 'SourceImageRequiredForModel', fails: ({ body, models }) => body.source_image === undefined && models.some((model) => NEED_SOURCE.has(model)) },
  {
    row: 49, rc: 'UnexpectedModelName',
    fails: ({ body, models, reference }) => body.source_image === undefined && models.some((model) => reference.images.get(model)?.type === 'controlnet'),
  },
  { row: 60, rc: 'NulByteInPayload', fails: ({ body }) => holdsNul(body) },
];
