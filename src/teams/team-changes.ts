import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { personal } from '../kernel/event.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { Profanity } from '../platform/profanity.js';
import { RetryLater } from '../platform/retry-later.js';
import { sanitised } from '../platform/sanitised-text.js';
import { defined } from '../requests/rules/defined.js';
import type { KnownUser } from '../users/directory.message.js';
import { TEAM_INFO_MAX, TEAM_NAME_MAX, type ChangeTeamFields, type NewTeamFields } from './team.body.js';
import type { TeamRc } from './team.decider.js';
import { OnTeam, type TeamOutcome } from './team.message.js';
import { TeamNames } from './team-names.js';
import { refusalOfNewTeam, refusalOfTeamChange, type TeamTexts } from './team-permissions.js';
import { teamRefusals } from './team.refusals.js';
import type { TeamRow } from './teams.message.js';

/** What a team is called, and what it shall be called. */
interface Hashes {
  readonly from: string;
  readonly nameHash: string;
}
interface Changed {
  readonly answer: object;
  readonly position: number;
}

@Injectable()
export class TeamChangeParts {
  constructor(readonly ports: Ports, readonly profanity: Profanity) {}
}

/**
 * Makes, changes and deletes teams (horde-api C8). Order of effects: the name first, then the team, then the name that it no longer has;
 * `TeamNames` clears up what a process leaves that dies in between.
 */
@Injectable()
export class TeamChanges {
  constructor(private readonly commands: CommandBus, private readonly names: TeamNames, private readonly parts: TeamChangeParts) {}

  async create(caller: KnownUser, fields: NewTeamFields): Promise<Changed> {
    const texts = textsOf(fields);
    const name = texts.name!;
    const context = this.#context(caller);
    const nameHash = this.names.hashOf(name);
    const isTaken = await this.names.isTaken(nameHash, context);
    const rc = refusalOfNewTeam({ anonymous: caller.id === 0, trusted: caller.roles.has('trusted') }, texts, { isTaken, isProfane: this.#isProfane });
    if (rc) throw refusedBy(teamRefusals, rc);
    const claimedAtMs = this.parts.ports.clock.now();
    const id = await this.names.claim(nameHash, { team: this.parts.ports.ids.uuid(), owner: caller.id }, true, context);
    if (id === undefined) throw refusedBy(teamRefusals, 'TeamNameAlreadyExists');
    const sealed = (text: string) => personal(`user-${caller.id}`, text);
    const outcome = await this.commands.execute(new OnTeam(id, {
      type: 'CreateTeam', owner: caller.id, name: sealed(name), nameHash, info: texts.info === undefined ? null : sealed(texts.info), at: this.#now(),
    }, context));
    if (outcome.outcome !== 'appended') throw refusedBy(teamRefusals, 'TeamNameAlreadyExists'); // another call was faster
    if (!(await this.names.keeps(nameHash, { team: id, owner: caller.id }, claimedAtMs, context))) {
      await this.commands.execute(new OnTeam(id, { type: 'DeleteTeam', by: caller.id, at: this.#now() }, context));
      throw refusedBy(teamRefusals, 'TeamNameAlreadyExists');
    }
    return { answer: { id, name, ...(texts.info === undefined ? {} : { info: texts.info }) }, position: outcome.position };
  }

  async change(team: TeamRow, caller: KnownUser, fields: ChangeTeamFields): Promise<Changed> {
    const texts = textsOf(fields);
    const context = this.#context(caller);
    const hashes = await this.#hashes(team, texts.name, context);
    const isRenamed = hashes.nameHash !== hashes.from; // in another case it is the same name
    const isTaken = isRenamed && (await this.names.isTaken(hashes.nameHash, context));
    const rc = refusalOfTeamChange({ mayChange: mayChange(team, caller) }, texts, { isTaken, isProfane: this.#isProfane });
    if (rc) throw refusedBy(teamRefusals, rc);
    const claimedAtMs = this.parts.ports.clock.now();
    if (isRenamed && (await this.names.claim(hashes.nameHash, { team: team.id, owner: team.owner }, false, context)) === undefined) throw refusedBy(teamRefusals, 'TeamNameAlreadyExists');
    const outcome = await this.commands.execute(new OnTeam(team.id, { type: 'ChangeTeam', by: caller.id, at: this.#now(), ...sealedTexts(team, texts, hashes) }, context));
    if (isRenamed) await this.#settleNames(team, hashes, { outcome, claimedAtMs }, context);
    if (outcome.outcome === 'refused') throw refusalOf(outcome.rc);
    return { answer: defined(texts), position: positionOf(outcome) };
  }

  /** @throws Refused TeamNameAlreadyExists when the new name was lost on the way */
  async #settleNames(team: TeamRow, hashes: Hashes, { outcome, claimedAtMs }: { readonly outcome: TeamOutcome; readonly claimedAtMs: number }, context: CommandContext): Promise<void> {
    if (outcome.outcome === 'appended' && !(await this.names.keeps(hashes.nameHash, { team: team.id, owner: team.owner }, claimedAtMs, context))) {
      await this.#nameBack(team, hashes, context);
      throw refusedBy(teamRefusals, 'TeamNameAlreadyExists');
    }
    // Of two who give it the same name at once, one comes too late, and the team bears that name.
    for (const hash of [hashes.from, hashes.nameHash]) if (hash !== outcome.state.nameHash) await this.names.release(hash, team.id, context);
  }

  /** Somebody else has got the new name meanwhile. The old one is not released yet, so the team has it unless somebody has cleared that up, too. */
  async #nameBack(team: TeamRow, { from, nameHash }: Hashes, context: CommandContext): Promise<void> {
    if ((await this.names.claim(from, { team: team.id, owner: team.owner }, false, context)) === undefined) return;
    const name = { name: personal(`user-${team.owner}`, team.name), nameHash: from, from: nameHash };
    await this.commands.execute(new OnTeam(team.id, { type: 'ChangeTeam', by: team.owner, name, at: this.#now() }, context));
  }

  /** From its stream: the read model may show the name before. */
  async #hashes(team: TeamRow, name: string | undefined, context: CommandContext): Promise<Hashes> {
    const { state } = await this.commands.execute(new OnTeam(team.id, { type: 'ReadTeam' }, context));
    const from = state.nameHash ?? team.nameHash;
    return { from, nameHash: name === undefined ? from : this.names.hashOf(name) };
  }

  async delete(team: TeamRow, caller: KnownUser): Promise<Changed> {
    if (!mayChange(team, caller)) throw refusedBy(teamRefusals, 'NotModerator');
    const context = this.#context(caller);
    const outcome = await this.commands.execute(new OnTeam(team.id, { type: 'DeleteTeam', by: caller.id, at: this.#now() }, context));
    if (outcome.outcome === 'refused') throw refusedBy(teamRefusals, 'TeamNotFound');
    await this.names.release(outcome.state.nameHash ?? team.nameHash, team.id, context);
    return { answer: { deleted_id: team.id, deleted_name: team.name }, position: positionOf(outcome) };
  }

  readonly #isProfane = (text: string): boolean => this.parts.profanity.isProfane(text);

  #context({ id }: KnownUser): CommandContext {
    return { actor: { kind: 'user', user: id }, correlationId: this.parts.ports.ids.uuid() };
  }

  #now(): string {
    return iso(this.parts.ports.clock.now());
  }
}

const positionOf = (outcome: TeamOutcome): number => (outcome.outcome === 'appended' ? outcome.position : -1);

const refusalOf = (rc: TeamRc): Error => (rc === 'TeamRenamed' ? new RetryLater('the team is being renamed') : refusedBy(teamRefusals, 'TeamNotFound'));

/** As they will be stored. */
const textsOf = ({ name, info }: { readonly name?: string; readonly info?: string }): TeamTexts => ({
  name: name === undefined ? undefined : sanitised(name, TEAM_NAME_MAX), info: info === undefined ? undefined : sanitised(info, TEAM_INFO_MAX),
});

const sealedTexts = ({ owner }: TeamRow, { name, info }: TeamTexts, hashes: Hashes) => ({
  ...(name === undefined ? {} : { name: { name: personal(`user-${owner}`, name), ...hashes } }), ...(info === undefined ? {} : { info: personal(`user-${owner}`, info) }),
});

const mayChange = ({ owner }: TeamRow, caller: KnownUser): boolean => caller.id === owner || caller.roles.has('moderator');
