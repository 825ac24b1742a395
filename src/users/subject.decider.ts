import { accept, refuse, type Decider } from '../kernel/decider.js';
import type { SubjectReserved } from './user.events.js';

/** Which account a sign-in subject belongs to, once and for all. */
export interface SubjectOwner {
  readonly user?: number;
}
export type SubjectCommand =
  | { readonly type: 'ReserveSubject'; readonly user: number; readonly at: string }
  /** Changes nothing: the answer is in the state, which is confirmed at the head of the log. */
  | { readonly type: 'FindSubject' };
export type SubjectEvent = SubjectReserved;
/** The detail names the user who has it. */
export type SubjectRc = 'SubjectTaken';

export const subjectDecider: Decider<SubjectOwner, SubjectCommand, SubjectEvent, SubjectRc> = {
  category: 'subject',
  stateVersion: 1,
  initialState: () => ({}),
  evolve: (_owner, { data: { user } }) => ({ user }),
  decide: (command, owner) => {
    if (command.type === 'FindSubject' || owner.user === command.user) return accept();
    if (owner.user !== undefined) return refuse('SubjectTaken', { user: owner.user });
    return accept({ type: 'SubjectReserved.v1', data: { user: command.user, reservedAt: command.at } });
  },
};
