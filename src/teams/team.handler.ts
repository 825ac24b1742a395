import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commanding } from '../platform/commanding/commanding.js';
import { teamNameDecider } from './team-name.decider.js';
import { teamDecider } from './team.decider.js';
import { OnTeam, OnTeamName } from './team.message.js';

@CommandHandler(OnTeam)
export class TeamHandler implements ICommandHandler<OnTeam> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(teamDecider);
  }
  execute({ team, command, context }: OnTeam) {
    return this.#run.execute(team, command, context);
  }
}

@CommandHandler(OnTeamName)
export class TeamNameHandler implements ICommandHandler<OnTeamName> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(teamNameDecider);
  }
  execute({ nameHash, command, context }: OnTeamName) {
    return this.#run.execute(nameHash, command, context);
  }
}
