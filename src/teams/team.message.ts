import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { TeamNameCommand, TeamNameHolder, TeamNameRc } from './team-name.decider.js';
import type { Team, TeamCommand, TeamRc } from './team.decider.js';
import type { TeamEvent, TeamNameEvent } from './team.events.js';

export type TeamOutcome = Outcome<TeamEvent, Team, TeamRc>;

/** Anything that may be asked of one team. */
export class OnTeam extends Command<TeamOutcome> {
  constructor(readonly team: string, readonly command: TeamCommand, readonly context: CommandContext) {
    super();
  }
}

/** One team name, by its keyed hash. */
export class OnTeamName extends Command<Outcome<TeamNameEvent, TeamNameHolder, TeamNameRc>> {
  constructor(readonly nameHash: string, readonly command: TeamNameCommand, readonly context: CommandContext) {
    super();
  }
}
