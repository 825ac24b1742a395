import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { personal } from '../kernel/event.js';
import type { AccountClass } from '../kudos/account.events.js';
import { OnAccount } from '../kudos/account.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import { NextUserId } from './next-user-id.js';
import type { SuspicionReason } from './user.events.js';
import { OnUser } from './user.message.js';
import { userRefusals } from './user.refusals.js';

export interface Newcomer {
  readonly name: string;
  /** What the name alone makes suspicious (horde-rules §1.2). */
  readonly suspected?: readonly SuspicionReason[];
}
export interface Registered {
  readonly id: number;
  readonly apiKey: string;
  /** A reader who has got here sees the user and the account. */
  readonly position: number;
}

/** horde-rules §1.3: 16 random bytes, URL-safe base64, 22 characters; public SDKs refuse any other length. */
const API_KEY_BYTES = 16;
/** Ids tried before giving up: each refusal means that another node took one. */
const ID_ATTEMPTS_MAX = 1_000;

/** Makes users. The key is returned once and known to nobody afterwards: only its keyed hash is stored. */
@Injectable()
export class Registration {
  constructor(
    private readonly commands: CommandBus, private readonly nextUserId: NextUserId, private readonly ports: Ports, private readonly pricing: Pricing,
  ) {}

  /** A fresh key, or the given one, with what is stored of it. */
  keyFrom(given?: string): { apiKey: string; keyHash: string; lastFour: string } {
    const apiKey = given ?? this.ports.ids.bytes(API_KEY_BYTES).toString('base64url');
    return { apiKey, keyHash: this.ports.secrets.keyedHash('api-key', apiKey), lastFour: apiKey.slice(-4) };
  }

  /** Order of effects: the user first, then the account; if the process dies between, a reactor opens the account. */
  async register({ name, suspected = [] }: Newcomer, accountClass: AccountClass, context: CommandContext): Promise<Registered> {
    const { apiKey, keyHash, lastFour } = this.keyFrom();
    for (let attempt = 1; attempt <= ID_ATTEMPTS_MAX; attempt++) {
      const id = this.nextUserId.take();
      const at = iso(this.ports.clock.now());
      const outcome = await this.commands.execute(new OnUser(id, {
        type: 'RegisterUser', accountClass, name: personal(`user-${id}`, name), keyHash, lastFour, suspected, at,
      }, context));
      if (outcome.outcome === 'refused') continue; // another node took the number
      return { id, apiKey, position: await this.openAccount(id, accountClass, context) };
    }
    throw new Error(`no free user id in ${ID_ATTEMPTS_MAX} attempts`);
  }

  /** Ends the old key, if there is one. @throws Refused for whoever was wiped */
  async issueKey(id: number, context: CommandContext): Promise<{ apiKey: string; position: number }> {
    const { apiKey, keyHash, lastFour } = this.keyFrom();
    const outcome = await this.commands.execute(new OnUser(id, { type: 'IssueApiKey', keyHash, lastFour, at: iso(this.ports.clock.now()) }, context));
    if (outcome.outcome !== 'appended') throw refusedBy(userRefusals, 'UserNotFound');
    return { apiKey, position: outcome.position };
  }

  async openAccount(id: number, accountClass: AccountClass, context: CommandContext): Promise<number> {
    const at = iso(this.ports.clock.now());
    const outcome = await this.commands.execute(new OnAccount(id, { type: 'OpenAccount', accountClass, at, policy: this.pricing.policy.version }, context));
    return outcome.outcome === 'appended' ? outcome.position : this.ports.feed.head();
  }
}
