import type { Recorded } from '../kernel/event.js';
import type { JobSettled } from '../kudos/account.events.js';
import type { Queries } from '../platform/postgres/database.js';
import type { TeamChanged, TeamCreated, TeamDeleted } from '../teams/team.events.js';
import type { UptimeRewarded } from '../workers/worker.events.js';
import type { Columns, Drifts } from './drift.js';

interface ExpectedTeam {
  readonly owner: number;
  nameHash: string;
  fulfilled: number;
  kudos: number;
  things: number;
  /** Each is for ten minutes. */
  rewards: number;
}
const REWARD_S = 600;

/** Teams and what is stamped with them (horde-rules §12, invariant 36), folded one event at a time; their texts are sealed and not looked at. */
export class ExpectedTeams {
  readonly teams = new Map<string, ExpectedTeam>();

  add({ type, data }: Recorded): void {
    switch (type) {
      case 'TeamCreated.v1': {
        const { team, owner, nameHash } = data as TeamCreated['data'];
        this.teams.set(team, { owner, nameHash, fulfilled: 0, kudos: 0, things: 0, rewards: 0 });
        return;
      }
      case 'TeamChanged.v1': {
        const { team, nameHash } = data as TeamChanged['data'];
        const known = this.teams.get(team);
        if (known) known.nameHash = nameHash ?? known.nameHash;
        return;
      }
      case 'TeamDeleted.v1':
        this.teams.delete((data as TeamDeleted['data']).team);
        return;
      case 'JobSettled.v1': return this.settled(data as JobSettled['data']);
      case 'UptimeRewarded.v1': {
        const known = this.teams.get((data as UptimeRewarded['data']).team ?? '');
        if (known) known.rewards += 1;
        return;
      }
      default: // No other event is about a team's figures.
    }
  }

  private settled({ team = '', kind, price, things, selfTest }: JobSettled['data']): void {
    const known = this.teams.get(team);
    if (!known || kind !== 'image' || selfTest) return;
    known.fulfilled += 1;
    known.kudos += price;
    known.things += Math.round(things);
  }
}

export const compareTeams = async (queries: Queries, drifts: Drifts, { teams }: ExpectedTeams): Promise<void> => {
  const expected = new Map<string, Columns>();
  for (const [id, { owner, nameHash, fulfilled, kudos, things, rewards }] of teams)
    expected.set(id, { owner, name_hash: nameHash, fulfilled, kudos, things, uptime_s: rewards * REWARD_S });
  const rows = await queries.query<{ id: string }>('SELECT id, owner, name_hash, fulfilled, kudos, things, uptime_s FROM rm.team');
  drifts.compareAll('rm.team', expected, new Map(rows.map((row) => [row.id, row as unknown as Columns])));
};
