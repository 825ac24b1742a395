import { Controller, Get, Param } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { OptionalApiKey } from '../platform/http/parameters.js';
import { SharedKeyOwners } from '../kudos/shared-key-registry.message.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { ANONYMOUS, UserDirectory, aliasOf, type KnownUser } from './directory.message.js';
import { UserFiguresSource } from './user-figures.js';
import { userView, type Privilege } from './user-view.js';
import { userRefusals } from './user.refusals.js';

@Controller('api/v2')
export class UsersController {
  constructor(
    private readonly directory: UserDirectory, private readonly figures: UserFiguresSource, private readonly clock: Clock,
    private readonly sharedKeys: SharedKeyOwners,
  ) {}

  @Get('find_user') @Callers('key') @RateLimit('RL-D')
  async findUser(@OptionalApiKey() apiKey: string | undefined) {
    if (!apiKey) throw refusedBy(userRefusals, 'InvalidAPIKey');
    const user = await this.directory.byKey(apiKey);
    if (user) return this.#view(user, user.id === ANONYMOUS.id ? 'public' : 'owner');
    const shared = await this.sharedKeys.find(apiKey);
    const owner = shared && (await this.directory.byId(shared.owner));
    if (!owner) throw refusedBy(userRefusals, 'UserNotFound');
    // What everybody may know of the owner, and which of the owner's keys this is.
    return { ...(await this.#view(owner, 'public')), username: `${aliasOf(owner)} (Shared Key${shared.name === null ? '' : `: ${shared.name}`})` };
  }

  @Get('users/:user_id') @Callers('anyone') @RateLimit('RL-60m')
  async one(@Param('user_id') id: string, @OptionalApiKey() apiKey: string | undefined) {
    const user = /^\d+$/.test(id) ? await this.directory.byAlias(id) : undefined;
    const caller = apiKey ? await this.directory.byKey(apiKey) : undefined;
    if (apiKey && !caller) throw refusedBy(userRefusals, 'InvalidAPIKey');
    if (!user) throw refusedBy(userRefusals, 'UserNotFound');
    return this.#view(user, privilegeOf(caller, user));
  }

  async #view(user: KnownUser, privilege: Privilege): Promise<object> {
    return userView(user, await this.figures.of(user), privilege, this.clock.now());
  }
}

const privilegeOf = (caller: KnownUser | undefined, user: KnownUser): Privilege => {
  if (caller?.roles.has('moderator')) return 'moderator';
  return caller && caller.id === user.id && user.id !== ANONYMOUS.id ? 'owner' : 'public';
};
