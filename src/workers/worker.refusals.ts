import type { Refusals } from '../platform/http/refusals.js';
import { accessRefusals } from '../operations/operations.refusals.js';
import type { ArrivalRc } from './arrival-rules.js';
import type { WorkerMessageRc } from './worker-message.decider.js';
import type { WorkerNameRc } from './worker-name.decider.js';
import type { WorkerPermissionRc } from './worker-permissions.js';

export type PopRc =
  | ArrivalRc | WorkerNameRc | 'InvalidAPIKey' | 'InvalidPriorityUsername' | 'DeletedUser' | 'WorkerFlaggedMaintenance' | 'AnonForbiddenWorker' | 'WorkerMaintenance';

/** In the order of horde-api C1.5; fragments of these messages are matched by workers and must stay (B.10). */
export const popRefusals: Refusals<PopRc> = {
  InvalidPriorityUsername: [400, 'Every entry of priority_usernames must be an alias such as name#123.'],
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  DeletedUser: [403, 'This account is scheduled for deletion and cannot run workers.'],
  WorkerFlaggedMaintenance: [403, 'Your workers have been set to maintenance mode, because your account is flagged. Please contact the moderators.'],
  AnonForbiddenWorker: [403, 'Workers need an account. Please register to get an API key.'],
  PolymorphicNameConflict: [400, 'This worker name is used by a worker of another type. Please choose another name.'],
  TimeoutIP: accessRefusals.TimeoutIP,
  TooManyNewIPs: accessRefusals.TooManyNewIPs,
  UnsafeIP: accessRefusals.UnsafeIP,
  ProfaneWorkerName: [400, 'This worker name contains a word that is not welcome here. Please choose another.'],
  ProfaneBridgeAgent: [400, 'The bridge agent contains a word that is not welcome here.'],
  WorkerInviteOnly: [403, 'New workers need an invitation at the moment. Please contact the moderators.'],
  TooManyWorkers: [403, 'Untrusted accounts can have 4 workers at most. Please contact the moderators.'],
  TooManyWorkersTrusted: [403, 'Accounts can have 20 workers at most. Please contact the moderators.'],
  TooManySameIPs: [403, 'There are too many workers at your IP address already. Please contact the moderators.'],
  WrongCredentials: [403, 'Wrong credentials: this worker name belongs to somebody else.'],
  BadRequest: [400, ({ reason }) => String(reason)],
  WorkerMaintenance: [403, ({ message }) => {
    const text = String(message);
    return /maintenance mode/i.test(text) ? text : `${text} (This worker is in maintenance mode.)`;
  }],
};

/** horde-api C6.3 and C6.4. */
export const workerChangeRefusals: Refusals<WorkerPermissionRc | 'WorkerNotFound' | 'InvalidAPIKey' | 'WorkerNameAlreadyExists' | 'Locked'> = {
  WorkerNotFound: [404, 'There is no such worker.'],
  InvalidAPIKey: popRefusals.InvalidAPIKey,
  NotOwner: [403, 'Only the owner of a worker or a moderator may change this.'],
  NotModerator: [403, 'Only a moderator may change this of a worker.'],
  AnonForbiddenWorker: popRefusals.AnonForbiddenWorker,
  ProfaneWorkerInfo: [400, 'The info contains a word that is not welcome here.'],
  TooLongWorkerName: [400, 'A worker name has 100 characters at most.'],
  ProfaneWorkerName: popRefusals.ProfaneWorkerName,
  WorkerNameAlreadyExists: [400, 'This worker name is taken. Please choose another.'],
  TeamNotFound: [404, 'There is no such team.'],
  NoWorkerModSelected: [400, 'Please name something to change.'],
  Locked: [423, 'This worker still has jobs. Please try again when they are done.'],
};

/** horde-api C7. */
export const workerMessageRefusals: Refusals<WorkerMessageRc | 'InvalidAPIKey' | 'AnonForbidden' | 'WorkerNotFound' | 'MessagesOnlyOwnWorkers' | 'BadRequest'> = {
  BadRequest: [400, ({ reason }) => String(reason)],
  InvalidAPIKey: popRefusals.InvalidAPIKey,
  AnonForbidden: [403, 'Messages need an account. Please register to get an API key.'],
  WorkerNotFound: workerChangeRefusals.WorkerNotFound,
  MessagesOnlyOwnWorkers: [403, 'You can send messages to your own workers only; to all of them only moderators can.'],
  Forbidden: [403, 'These messages are for others.'],
  WorkermessageNotFound: [404, 'There is no such message.'],
};
