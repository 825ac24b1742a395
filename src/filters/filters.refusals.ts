import type { Refusals } from '../platform/http/refusals.js';

/** horde-api C12. */
export const filterRefusals: Refusals<'FilterNotFound' | 'NoFilterModSelected' | 'BadRequest' | 'InvalidAPIKey' | 'NotModerator'> = {
  FilterNotFound: [404, 'There is no such filter.'],
  NoFilterModSelected: [400, 'Please name something to change.'],
  BadRequest: [400, ({ fault }) => `The filter cannot be kept: ${fault}.`],
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  NotModerator: [403, 'Only a moderator may do this.'],
};
