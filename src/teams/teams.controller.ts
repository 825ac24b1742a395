import { Controller, Delete, Get, HttpCode, Injectable, Param, Patch, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock } from '../kernel/clock.js';
import { KeptAnswers } from '../platform/kept-answers.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, KudosPositionHeader, OptionalApiKey, StrictBody } from '../platform/http/parameters.js';
import { missingHeader, refusedBy } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { aliasOf, UserDirectory, type KnownUser } from '../users/directory.message.js';
import { ONLINE_MS, WorkerRegistry } from '../workers/registry.message.js';
import { ChangeTeamFields, NewTeamFields } from './team.body.js';
import { TeamChanges } from './team-changes.js';
import { teamRefusals } from './team.refusals.js';
import { teamView } from './team-view.js';
import { Teams, type TeamRow } from './teams.message.js';

/** How long everybody is shown the same list (horde-api A, B.7). */
const LIST_FRESH_MS = 10_000;

/** What is shown of teams. */
@Injectable()
export class TeamViews {
  readonly #list: KeptAnswers<readonly object[]>;

  constructor(private readonly registry: WorkerRegistry, private readonly directory: UserDirectory, private readonly clock: Clock) {
    this.#list = new KeptAnswers(clock, { freshMs: LIST_FRESH_MS, keptMax: 1 });
  }

  /** The list is long, and the same for all who ask: `seen` is what the caller wants to have seen. */
  list(teams: Teams, seen: number | undefined): Promise<readonly object[]> {
    return this.#list.of('all', async () => Promise.all((await teams.all()).map((team) => this.view(team))), seen);
  }

  async view(team: TeamRow): Promise<object> {
    const creator = await this.directory.byId(team.owner);
    const now = this.clock.now();
    return teamView(team, creator ? aliasOf(creator) : '', (id) => {
      const known = this.registry.byId(id);
      return { known, online: known !== undefined && now - known.lastSeenMs <= ONLINE_MS };
    });
  }
}

/** horde-api C8. Whether there is such a team comes before who asks (F.1). */
@Controller('api/v2/teams')
export class TeamsController {
  constructor(private readonly teams: Teams, private readonly views: TeamViews, private readonly changes: TeamChanges, private readonly directory: UserDirectory) {}

  @Get() @Callers('anyone') @RateLimit('RL-30m')
  list(@KudosPositionHeader() seen: number | undefined) {
    return this.views.list(this.teams, seen);
  }

  @Post() @HttpCode(200) @Callers('user') @RateLimit('RL-30m')
  async create(@StrictBody(NewTeamFields) fields: NewTeamFields, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { answer, position } = await this.changes.create(await this.#caller(apiKey), fields);
    setKudosPosition(reply, position);
    return answer;
  }

  /** Anybody without a key; a key, if one is sent, must be a moderator's. */
  @Get(':team_id') @Callers('anyone', 'moderator') @RateLimit('RL-30m')
  async one(@Param('team_id') id: string, @OptionalApiKey() apiKey: string | undefined) {
    const team = await this.#found(id);
    if (apiKey !== undefined && !(await this.#caller(apiKey)).roles.has('moderator')) throw refusedBy(teamRefusals, 'NotModerator');
    return this.views.view(team);
  }

  @Patch(':team_id') @Callers('owner', 'moderator') @RateLimit('RL-30m')
  async change(
    @Param('team_id') id: string, @StrictBody(ChangeTeamFields) fields: ChangeTeamFields, @OptionalApiKey() apiKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { team, caller } = await this.#parties(id, apiKey);
    const { answer, position } = await this.changes.change(team, caller, fields);
    setKudosPosition(reply, position);
    return answer;
  }

  @Delete(':team_id') @Callers('owner', 'moderator') @RateLimit('RL-30m')
  async delete(@Param('team_id') id: string, @OptionalApiKey() apiKey: string | undefined, @Res({ passthrough: true }) reply: FastifyReply) {
    const { team, caller } = await this.#parties(id, apiKey);
    const { answer, position } = await this.changes.delete(team, caller);
    setKudosPosition(reply, position);
    return answer;
  }

  async #parties(id: string, apiKey: string | undefined): Promise<{ team: TeamRow; caller: KnownUser }> {
    const team = await this.#found(id);
    if (apiKey === undefined) throw missingHeader('apikey');
    return { team, caller: await this.#caller(apiKey) };
  }

  async #found(id: string): Promise<TeamRow> {
    const team = await this.teams.find(id);
    if (!team) throw refusedBy(teamRefusals, 'TeamNotFound');
    return team;
  }

  async #caller(apiKey: string): Promise<KnownUser> {
    const caller = await this.directory.byKey(apiKey);
    if (!caller) throw refusedBy(teamRefusals, 'InvalidAPIKey');
    return caller;
  }
}
