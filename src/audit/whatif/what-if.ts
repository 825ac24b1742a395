import { ledgerOf, type Recorded } from '../../kernel/event.js';
import { centikudos, minus, NO_KUDOS, type Kudos } from '../../kernel/kudos.js';
import { escrow, posting, spendable, userOf, type Posting } from '../../kernel/ledger.js';
import type { AccountOpened, AuthorizationOpened, JobSettled } from '../../kudos/account.events.js';
import { styleReward } from '../../pricing/activation.js';
import { patchedPolicy, type PolicyPatch } from '../../pricing/policy-patch.js';
import type { PricePolicy } from '../../pricing/price-policy.js';
import { settlementOf } from '../../pricing/settlement.js';
import type { ReferenceSnapshot } from '../../reference/reference.js';
import type { JobSubmitted, RequestAccepted, RequestFacts } from '../../requests/request.events.js';
import type { UptimeRewarded, WorkerDeclared } from '../../workers/worker.events.js';
import { repricedActivation, repricedJob, type Both, type JobMoney, type Policies } from './reprice.js';
import { replaced, TwoBooks } from './two-books.js';
import { Declarations } from './uptime.js';

export interface WhatIfQuestion {
  readonly patch: PolicyPatch;
  readonly policies: readonly PricePolicy[];
  readonly reference: ReferenceSnapshot;
  /** ISO 8601: requests accepted before it keep the policy that they were quoted by. */
  readonly from?: string;
}

/** One model, or what a kind of request pays when it is accepted. */
export interface ModelFigures {
  readonly kind: string;
  readonly model: string;
  jobs: number;
  readonly earned: Record<'was' | 'would', number>;
  readonly spent: Record<'was' | 'would', number>;
}

interface OpenRequest {
  readonly policies: Policies | undefined;
  facts: RequestFacts | undefined;
  /** What its payer gave for the activation, and what of it is for the owner of the style, until the first job passes it on. */
  readonly activation: Both<Kudos>;
  style: StyleShare | undefined;
  readonly payer: number;
  abandoned: boolean;
}

interface StyleShare {
  readonly owner: number;
  readonly reward: Both<Kudos>;
}

export const ACTIVATION = '(activation)';
/** Ten minutes of a worker's time, beside the kinds of requests. */
export const UPTIME = 'uptime';

/**
 * The same log under another price policy. Everything that people decided stays: who asked for what, who served it, who gave
 * what to whom. Only what jobs and activations cost is worked out anew, from the inputs that their events froze, and each
 * event's whole transaction with it.
 */
export class WhatIf {
  readonly books = new TwoBooks();
  readonly models = new Map<string, ModelFigures>();
  events = 0;
  /** Jobs by what became of them: priced anew, from before the date, or not explained by what is stored. */
  readonly jobs = { repriced: 0, before: 0, unexplained: 0 };
  /** Rewards for ten minutes of a worker's time, likewise. */
  readonly uptime = { repriced: 0, before: 0, unexplained: 0 };
  /** Gifts and corrections that would have left less than the floor: they stay, because people decided them. */
  overdrawn = 0;
  readonly #requests = new Map<string, OpenRequest>();
  readonly #declarations = new Declarations();
  readonly #delivered = new Map<string, JobSubmitted['data']>();
  readonly #policies: ReadonlyMap<number, Policies>;

  constructor(private readonly question: WhatIfQuestion) {
    this.#policies = new Map(question.policies.map((was) => [was.version, { was, would: patchedPolicy(was, question.patch) }]));
  }

  /** Folds one event into both books; answers what its postings would have been. */
  add(event: Recorded): readonly Posting[] {
    const recorded = ledgerOf(event)?.postings ?? [];
    const would = this.#would(event, recorded);
    this.books.book(recorded, 'was');
    this.books.book(would, 'would');
    this.events += 1;
    return would;
  }

  #would(event: Recorded, recorded: readonly Posting[]): readonly Posting[] {
    switch (event.type) {
      case 'AccountOpened.v1': return this.#accountOpened(event.data as AccountOpened['data'], recorded);
      case 'AuthorizationOpened.v1': return this.#authorized(event.data as AuthorizationOpened['data'], recorded);
      case 'RequestAccepted.v1': return this.#accepted(event.data as RequestAccepted['data'], recorded);
      case 'JobSubmitted.v1': return this.#submitted(event.data as JobSubmitted['data'], recorded);
      case 'JobSettled.v1': return this.#settled(event.data as JobSettled['data'], recorded);
      case 'RequestAbandoned.v1': return this.#abandoned(event.data as { request: string }, recorded);
      case 'TransactionReversed.v1': return this.#reversed(event.data as { request?: string; reason: string }, recorded);
      case 'AuthorizationClosed.v1': return this.#closed(event.data as { request: string }, recorded);
      case 'WorkerDeclared.v1': return this.#declared(event.data as WorkerDeclared['data'], recorded);
      case 'UptimeRewarded.v1': return this.#rewarded(event.data as UptimeRewarded['data'], recorded);
      case 'RequestCompleted.v1': return this.#completed(event.data as { request: string; payer: number }, recorded);
      default: return ledgerOf(event)?.kind === 'evaluation_promotion' ? this.#released(recorded) : this.#kept(recorded);
    }
  }

  #accountOpened({ user }: AccountOpened['data'], recorded: readonly Posting[]): readonly Posting[] {
    this.books.of(user).floor = recorded.find(({ account }) => account === spendable(user))?.amount ?? 0; // accounts open with it
    return recorded;
  }

  #authorized({ user, request, kind, activation, policy, openedAt, ledger, style: used }: AuthorizationOpened['data'], recorded: readonly Posting[]): readonly Posting[] {
    const policies = this.#policiesFor(policy, openedAt);
    const paid = centikudos(-(ledger?.postings.find(({ account }) => account === spendable(user))?.amount ?? 0));
    const due = (policies && repricedActivation(kind, activation, policies)) ?? activation;
    const would = this.books.payable(user, { due: activation, paid }, due);
    const style = used && { owner: used.owner, reward: { was: used.reward, would: styleShare(used.reward, policies, { was: paid, would }) } };
    this.#requests.set(request, { policies, facts: undefined, activation: { was: paid, would }, style, payer: user, abandoned: false });
    this.books.spend(user, { was: paid, would });
    this.#countActivation(kind, { was: paid, would });
    const legs = (of: 'was' | 'would', owed: Kudos, given: Kudos): readonly Posting[] => activationLegs(spendable(user), { owed, given, reward: style?.reward[of] ?? NO_KUDOS });
    return replaced(recorded, legs('was', activation, paid), legs('would', due, would));
  }

  #accepted({ ledger: _ledger, ...facts }: RequestAccepted['data'], recorded: readonly Posting[]): readonly Posting[] {
    const known = this.#requests.get(facts.request);
    if (known) known.facts = facts;
    if (facts.payer !== 0) return recorded;
    const { request, kind, activation, policy, acceptedAt } = facts;
    const policies = this.#policiesFor(policy, acceptedAt);
    const due = (policies && repricedActivation(kind, activation, policies)) ?? activation;
    this.#requests.set(request, { policies, facts, activation: { was: activation, would: due }, style: undefined, payer: 0, abandoned: false });
    this.#countActivation(kind, { was: activation, would: due });
    const legs = (owed: Kudos): readonly Posting[] => activationLegs('issue:anonymous', { owed, given: owed, reward: NO_KUDOS });
    return replaced(recorded, legs(activation), legs(due));
  }

  #submitted(data: JobSubmitted['data'], recorded: readonly Posting[]): readonly Posting[] {
    this.#delivered.set(data.job, data);
    return recorded;
  }

  #settled(settled: JobSettled['data'], recorded: readonly Posting[]): readonly Posting[] {
    const delivered = this.#delivered.get(settled.job);
    const money = this.#repriced(settled, delivered);
    this.#delivered.delete(settled.job);
    const paid = minus(settled.debit, settled.forgiven);
    const would = settled.payer === 0 ? money.would.debit : this.books.payable(settled.payer, { due: settled.debit, paid }, money.would.debit);
    this.#countJob(settled, money, { was: paid, would });
    const passedOn = this.#passedOn(settled.request);
    if (!delivered) return recorded;
    const { job, kind, owner, settledAt, policy } = settled;
    const legs = (of: 'was' | 'would', given: Kudos): readonly Posting[] => settlementOf(
      { job, kind, owner, ownerTrusted: delivered.ownerTrusted, ...money[of], at: settledAt, policy, ...(passedOn && { style: { owner: passedOn.owner, reward: passedOn.reward[of] } }) },
      settled.payer, given,
    ).ledger?.postings ?? [];
    return replaced(recorded, legs('was', paid), legs('would', would));
  }

  /** The first job of a request that is paid brings the owner of its style their share (horde-rules §2.9). */
  #passedOn(request: string): StyleShare | undefined {
    const open = this.#requests.get(request);
    const style = open?.style;
    if (!open || !style) return undefined;
    open.style = undefined;
    this.books.earn(style.owner, style.reward);
    return style;
  }

  /** What the job cost and would have; the same where it cannot be told, or is not asked. */
  #repriced({ request, price, debit, ...settled }: JobSettled['data'], delivered: JobSubmitted['data'] | undefined): Both<JobMoney> {
    const was = { price, reward: centikudos(settled.spendable + settled.escrow), debit };
    const open = this.#requests.get(request);
    if (open && !open.policies) {
      this.jobs.before += 1;
      return { was, would: was };
    }
    const repriced = open?.policies && open.facts && delivered && repricedJob(open.facts, delivered, open.policies, this.question.reference);
    this.jobs[repriced ? 'repriced' : 'unexplained'] += 1;
    return repriced ?? { was, would: was };
  }

  #countJob({ kind, model, owner, payer, ...settled }: JobSettled['data'], { would }: Both<JobMoney>, paid: Both<Kudos>): void {
    const earned = { was: settled.spendable + settled.escrow, would: would.reward };
    this.books.earn(owner, earned);
    if (payer !== 0) this.books.spend(payer, paid);
    const figures = this.#model(kind, model);
    figures.jobs += 1;
    add(figures.earned, earned);
    add(figures.spent, paid);
  }

  #countActivation(kind: string, paid: Both<Kudos>): void {
    const figures = this.#model(kind, ACTIVATION);
    figures.jobs += 1;
    add(figures.spent, paid);
  }

  #abandoned({ request }: { request: string }, recorded: readonly Posting[]): readonly Posting[] {
    const open = this.#requests.get(request);
    if (open) open.abandoned = true;
    return recorded;
  }

  /** A request that never came gets its price back: the one it would have paid. */
  #reversed({ request = '', reason }: { request?: string; reason: string }, recorded: readonly Posting[]): readonly Posting[] {
    const open = this.#requests.get(request);
    if (!open || reason === 'moderator') return this.#kept(recorded);
    return this.#givenBack(request, open, recorded);
  }

  #closed({ request }: { request: string }, recorded: readonly Posting[]): readonly Posting[] {
    const open = this.#requests.get(request);
    // Nothing had been paid, so nothing was given back; something would have been.
    const would = open?.abandoned ? this.#givenBack(request, open, recorded) : recorded;
    this.#requests.delete(request);
    return would;
  }

  #givenBack(request: string, { payer, activation: { was, would }, style }: OpenRequest, recorded: readonly Posting[]): readonly Posting[] {
    this.#requests.delete(request);
    this.books.spend(payer, { was: -was, would: -would });
    const legs = (of: 'was' | 'would', amount: Kudos): readonly Posting[] => {
      const reward = style?.reward[of] ?? NO_KUDOS;
      return [posting('burn:activation', reward - amount), posting('burn:style', -reward), posting(spendable(payer), amount)];
    };
    return replaced(recorded, legs('was', was), legs('would', would));
  }

  #completed({ request, payer }: { request: string; payer: number }, recorded: readonly Posting[]): readonly Posting[] {
    if (payer === 0) this.#requests.delete(request);
    return recorded;
  }

  #declared({ worker, declaration }: WorkerDeclared['data'], recorded: readonly Posting[]): readonly Posting[] {
    this.#declarations.declared(worker, declaration);
    return recorded;
  }

  #rewarded(rewarded: UptimeRewarded['data'], recorded: readonly Posting[]): readonly Posting[] {
    const { kind, owner, amount, policy, rewardedAt } = rewarded;
    const policies = this.#policiesFor(policy, rewardedAt);
    const repriced = policies && this.#declarations.repriced(rewarded, policies, this.question.reference);
    this.uptime[repriced !== undefined ? 'repriced' : policies ? 'unexplained' : 'before'] += 1;
    const earned = { was: amount, would: repriced ?? amount };
    this.books.earn(owner, earned);
    const figures = this.#model(UPTIME, kind);
    figures.jobs += 1;
    add(figures.earned, earned);
    const pocket = rewarded.escrow > 0 ? escrow(owner) : spendable(owner);
    const legs = (of: Kudos): readonly Posting[] => [posting('issue:uptime', -of), posting(pocket, of)];
    return replaced(recorded, legs(earned.was), legs(earned.would));
  }

  /** A release moves all that waits in escrow; what would have waited more or less moves with it (horde-rules §1.8). */
  #released(recorded: readonly Posting[]): readonly Posting[] {
    const user = recorded.map(({ account }) => userOf(account)).find((owner) => owner?.pocket === 'escrow')?.user;
    if (user === undefined) return recorded;
    const { was, would } = this.books.of(user);
    const more = centikudos(would.escrow - was.escrow);
    return replaced(recorded, [], [posting(escrow(user), -more), posting(spendable(user), more)]);
  }

  #kept(recorded: readonly Posting[]): readonly Posting[] {
    for (const { account, amount } of recorded) {
      const owner = amount < 0 ? userOf(account) : undefined;
      if (owner?.pocket !== 'spendable') continue;
      const { floor, was, would } = this.books.of(owner.user);
      if (would.spendable + amount < floor && was.spendable + amount >= floor) this.overdrawn += 1;
    }
    return recorded;
  }

  /** Undefined for a request that keeps its policy. One of an unknown policy is kept too: this release cannot price it. */
  #policiesFor(version: number, at: string): Policies | undefined {
    return this.question.from !== undefined && at < this.question.from ? undefined : this.#policies.get(version);
  }

  #model(kind: string, model: string): ModelFigures {
    const key = `${kind} ${model}`;
    let figures = this.models.get(key);
    if (!figures) this.models.set(key, (figures = { kind, model, jobs: 0, earned: { was: 0, would: 0 }, spent: { was: 0, would: 0 } }));
    return figures;
  }
}

const add = (to: Record<'was' | 'would', number>, { was, would }: Both<number>): void => {
  to.was += was;
  to.would += would;
};

/** As the account decides it: the reward is set aside only where the payer really gives so much. One that another rule explains is left. */
const styleShare = (was: Kudos, policies: Policies | undefined, paid: Both<Kudos>): Kudos => {
  const under = (policy: PricePolicy, given: Kudos): Kudos => (given >= styleReward(policy) ? styleReward(policy) : NO_KUDOS);
  return policies && under(policies.was, paid.was) === was ? under(policies.would, paid.would) : was;
};

interface ActivationPaid {
  readonly owed: Kudos;
  readonly given: Kudos;
  readonly reward: Kudos;
}
const activationLegs = (payer: Posting['account'], { owed, given, reward }: ActivationPaid): readonly Posting[] => [
  posting(payer, -given), posting('issue:floor', -(owed - given)), posting('burn:activation', owed - reward), posting('burn:style', reward),
].filter(({ amount }) => amount !== NO_KUDOS);
