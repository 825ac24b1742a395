import { Injectable } from '@nestjs/common';
import { plus, type Kudos } from '../kernel/kudos.js';
import { Claims } from './claims.message.js';
import { Members } from './members.message.js';

/** What moderators see of somebody's monthly thanks (horde-rules §1.6.2). */
@Injectable()
export class ThanksShown {
  constructor(private readonly claims: Claims, private readonly members: Members) {}

  /** All that a month brings, for whatever reason, and up to where the user has been thanked. */
  of(user: number): { readonly amount: Kudos; readonly lastReceived: string | undefined } {
    const { reasons, received } = this.claims.of(user);
    return { amount: plus(...[...reasons, ...this.members.reasonsOf(user)].map(({ amount }) => amount)), lastReceived: received?.cursor };
  }
}
