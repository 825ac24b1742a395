import { accept, refuse, type Decider, type Decision } from '../kernel/decider.js';
import type { Personal } from '../kernel/event.js';
import { unreachable } from '../kernel/unreachable.js';
import type { TeamEvent } from './team.events.js';

/** What the rules of one team need. Who is in it is not among that: a worker leaves by joining another. */
export interface Team {
  readonly id: string;
  owner: number | undefined;
  nameHash: string | undefined;
  deleted: boolean;
}

interface Asked {
  readonly by: number;
  readonly at: string;
}
export type TeamCommand =
  | { readonly type: 'CreateTeam'; readonly owner: number; readonly name: Personal; readonly nameHash: string; readonly info: Personal | null; readonly at: string }
  /** The name has been reserved, unless it is the one that the team bears: `from`, as far as the caller knows. */
  | ({ readonly type: 'ChangeTeam'; readonly name?: { readonly name: Personal; readonly nameHash: string; readonly from: string }; readonly info?: Personal } & Asked)
  | ({ readonly type: 'DeleteTeam' } & Asked)
  | ({ readonly type: 'JoinTeam'; readonly worker: string } & Asked)
  | ({ readonly type: 'LeaveTeam'; readonly worker: string } & Asked)
  /** Changes nothing: the answer is in the state, which is confirmed at the head of the log. */
  | { readonly type: 'ReadTeam' };

export type TeamRc =
  | 'TeamNotFound'
  // Never seen by a client.
  | 'TeamExists' | 'TeamRenamed';

type Decided = Decision<TeamEvent, TeamRc>;
type Command<Type extends TeamCommand['type']> = Extract<TeamCommand, { type: Type }>;

const decide = (command: TeamCommand, team: Team): Decided => {
  if (command.type === 'ReadTeam') return accept();
  if (command.type === 'CreateTeam') return create(command, team);
  if (command.type === 'LeaveTeam') return leave(command, team);
  if (team.owner === undefined || team.deleted) return refuse('TeamNotFound');
  switch (command.type) {
    case 'ChangeTeam': return change(command, team);
    case 'DeleteTeam': return accept({ type: 'TeamDeleted.v1', data: { team: team.id, by: command.by, nameHash: team.nameHash!, deletedAt: command.at } });
    case 'JoinTeam': return accept({ type: 'TeamJoined.v1', data: { team: team.id, worker: command.worker, by: command.by, joinedAt: command.at } });
    default: return unreachable(command);
  }
};

/** Under a name that was reserved for it: whoever comes second finds the team there. */
const create = ({ owner, name, nameHash, info, at }: Command<'CreateTeam'>, team: Team): Decided =>
  (team.owner === undefined ? accept({ type: 'TeamCreated.v1', data: { team: team.id, owner, name, nameHash, info, createdAt: at } }) : refuse('TeamExists'));

/** Of two who rename it at once, one has decided about a name that it does not bear any more. */
const change = ({ by, name, info, at }: Command<'ChangeTeam'>, team: Team): Decided => {
  if (name && name.from !== team.nameHash) return refuse('TeamRenamed');
  if (!name && !info) return accept();
  const named = name ? { name: name.name, nameHash: name.nameHash } : {};
  return accept({ type: 'TeamChanged.v1', data: { team: team.id, by, ...named, ...(info ? { info } : {}), changedAt: at } });
};

/** Whoever was in a team that is gone is in none already. */
const leave = ({ worker, by, at }: Command<'LeaveTeam'>, team: Team): Decided =>
  (team.owner === undefined || team.deleted ? accept() : accept({ type: 'TeamLeft.v1', data: { team: team.id, worker, by, leftAt: at } }));

const evolve = (team: Team, event: TeamEvent): Team => {
  switch (event.type) {
    case 'TeamCreated.v1':
      return Object.assign(team, { owner: event.data.owner, nameHash: event.data.nameHash });
    case 'TeamChanged.v1':
      team.nameHash = event.data.nameHash ?? team.nameHash;
      return team;
    case 'TeamDeleted.v1':
      team.deleted = true;
      return team;
    case 'TeamJoined.v1':
    case 'TeamLeft.v1':
      return team;
    default:
      return unreachable(event);
  }
};

export const teamDecider: Decider<Team, TeamCommand, TeamEvent, TeamRc> = {
  category: 'team', stateVersion: 1, decide, evolve, initialState: (id) => ({ id, owner: undefined, nameHash: undefined, deleted: false }),
};
