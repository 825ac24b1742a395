import type { Kudos } from '../kernel/kudos.js';

/**
 * What pricing and matching need to know about a job. These shapes are stored inside events: flat, JSON-safe, without a
 * word of the prompt, and never edited. What a request does not use is absent.
 */
export interface ImageJobFeatures {
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly sampler: string;
  /** Only when sent; it then beats `karras`. */
  readonly scheduler?: string;
  readonly karras: boolean;
  readonly cfgScale: number;
  readonly denoisingStrength?: number;
  readonly hiresFix?: true;
  readonly hiresFixDenoisingStrength?: number;
  readonly tiling?: true;
  readonly transparent?: true;
  readonly clipSkip?: number;
  readonly postProcessing?: readonly string[];
  readonly facefixerStrength?: number;
  readonly controlType?: string;
  readonly controlStrength?: number;
  readonly imageIsControl?: true;
  readonly returnControlMap?: true;
  /** How many LoRAs, whether one is named by its version, and whether one makes the model an LCM. */
  readonly loras?: number;
  readonly lorasVersioned?: true;
  readonly lorasLcm?: true;
  /** How many textual inversions. */
  readonly tis?: number;
  readonly workflow?: string;
  readonly extraTexts?: number;
  readonly sourceImage?: true;
  readonly sourceMask?: true;
  /** Only with a source image. */
  readonly sourceProcessing?: SourceProcessing;
  readonly extraSourceImages?: number;
  /** Any `sampler_*` setting or a flow shift was sent: only newer bridges may receive it. */
  readonly samplerSettings?: true;
  readonly samplerOrder?: number;
  readonly flowShift?: number;
  readonly seedVariation?: number;
  /** Names the only workers that may serve it, under the setting that makes such jobs cost a token price. */
  readonly matchedTargeting?: true;
}

export type SourceProcessing = 'img2img' | 'inpainting' | 'outpainting' | 'remix';

/** One form of an alchemy request as it was accepted. Its parameters stay in the content store. */
export interface FormFacts {
  readonly form: string;
  /** Of an annotation: by which annotator. */
  readonly controlType?: string;
  /** What it is worth to its worker, and what its requester pays: frozen with the request. */
  readonly price: Kudos;
  readonly debit: Kudos;
}
export interface AlchemyJobFeatures {
  /** 512×512 tiles of the source image. */
  readonly tiles: number;
  readonly forms: readonly FormFacts[];
  readonly matchedTargeting?: never;
}

export interface TextJobFeatures {
  readonly maxLength: number;
  readonly maxContextLength: number;
  /** Estimate from the prompt's length (horde-rules §2.7). */
  readonly promptTokens: number;
  readonly softprompt?: string;
  readonly matchedTargeting?: true;
}
