import { accept, refuse, type Decider } from '../kernel/decider.js';
import type { TeamNameEvent } from './team.events.js';

/** Who has a team name. */
export interface TeamNameHolder {
  readonly team?: string;
  readonly reservedAt?: string;
}
export type TeamNameCommand =
  | { readonly type: 'ReserveTeamName'; readonly team: string; readonly owner: number; readonly at: string }
  /** `heldSince`: only a reservation that is at least so old is given up. */
  | { readonly type: 'ReleaseTeamName'; readonly team: string; readonly heldSince?: string; readonly at: string }
  /** Changes nothing: the answer is in the state, which is confirmed at the head of the log. */
  | { readonly type: 'ReadTeamName' };
/** The detail of the first names the holder. */
export type TeamNameRc = 'NameTaken' | 'NameInUse';

export const teamNameDecider: Decider<TeamNameHolder, TeamNameCommand, TeamNameEvent, TeamNameRc> = {
  category: 'teamname',
  stateVersion: 1,
  initialState: () => ({}),
  evolve: (_holder, event) => (event.type === 'TeamNameReserved.v1' ? { team: event.data.team, reservedAt: event.data.reservedAt } : {}),
  decide: (command, holder) => {
    if (command.type === 'ReadTeamName') return accept();
    const { team, at } = command;
    if (command.type === 'ReserveTeamName') {
      if (holder.team !== undefined && holder.team !== team) return refuse('NameTaken', { holder: holder.team });
      // Asked again, it is held from now on: by the age of an earlier try, somebody else might take it away before it is borne.
      if (holder.team === team && holder.reservedAt! >= at) return accept();
      return accept({ type: 'TeamNameReserved.v1', data: { team, owner: command.owner, reservedAt: at } });
    }
    if (holder.team !== team) return accept(); // released before
    if (command.heldSince !== undefined && holder.reservedAt! > command.heldSince) return refuse('NameInUse');
    return accept({ type: 'TeamNameReleased.v1', data: { team, releasedAt: at } });
  },
};
