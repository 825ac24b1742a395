import type { Refusals } from '../platform/http/refusals.js';

export const userRefusals: Refusals<'InvalidAPIKey' | 'UserNotFound' | 'RegistrationClosed' | 'BadRequest'> = {
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  UserNotFound: [404, 'There is no such user.'],
  RegistrationClosed: [403, 'Registration is closed on this server. Please ask its operator for an account.'],
  BadRequest: [400, ({ reason }) => String(reason)],
};
