import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { transactionId } from '../kernel/ids.js';
import type { Kudos } from '../kernel/kudos.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import { OPERATOR_ID, UserDirectory, type KnownUser } from '../users/directory.message.js';
import { grantKeys, OnGrant } from './grant.message.js';
import type { AwardRc } from './grant.decider.js';
import { awardRefusals } from './kudos.refusals.js';

export interface AwardAsked {
  readonly apiKey: string;
  readonly key: string | undefined;
  readonly username: string;
  readonly amount: Kudos;
}

@Injectable()
export class AwardParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing) {}
}

/** The operator thanks somebody (horde-rules §1.11). With an Idempotency-Key, once, however often it is asked. */
@Injectable()
export class Awards {
  constructor(private readonly directory: UserDirectory, private readonly commands: CommandBus, private readonly parts: AwardParts) {}

  /** @throws Refused in the order of horde-api C9.2 */
  async award(asked: AwardAsked): Promise<{ position: number; replayed: boolean }> {
    const operator = await this.#operator(asked.apiKey);
    const target = await this.directory.byAlias(asked.username);
    if (!target) throw refusedBy(awardRefusals, 'InvalidAwardUsername');
    const { ports, pricing } = this.parts;
    const txId = asked.key === undefined ? ports.ids.uuid() : transactionId('award', operator.id, asked.key);
    const outcome = await this.commands.execute(new OnGrant(grantKeys.award(txId), {
      type: 'GrantAward', txId, user: target.id, amount: asked.amount, by: operator.id, targetFlagged: target.roles.has('flagged'),
      at: iso(ports.clock.now()), policy: pricing.policy.version,
    }, this.#context(operator, asked)));
    if (outcome.outcome === 'refused') throw refusedBy(awardRefusals, outcome.rc as AwardRc);
    return outcome.outcome === 'appended' ? { position: outcome.position, replayed: false } : { position: await ports.feed.head(), replayed: true };
  }

  async #operator(apiKey: string): Promise<KnownUser> {
    const caller = await this.directory.byKey(apiKey);
    if (!caller) throw refusedBy(awardRefusals, 'InvalidAPIKey');
    if (caller.roles.has('deleted')) throw refusedBy(awardRefusals, 'DeletedUser');
    if (caller.id !== OPERATOR_ID) throw refusedBy(awardRefusals, 'NotAllowedAwards');
    return caller;
  }

  #context(operator: KnownUser, { key, username, amount }: AwardAsked): CommandContext {
    const { ids, secrets } = this.parts.ports;
    const hash = (text: string): string => secrets.keyedHash('idempotency', text);
    const idem = key === undefined ? {} : { idem: { key: hash(`${operator.id}|award|${key}`), fingerprint: hash(`POST kudos/award|${username}|${amount}`) } };
    return { actor: { kind: 'user', user: operator.id }, correlationId: ids.uuid(), ...idem };
  }
}
