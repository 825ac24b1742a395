import type { ChangeWorkerFields } from './worker-change.body.js';

/** Who asks for a change of a worker. */
export interface WorkerCaller {
  readonly owner: boolean;
  readonly moderator: boolean;
  readonly anonymous: boolean;
}
/** What is asked, in the words that will be stored. */
export interface WorkerChangeAsked {
  readonly fields: ChangeWorkerFields;
  readonly name: string | undefined;
  /** There is a team with the id that is named. */
  readonly isTeam: boolean;
  readonly isProfane: (text: string) => boolean;
}
export type WorkerPermissionRc =
  | 'NotOwner' | 'NotModerator' | 'AnonForbiddenWorker' | 'ProfaneWorkerInfo' | 'TooLongWorkerName' | 'ProfaneWorkerName' | 'TeamNotFound' | 'NoWorkerModSelected';

/** horde-rules §7.2. */
export const WORKER_NAME_MAX = 100;

/** The first refusal in the order of the fields (horde-api C6.3): all is looked at before anything is changed. */
export const refusalOfWorkerChange = (caller: WorkerCaller, asked: WorkerChangeAsked): WorkerPermissionRc | undefined => {
  const { maintenance, paused, team } = asked.fields;
  if (maintenance !== undefined && !mayChange(caller)) return 'NotOwner';
  const info = refusalOfInfo(caller, asked);
  if (info) return info;
  if (paused !== undefined && !caller.moderator) return 'NotModerator';
  return refusalOfName(caller, asked) ?? refusalOfTeam(caller, team, asked.isTeam) ?? (isEmpty(asked.fields) ? 'NoWorkerModSelected' : undefined);
};

const mayChange = ({ owner, moderator }: WorkerCaller): boolean => owner || moderator;

const refusalOfInfo = (caller: WorkerCaller, { fields: { info }, isProfane }: WorkerChangeAsked): WorkerPermissionRc | undefined => {
  if (info === undefined) return undefined;
  if (caller.anonymous) return 'AnonForbiddenWorker';
  if (!mayChange(caller)) return 'NotOwner';
  return isProfane(info) ? 'ProfaneWorkerInfo' : undefined;
};

const isStranger = ({ owner, moderator, anonymous }: WorkerCaller): 'AnonForbiddenWorker' | 'NotModerator' | undefined => {
  if (anonymous) return 'AnonForbiddenWorker';
  return owner || moderator ? undefined : 'NotModerator';
};

const refusalOfName = (caller: WorkerCaller, { name, isProfane }: WorkerChangeAsked): WorkerPermissionRc | undefined => {
  if (name === undefined) return undefined;
  const stranger = isStranger(caller);
  if (stranger) return stranger;
  if ([...name].length > WORKER_NAME_MAX) return 'TooLongWorkerName';
  return isProfane(name) ? 'ProfaneWorkerName' : undefined;
};

/** Any team will do; an empty name is none. */
const refusalOfTeam = (caller: WorkerCaller, team: string | undefined, isTeam: boolean): WorkerPermissionRc | undefined => {
  if (team === undefined) return undefined;
  return isStranger(caller) ?? (team === '' || isTeam ? undefined : 'TeamNotFound');
};

/** A message alone goes with nothing. */
const isEmpty = ({ maintenance, info, paused, name, team }: ChangeWorkerFields): boolean =>
  [maintenance, info, paused, name, team].every((field) => field === undefined);
