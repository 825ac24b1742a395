import type { Recorded } from '../kernel/event.js';
import { ledgerOf } from '../kernel/event.js';
import { spendable } from '../kernel/ledger.js';
import type { AuthorizationClosed, AuthorizationOpened, FormHoldPlaced, HoldReleased, JobSettled, TransactionReversed } from '../kudos/account.events.js';
import type { Violations } from './violations.js';

/** An authorization while it is open. Amounts in centikudos. */
export interface OpenHold {
  readonly request: string;
  readonly payer: number;
  readonly quote: number;
  /** With what was set aside for single forms since. */
  hold: number;
  captured: number;
  released: number;
  /** Activation and debits so far. */
  debited: number;
  settled: number;
  readonly activationTx: string | undefined;
  reversed: boolean;
  /** Set aside for the owner of its style, and not passed on yet. */
  reward: { readonly owner: number; readonly amount: number } | undefined;
}

/** What has to be known of a request when its authorization closes. */
export interface RequestEnds {
  /** Undefined while it goes on; afterwards how many of its delivered jobs are not settled. */
  unsettledOf(request: string): number | undefined;
  authorizationClosed(request: string): void;
}

/** I6 (holds), I26 (never more than the quote) and I28 (closed only when all is settled). */
export class Authorizations {
  readonly open = new Map<string, OpenHold>();

  constructor(private readonly violations: Violations, private readonly requests: RequestEnds) {}

  add(event: Recorded): void {
    switch (event.type) {
      case 'AuthorizationOpened.v1': return this.opened(event, event.data as AuthorizationOpened['data']);
      case 'JobSettled.v1': return this.settled(event, event.data as JobSettled['data']);
      case 'FormHoldPlaced.v1': return this.placed(event, event.data as FormHoldPlaced['data']);
      case 'HoldReleased.v1': return this.released(event, event.data as HoldReleased['data']);
      case 'TransactionReversed.v1': return this.reversed(event, event.data as TransactionReversed['data']);
      case 'AuthorizationClosed.v1': return this.closed(event, event.data as AuthorizationClosed['data']);
      default: // No other event touches an authorization.
    }
  }

  private opened(event: Recorded, { request, user, quote, hold, activation, style }: AuthorizationOpened['data']): void {
    const { violations } = this;
    violations.unless(event.stream === `account-${user}`, 'I11', event, () => `opens an authorization of user ${user}`);
    violations.unless(!this.open.has(request), 'I6', event, () => `a second authorization of request ${request}`);
    violations.unless(hold >= 0, 'I6', event, () => `a hold of ${hold}`);
    violations.unless(activation <= quote, 'I26', event, () => `activation ${activation} above the quote ${quote}`);
    this.open.set(request, {
      request, payer: user, quote, hold, captured: 0, released: 0, debited: activation, settled: 0, activationTx: ledgerOf(event)?.txId, reversed: false,
      reward: style && { owner: style.owner, amount: style.reward },
    });
    if (style) this.setAside(event, user, style);
  }

  private settled(event: Recorded, { request, payer, job, captured, debit, style }: JobSettled['data']): void {
    if (payer === 0) return this.violations.unless(!style, 'I29', event, () => `job ${job} of nobody pays for a style`);
    const authorization = this.find(event, { request, user: payer });
    if (!authorization) return this.violations.report('I28', event, `job ${job} is settled after the authorization of ${request} was closed`);
    authorization.captured += captured;
    authorization.debited += debit;
    authorization.settled += 1;
    this.checkHold(event, authorization, captured);
    this.checkReward(event, authorization, style);
    const { debited, quote } = authorization;
    this.violations.unless(debited <= quote, 'I26', event, () => `request ${request} has cost ${debited}, above its quote of ${quote}`);
  }

  /** A style's owner, who is not the payer, can only be promised what the payer has really given (I3). */
  private setAside(event: Recorded, user: number, { owner, reward }: NonNullable<AuthorizationOpened['data']['style']>): void {
    const amountAt = (account: string): number => ledgerOf(event)?.postings.find((posting) => posting.account === account)?.amount ?? 0;
    this.violations.unless(owner !== user, 'I3', event, () => `sets ${reward} aside for user ${owner}, who pays it`);
    this.violations.unless(reward >= 0 && reward <= -amountAt(spendable(user)), 'I3', event, () => `sets ${reward} aside, which user ${user} has not paid`);
    this.violations.unless(amountAt('burn:style') === reward, 'I3', event, () => `burns ${amountAt('burn:style')} for a reward of ${reward}`);
  }

  /** What was set aside is passed on with the first job that is settled, and never again. */
  private checkReward(event: Recorded, authorization: OpenHold, style: JobSettled['data']['style']): void {
    const { request, reward, settled } = authorization;
    const due = settled === 1 && reward && reward.amount > 0 ? reward : undefined;
    const isRight = style?.owner === due?.owner && style?.reward === due?.amount;
    this.violations.unless(isRight, 'I3', event, () => `pays ${style?.reward ?? 0} for the style of ${request}, and ${due?.amount ?? 0} were set aside`);
  }

  private placed(event: Recorded, { request, user, job, amount }: FormHoldPlaced['data']): void {
    const authorization = this.find(event, { request, user });
    if (!authorization) return this.violations.report('I6', event, `sets ${amount} aside for form ${job} of ${request}, which is over`);
    this.violations.unless(amount > 0, 'I6', event, () => `a hold of ${amount}`);
    authorization.hold += amount;
  }

  private released(event: Recorded, { request, user, amount }: HoldReleased['data']): void {
    const authorization = this.find(event, { request, user });
    if (!authorization) return this.violations.report('I6', event, `releases ${amount} of a hold that is over`);
    authorization.released += amount;
    this.checkHold(event, authorization, amount);
  }

  /** What a moderator takes back is over, or of another account's request: the books see that it happens once. */
  private reversed(event: Recorded, { request, user, reason, ledger }: TransactionReversed['data']): void {
    if (reason === 'moderator' || request === undefined) return;
    const authorization = this.find(event, { request, user });
    const isOnce = authorization && !authorization.reversed && authorization.activationTx === ledger.reverses;
    if (authorization) authorization.reversed = true;
    this.violations.unless(isOnce === true, 'I8', event, () => `takes back ${String(ledger.reverses)}, which is not the open activation of ${request}`);
  }

  private closed(event: Recorded, { request, user, settled, released }: AuthorizationClosed['data']): void {
    const { violations } = this;
    const authorization = this.find(event, { request, user });
    if (!authorization) return violations.report('I6', event, `closes the authorization of ${request}, which is not open`);
    authorization.released += released;
    this.checkHold(event, authorization, released);
    const left = authorization.hold - authorization.captured - authorization.released;
    violations.unless(left === 0, 'I6', event, () => `${left} of the hold of ${request} end in neither state`);
    violations.unless(settled === authorization.settled, 'I28', event, () => `says ${settled} jobs are settled, and ${authorization.settled} are`);
    const unsettled = this.requests.unsettledOf(request);
    violations.unless(unsettled !== undefined, 'I28', event, () => `request ${request} goes on`);
    violations.unless(!unsettled, 'I28', event, () => `${String(unsettled)} delivered jobs of ${request} are not settled`);
    this.open.delete(request);
    this.requests.authorizationClosed(request);
  }

  private find(event: Recorded, { request, user }: { request: string; user: number }): OpenHold | undefined {
    const authorization = this.open.get(request);
    if (!authorization) return undefined;
    const isOwn = authorization.payer === user && event.stream === `account-${user}`;
    this.violations.unless(isOwn, 'I6', event, () => `touches the authorization of ${request}, which is in account-${authorization.payer}`);
    return authorization;
  }

  private checkHold(event: Recorded, { request, hold, captured, released }: OpenHold, amount: number): void {
    this.violations.unless(amount >= 0, 'I6', event, () => `takes ${amount} out of a hold`);
    this.violations.unless(captured + released <= hold, 'I6', event, () => `${captured} captured and ${released} released of a hold of ${hold} for ${request}`);
  }
}
