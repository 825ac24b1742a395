import type { ImageJobFeatures } from '../../pricing/job-features.js';
import { accurateSteps } from '../../reference/samplers.js';

/** Pixelsteps in one megapixelstep, the unit that the horde shows of images; text is shown in tokens. */
export const MEGAPIXELSTEP = 1_000_000;

/** Work of one image in pixelsteps: what speeds, queues and contributions count (horde-rules §2.2.1). */
export const pixelsteps = ({ width, height, sampler, steps }: ImageJobFeatures): number => width * height * accurateSteps(sampler, steps);

/** Things per second of one job, to a tenth; a job that took no time counts as 1 (horde-rules §4.3). */
export const thingsPerSecond = (things: number, elapsedS: number): number => (elapsedS > 0 ? Math.round((things / elapsedS) * 10) / 10 : 1);
