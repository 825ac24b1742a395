import { inKudos, type Kudos } from '../kernel/kudos.js';
import { rfc822 } from '../platform/http/marshal.js';
import { aliasOf, type KnownUser } from '../users/directory.message.js';
import type { SharedKeyShown } from './shared-keys.js';

/** The shared key object of the API (horde-api C5). */
export const sharedKeyView = ({ id, alias, name, remaining, utilised, expiresAt, limits }: SharedKeyShown & { readonly alias: KnownUser }): object => ({
  id, username: aliasOf(alias), ...(name === null ? {} : { name }), kudos: remaining === null ? -1 : whole(remaining),
  ...(expiresAt === null ? {} : { expiry: rfc822(expiresAt) }), utilized: whole(utilised),
  max_image_pixels: limits.maxImagePixels, max_image_steps: limits.maxImageSteps, max_text_tokens: limits.maxTextTokens,
});

/** The API shows whole kudos here (horde-api C5). */
const whole = (amount: Kudos): number => Math.trunc(inKudos(amount));
