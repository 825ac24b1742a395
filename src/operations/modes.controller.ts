import { Controller, Get, Injectable, Put, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply } from 'fastify';
import { iso } from '../kernel/clock.js';
import { Bool, Optional } from '../platform/http/body/body-decorators.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, LooseBody, OptionalApiKey } from '../platform/http/parameters.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { Ports } from '../platform/ports.js';
import { Admins } from '../users/admins.message.js';
import type { KnownUser } from '../users/directory.message.js';
import { HordeModes } from './horde-modes.message.js';
import { OnModes } from './operations.message.js';
import { operationsRefusals } from './operations.refusals.js';
import { Moderators } from './moderators.js';

class ModesFields {
  @Optional() @Bool() maintenance_mode?: boolean;
  @Optional() @Bool() invite_only_mode?: boolean;
  @Optional() @Bool() raid_mode?: boolean;
}

@Injectable()
export class ModesParts {
  constructor(readonly ports: Ports, readonly admins: Admins) {}
}

/** How the horde is run (horde-api C10.2, C10.3). Never cached: what moderators see is not for everybody (Q42). */
@Controller('api/v2/status/modes')
export class ModesController {
  constructor(private readonly modes: HordeModes, private readonly moderators: Moderators, private readonly commands: CommandBus, private readonly parts: ModesParts) {}

  @Get() @Callers('anyone', 'moderator') @RateLimit('RL-30')
  async show(@OptionalApiKey() apiKey: string | undefined) {
    if (apiKey !== undefined) await this.moderators.moderator(apiKey);
    const { maintenance, inviteOnly, raid } = this.modes;
    return { maintenance_mode: maintenance, invite_only_mode: inviteOnly, ...(apiKey === undefined ? {} : { raid_mode: raid }) };
  }

  @Put() @Callers('moderator', 'admin') @RateLimit('RL-30')
  async change(@LooseBody(ModesFields) fields: ModesFields, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { ports: { clock, ids } } = this.parts;
    const caller = await this.moderators.caller(apiKey);
    this.#refuse(caller, fields);
    const { maintenance_mode: maintenance, invite_only_mode: inviteOnly, raid_mode: raid } = fields;
    const modes = { ...(maintenance === undefined ? {} : { maintenance }), ...(inviteOnly === undefined ? {} : { inviteOnly }), ...(raid === undefined ? {} : { raid }) };
    const context = { actor: { kind: 'user' as const, user: caller.id }, correlationId: ids.uuid() };
    const outcome = await this.commands.execute(new OnModes({ type: 'ChangeModes', modes, by: caller.id, at: iso(clock.now()) }, context));
    setKudosPosition(reply, outcome.outcome === 'appended' ? outcome.position : -1);
    return { maintenance_mode: maintenance, invite_only_mode: inviteOnly, raid_mode: raid }; // what was not sent is not shown
  }

  /** All is looked at before anything is changed. */
  #refuse(caller: KnownUser, { maintenance_mode: maintenance, invite_only_mode: inviteOnly, raid_mode: raid }: ModesFields): void {
    if (maintenance !== undefined && !this.parts.admins.has(caller.id)) throw refusedBy(operationsRefusals, 'NotAdmin');
    if ((inviteOnly !== undefined || raid !== undefined) && !caller.roles.has('moderator')) throw refusedBy(operationsRefusals, 'NotModerator');
    if ([maintenance, inviteOnly, raid].every((mode) => mode === undefined)) throw refusedBy(operationsRefusals, 'NoHordeModSelected');
  }
}
