import type { Refusals } from '../platform/http/refusals.js';

/** Clients wait this long before they ask again (horde-rules §3.6). */
export const MAINTENANCE_RETRY_S = 60;
/** The message does not say how long it lasts beyond this (horde-rules §9.1). */
const SHOWN_MAX_S = 4 * 24 * 60 * 60;

/** What the mode of the horde, or where somebody comes from, forbids. */
export const accessRefusals: Refusals<'MaintenanceMode' | 'TimeoutIP' | 'TooManyNewIPs' | 'UnsafeIP' | 'UntrustedUnsafeIP' | 'Forbidden'> = {
  MaintenanceMode: [400, 'The horde is in maintenance mode and takes no requests at the moment. Please try again later.'],
  TimeoutIP: [403, ({ seconds }) => timedOut(Number(seconds))],
  TooManyNewIPs: [403, 'Your IP address could not be checked just now. Please try again later.'],
  UnsafeIP: [403, 'Workers cannot run from this IP address, which is that of a VPN, a proxy or a data centre. Trusted users may run them from anywhere.'],
  UntrustedUnsafeIP: [403, 'Requests from VPNs, proxies and data centres are accepted from trusted users only at the moment.'],
  Forbidden: [403, 'Your IP address is in timeout. Please send the name, version and contact of your client in Client-Agent.'],
};

const timedOut = (seconds: number): string =>
  `Your IP address is in timeout${seconds > SHOWN_MAX_S ? '' : ` for another ${seconds} seconds`}. Please contact the moderators if you believe that this is a mistake.`;

/** horde-api C10.3 and C13. */
export const operationsRefusals: Refusals<'BadRequest' | 'InvalidAPIKey' | 'NotModerator' | 'NotAdmin' | 'NoHordeModSelected' | 'WorkerNotFound'> = {
  BadRequest: [400, 'This is neither an IP address nor a network such as 203.0.113.0/24.'],
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  NotModerator: [403, 'Only a moderator may do this.'],
  NotAdmin: [403, 'Only an admin may do this.'],
  NoHordeModSelected: [400, 'Please name a mode to change.'],
  WorkerNotFound: [404, 'There is no such worker, or its IP address has been forgotten.'],
};
