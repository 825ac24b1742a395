import { Global, Module } from '@nestjs/common';
import { TeamChangeParts, TeamChanges } from './team-changes.js';
import { TeamHandler, TeamNameHandler } from './team.handler.js';
import { TeamNames } from './team-names.js';
import { TeamsController, TeamViews } from './teams.controller.js';
import { Teams } from './teams.message.js';

@Global()
@Module({
  controllers: [TeamsController],
  providers: [TeamHandler, TeamNameHandler, TeamNames, TeamChanges, TeamChangeParts, TeamViews, Teams],
  exports: [Teams],
})
export class TeamsModule {}
