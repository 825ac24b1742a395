import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { OnCollection, OnStyle, OnStyleName } from './style.message.js';

export type Thing = 'style' | 'collection';
/** What bears a name, or shall. */
export interface Bearer {
  readonly thing: Thing;
  readonly id: string;
  readonly owner: number;
}

/**
 * A rename reserves the new name and then changes the style, within milliseconds. A reservation that names a style which bears
 * another name, and is older than this, was left by a process that died between the two.
 */
const RENAMING_MAX_MS = 60_000;
/** Each round ends a reservation that somebody has left; more than a few means that others are faster. */
const ROUNDS_MAX = 5;

/**
 * One name, one style of an owner; one name, one collection of an owner (horde-rules §14). The name comes first: whoever holds
 * its stream has it. What a process left that died after that is cleared up by the next one who wants the name.
 */
@Injectable()
export class StyleNames {
  constructor(private readonly commands: CommandBus, private readonly ports: Ports) {}

  hashOf(thing: Thing, owner: number, name: string): string {
    return this.ports.secrets.keyedHash(`${thing}-name`, `${owner}:${name}`);
  }

  /** Whether something bears the name, or is just being given it. Nothing changes. */
  async isTaken(nameHash: string, thing: Thing, context: CommandContext): Promise<boolean> {
    const { holder } = (await this.commands.execute(new OnStyleName(nameHash, { type: 'ReadStyleName' }, context))).state;
    return holder !== undefined && (await this.#standing(thing, holder, nameHash, context)) === 'borne';
  }

  /**
   * Reserves the name. Returns the id that has it: the given one, or, for something new, that of a thing whose maker died before
   * it was there: it is made now, and whoever comes second is refused by its own stream. Undefined: the name is taken.
   */
  async claim(nameHash: string, { thing, id, owner }: Bearer, isNew: boolean, context: CommandContext): Promise<string | undefined> {
    for (let round = 1; round <= ROUNDS_MAX; round++) {
      const outcome = await this.commands.execute(new OnStyleName(nameHash, { type: 'ReserveStyleName', holder: id, owner, at: this.#at() }, context));
      if (outcome.outcome !== 'refused') return id;
      const holder = String(outcome.detail['holder']);
      const standing = await this.#standing(thing, holder, nameHash, context);
      if (standing === 'unborn' && isNew) return holder;
      if (standing === 'borne' || !(await this.#cleared(nameHash, { holder, isOver: standing === 'gone' }, context))) return undefined;
    }
    return undefined;
  }

  async release(nameHash: string, holder: string, context: CommandContext): Promise<void> {
    await this.commands.execute(new OnStyleName(nameHash, { type: 'ReleaseStyleName', holder, at: this.#at() }, context));
  }

  /** What is over has no use for its name at once; another reservation might be a rename under way. */
  async #cleared(nameHash: string, { holder, isOver }: { holder: string; isOver: boolean }, context: CommandContext): Promise<boolean> {
    const heldSince = isOver ? {} : { heldSince: iso(this.ports.clock.now() - RENAMING_MAX_MS) };
    const outcome = await this.commands.execute(new OnStyleName(nameHash, { type: 'ReleaseStyleName', holder, ...heldSince, at: this.#at() }, context));
    return outcome.outcome !== 'refused';
  }

  async #standing(thing: Thing, id: string, nameHash: string, context: CommandContext): Promise<'unborn' | 'gone' | 'borne' | 'elsewhere'> {
    const { state } = thing === 'style'
      ? await this.commands.execute(new OnStyle(id, { type: 'ReadStyle' }, context))
      : await this.commands.execute(new OnCollection(id, { type: 'ReadCollection' }, context));
    if (state.owner === undefined) return 'unborn';
    if (state.deleted) return 'gone';
    return state.nameHash === nameHash ? 'borne' : 'elsewhere';
  }

  #at(): string {
    return iso(this.ports.clock.now());
  }
}
