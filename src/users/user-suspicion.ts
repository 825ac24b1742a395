import { accept, refuse, type Decision } from '../kernel/decider.js';
import { isSuspect, REPEATED } from './suspicion-rules.js';
import type { PauseWorker, SuspectUser, SuspectWorker } from './user.commands.js';
import type { SuspicionReason, UserEvent } from './user.events.js';
import { exists, workerOf, type Suspicions, type User } from './user.state.js';

type Decided = Decision<UserEvent, 'UserNotFound'>;
interface Sight {
  readonly reason: SuspicionReason;
  readonly cause: string | null;
}

/** Each reason counts once, those that are repeated once for each cause (horde-rules §1.7). */
const isNews = ({ reasons, causes }: Suspicions, { reason, cause }: Sight): boolean =>
  REPEATED.has(reason) ? !causes.has(cause ?? '') : !reasons.has(reason);

const sightOf = ({ reason, cause }: Sight): Sight => ({ reason, cause: REPEATED.has(reason) ? (cause ?? '') : null });

export const suspectUser = (command: SuspectUser, user: User): Decided => {
  if (!exists(user)) return refuse('UserNotFound');
  if (!isNews(user.suspicions, command)) return accept();
  return accept({ type: 'UserSuspected.v1', data: { user: user.id, ...sightOf(command), suspectedAt: command.at } });
};

/** The owner is told of what is new of the worker; at the fifth, the worker of an untrusted owner is paused (horde-rules §1.7). */
export const suspectWorker = (command: SuspectWorker, user: User): Decided => {
  if (!exists(user)) return refuse('UserNotFound');
  const { worker, at } = command;
  const { suspicions, paused } = workerOf(user, worker);
  if (!isNews(suspicions, command)) return accept();
  const seen = { ...sightOf(command), suspectedAt: at };
  const pauses = !paused && isSuspect(suspicions.count + 1, user.roles);
  return accept<UserEvent>(
    { type: 'WorkerSuspected.v1', data: { worker, owner: user.id, ...seen } },
    ...(isNews(user.suspicions, command) ? [{ type: 'UserSuspected.v1', data: { user: user.id, worker, ...seen } } as const] : []),
    ...(pauses ? [{ type: 'WorkerPaused.v1', data: { worker, owner: user.id, on: true, by: 'suspicion', changedAt: at } } as const] : []),
  );
};

export const pauseWorker = ({ worker, on, by, at }: PauseWorker, user: User): Decided => {
  if (!exists(user)) return refuse('UserNotFound');
  if (workerOf(user, worker).paused === on) return accept();
  return accept({ type: 'WorkerPaused.v1', data: { worker, owner: user.id, on, by, changedAt: at } });
};

/** What trust brings with it, in the same append: every paused worker of the owner works again (horde-rules §1.6, §1.8). */
export const unpausedByTrust = (user: User, at: string): UserEvent[] =>
  [...user.workers].filter(([, { paused }]) => paused).map(([worker]): UserEvent => (
    { type: 'WorkerPaused.v1', data: { worker, owner: user.id, on: false, by: 'trust', changedAt: at } }
  ));
