import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { OnTeam, OnTeamName } from './team.message.js';

/** A rename reserves the new name and then changes the team, within milliseconds: what is older was left by a process that died between the two. */
const RENAMING_MAX_MS = 60_000;
/** Each round ends a reservation that somebody has left; more than a few means that others are faster. */
const ROUNDS_MAX = 5;

/**
 * One name, one team, whatever the case (horde-rules §7.9). The name comes first: whoever holds its stream has it. What a process left that
 * died after that is cleared up by the next one who wants the name.
 */
@Injectable()
export class TeamNames {
  constructor(private readonly commands: CommandBus, private readonly ports: Ports) {}

  hashOf(name: string): string {
    return this.ports.secrets.keyedHash('team-name', name.toLowerCase());
  }

  /** Whether a team bears the name. Nothing changes. */
  async isTaken(nameHash: string, context: CommandContext): Promise<boolean> {
    const { team } = (await this.commands.execute(new OnTeamName(nameHash, { type: 'ReadTeamName' }, context))).state;
    return team !== undefined && (await this.#standing(team, nameHash, context)) === 'borne';
  }

  /**
   * Reserves the name. Returns the id that has it: the given one, or, for a new team, that of one whose maker died before it was there: it is
   * made now, and whoever comes second is refused by its own stream. Undefined: the name is taken.
   */
  async claim(nameHash: string, { team, owner }: { readonly team: string; readonly owner: number }, isNew: boolean, context: CommandContext): Promise<string | undefined> {
    for (let round = 1; round <= ROUNDS_MAX; round++) {
      const outcome = await this.commands.execute(new OnTeamName(nameHash, { type: 'ReserveTeamName', team, owner, at: this.#at() }, context));
      if (outcome.outcome !== 'refused') return team;
      const holder = String(outcome.detail['holder']);
      const standing = await this.#standing(holder, nameHash, context);
      if (standing === 'unborn' && isNew) return holder;
      if (standing === 'borne' || !(await this.#cleared(nameHash, { holder, isOver: standing === 'gone' }, context))) return undefined;
    }
    return undefined;
  }

  /**
   * Whether the team that bears the name by now has it still. A process may have stood still for minutes between the two, or its append have come
   * late: somebody else may have cleared the reservation up. From here on it is as new, so nobody will any more.
   */
  async keeps(nameHash: string, { team, owner }: { readonly team: string; readonly owner: number }, claimedAtMs: number, context: CommandContext): Promise<boolean> {
    if (this.ports.clock.now() - claimedAtMs < RENAMING_MAX_MS / 2) return true;
    return (await this.commands.execute(new OnTeamName(nameHash, { type: 'ReserveTeamName', team, owner, at: this.#at() }, context))).outcome !== 'refused';
  }

  async release(nameHash: string, team: string, context: CommandContext): Promise<void> {
    await this.commands.execute(new OnTeamName(nameHash, { type: 'ReleaseTeamName', team, at: this.#at() }, context));
  }

  /** A team that is gone has no use for its name at once; another reservation might be a rename under way. */
  async #cleared(nameHash: string, { holder, isOver }: { holder: string; isOver: boolean }, context: CommandContext): Promise<boolean> {
    const heldSince = isOver ? {} : { heldSince: iso(this.ports.clock.now() - RENAMING_MAX_MS) };
    const outcome = await this.commands.execute(new OnTeamName(nameHash, { type: 'ReleaseTeamName', team: holder, ...heldSince, at: this.#at() }, context));
    return outcome.outcome !== 'refused';
  }

  async #standing(id: string, nameHash: string, context: CommandContext): Promise<'unborn' | 'gone' | 'borne' | 'elsewhere'> {
    const { state } = await this.commands.execute(new OnTeam(id, { type: 'ReadTeam' }, context));
    if (state.owner === undefined) return 'unborn';
    if (state.deleted) return 'gone';
    return state.nameHash === nameHash ? 'borne' : 'elsewhere';
  }

  #at(): string {
    return iso(this.ports.clock.now());
  }
}
