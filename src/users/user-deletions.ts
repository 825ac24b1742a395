import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { RetryLater } from '../platform/retry-later.js';
import { Ports } from '../platform/ports.js';
import { ANONYMOUS, type KnownUser } from './directory.message.js';
import { Erasures } from './erasures.reactor.js';
import type { ChangeRc } from './user-change.js';
import { OnUser } from './user.message.js';
import { changeRefusals } from './user.refusals.js';

/** The records read model: when somebody last asked for something or made something. */
export abstract class LastActivity {
  /** Ms since 1970, as far as everything written before the call tells; undefined for who never did anything. @throws RetryLater */
  abstract of(user: number): Promise<number | undefined>;
}

/** DELETE /users/{id} (horde-rules §1.9): the first call marks, another one a month later wipes. */
@Injectable()
export class UserDeletions {
  constructor(private readonly commands: CommandBus, private readonly activity: LastActivity, private readonly erasures: Erasures, private readonly ports: Ports) {}

  /** Returns the position to see. */
  async delete(target: KnownUser, caller: KnownUser): Promise<number> {
    if (caller.id === ANONYMOUS.id || target.id === ANONYMOUS.id) throw refusedBy(changeRefusals, 'AnonForbiddenUser');
    const context: CommandContext = { actor: { kind: 'user', user: caller.id }, correlationId: this.ports.ids.uuid() };
    const lastActiveAt = iso(Math.max(Date.parse(target.registeredAt), (await this.activity.of(target.id)) ?? 0));
    const outcome = await this.commands.execute(new OnUser(target.id, {
      type: 'DeleteUser', by: caller.id, mayDelete: caller.id === target.id || caller.roles.has('moderator'), lastActiveAt, at: iso(this.ports.clock.now()),
    }, context));
    if (outcome.outcome === 'refused') throw refusedBy(changeRefusals, outcome.rc as ChangeRc, outcome.detail);
    if (outcome.outcome !== 'appended') return -1;
    if (outcome.events.some(({ type }) => type === 'PersonalDataErased.v1')) await this.#erase(target.id);
    return outcome.position;
  }

  /** At once if the views have caught up; otherwise it is due, and the next round ends it. The user is wiped already. */
  async #erase(user: number): Promise<void> {
    try {
      await this.erasures.erase(user);
    } catch (error) {
      if (!(error instanceof RetryLater)) throw error;
    }
  }
}
