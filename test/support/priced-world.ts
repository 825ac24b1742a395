import { valueOfImage, valueOfText, payOf, type JobValue } from '../../src/dispatch/job-value.js';
import type { CommonNeeds, WorkerFacts } from '../../src/dispatch/matching/facts.js';
import { servingModels, withinQuote } from '../../src/dispatch/matching/model-choice.js';
import type { Decider } from '../../src/kernel/decider.js';
import type { AnyEvent, Recorded } from '../../src/kernel/event.js';
import { ledgerOf } from '../../src/kernel/event.js';
import { transactionId } from '../../src/kernel/ids.js';
import { centikudos, kudos, most, NO_KUDOS, plus, type Kudos } from '../../src/kernel/kudos.js';
import { balanced, posting, spendable } from '../../src/kernel/ledger.js';
import type { AccountCommand } from '../../src/kudos/account.commands.js';
import { accountDecider } from '../../src/kudos/account.decider.js';
import { availableOf, type Account } from '../../src/kudos/account.state.js';
import { styleReward } from '../../src/pricing/activation.js';
import type { AlchemyJobFeatures, ImageJobFeatures, TextJobFeatures } from '../../src/pricing/job-features.js';
import type { PricePolicy } from '../../src/pricing/price-policy.js';
import type { Pricing } from '../../src/pricing/pricing.js';
import { imageQuote, textQuote, type Quote } from '../../src/pricing/quote.js';
import { imageUpfrontAmount, imageUpfrontRequired, textUpfrontAmount, textUpfrontRequired, type Load } from '../../src/pricing/upfront.js';
import { requestDecider } from '../../src/requests/request.decider.js';
import type { RequestFacts, RequestKind } from '../../src/requests/request.events.js';
import type { Request } from '../../src/requests/request.state.js';
import { imageFacts } from './request-facts.js';

/** What somebody asks for, as it is after all checks. */
export interface Ask {
  readonly kind: RequestKind;
  readonly payer: number;
  readonly features: RequestFacts['features'];
  readonly jobs: number;
  readonly models: readonly string[];
  /** What workers offer when it is quoted. */
  readonly offered: readonly string[];
  readonly slowWorkers: boolean;
  readonly workerBlacklist: boolean;
  readonly load: Load;
  /** Somebody else's style. */
  readonly style?: { readonly style: string; readonly owner: number };
}
/** Who delivers one job, and what. */
export interface Serve {
  readonly owner: number;
  readonly ownerTrusted: boolean;
  readonly agent: string;
  readonly models: readonly string[];
  readonly state: 'ok' | 'censored' | 'csam';
  readonly text: string;
}
export interface Taken {
  readonly facts: RequestFacts;
  readonly quote: Quote;
  readonly required: Kudos;
}

const START = Date.UTC(2026, 2, 1, 12);

/**
 * Requests from their quote to their end, as the deciders and the price functions have it: what admission, pop and deliver do
 * around them is done here in the same order, without a server. Everything that happens is recorded like a log.
 */
export class PricedWorld {
  readonly log: Recorded[] = [];
  readonly #accounts = new Map<number, Account>();
  readonly #income = new Map<number, number>();
  readonly #requests = new Map<string, Request>();
  #seconds = 0;

  /** `pricing` is what is in force; it may be changed while requests are under way. */
  constructor(public pricing: Pricing) {}

  open(user: number, amount = 0): void {
    this.#onAccount(user, { type: 'OpenAccount', accountClass: 'oauth', ...this.#given() });
    if (amount > 0) this.grant(user, amount);
  }

  grant(user: number, amount: number): void {
    const txId = transactionId('grant', this.log.length);
    const ledger = balanced({ txId, kind: 'admin_adjustment', effectiveAt: this.now(), policy: 1 }, [posting('issue:adjustment', -amount), posting(spendable(user), amount)]);
    this.#record(`grant-${txId}`, [{ type: 'BalanceAdjusted.v1', data: { user, by: 1, ledger } }]);
  }

  transfer(from: number, to: number, amount: number): void {
    const parties = {
      recipientUnknown: false, recipientKeyExpired: false,
      reversesRecentGift: false, senderSuspicious: false, senderFlagged: false, senderEducation: false, recipientSuspicious: false, recipientFlagged: false,
      recipientEducation: false, recipientDeleted: false, senderDeleted: false, recipientRoom: centikudos(Number.MAX_SAFE_INTEGER),
    };
    this.#onAccount(from, {
      type: 'TransferKudos', txId: transactionId('gift', this.log.length), keyed: false, indexedThrough: -1, to, amount: centikudos(amount), parties, ...this.#spending(from),
    });
  }

  account(user: number): Account {
    let account = this.#accounts.get(user);
    if (!account) this.#accounts.set(user, (account = accountDecider.initialState(String(user))));
    return account;
  }

  available(user: number): Kudos {
    return user === 0 ? NO_KUDOS : availableOf(this.account(user), this.#creditsOf(user));
  }

  /** Undefined when it is refused for want of kudos, and then nothing has happened. */
  ask(ask: Ask): Taken | undefined {
    const { quote, required } = this.quoteOf(ask);
    if (required > (ask.payer === 0 ? NO_KUDOS : this.available(ask.payer)) && required > 0) {
      if (ask.payer !== 0 && this.#authorize(transactionId('request', this.log.length), ask, { quote, required })) throw new Error('admitted without its price');
      return undefined;
    }
    const request = transactionId('request', this.log.length);
    if (ask.payer !== 0 && !this.#authorize(request, ask, { quote, required })) throw new Error('refused although its price is there');
    const facts = this.#factsOf(request, ask, quote);
    const ledger = ask.payer === 0 ? balanced(
      { txId: transactionId('activation', request), kind: 'activation', effectiveAt: this.now(), policy: quote.policy },
      [posting('issue:anonymous', -quote.activation), posting('burn:activation', quote.activation)],
    ) : undefined;
    this.#onRequest(request, { type: 'AcceptRequest', facts, at: this.now(), ...(ledger && { ledger }) });
    return { facts, quote, required };
  }

  quoteOf({ kind, features, jobs, models, offered, slowWorkers, workerBlacklist, load, style }: Ask): { readonly quote: Quote; readonly required: Kudos } {
    const { policy, reference } = this.pricing;
    const named = models.length > 0 ? [] : offered;
    if (kind === 'alchemy') return { quote: alchemyQuote(features as AlchemyJobFeatures, this.pricing), required: NO_KUDOS };
    if (kind === 'image') {
      const asked = { features: features as ImageJobFeatures, jobs, models, offered: named, slowWorkers, workerBlacklist };
      const quote = imageQuote(asked, policy, reference);
      const upfront = imageUpfrontRequired({ ...asked, chargedWorkerList: false }, load, reference);
      return { quote, required: upfront.required ? imageUpfrontAmount(asked, quote, policy, reference) : NO_KUDOS };
    }
    const asked = { features: features as TextJobFeatures, models, slowWorkers, chargedWorkerList: false };
    const quote = textQuote({ ...asked, jobs, offered: named, styled: style !== undefined }, policy, reference);
    return { quote, required: textUpfrontRequired(asked, load).required ? textUpfrontAmount(models, quote, policy) : NO_KUDOS };
  }

  #authorize(request: string, { kind, payer, jobs, style }: Ask, { quote, required }: { quote: Quote; required: Kudos }): boolean {
    return this.#onAccount(payer, {
      type: 'OpenAuthorization', request, kind, jobs, quote: quote.total, activation: quote.activation, required, flagged: false, priorityCap: kudos(1e7),
      reference: quote.reference, ...(style && { style: { ...style, surcharge: styleReward(this.pricing.policy) } }), ...this.#spending(payer), policy: quote.policy,
    });
  }

  #factsOf(request: string, ask: Ask, quote: Quote): RequestFacts {
    const { kind, payer, features, jobs, models, slowWorkers, workerBlacklist } = ask;
    return {
      ...imageFacts({ request, payer, acceptedAt: this.now() }), kind, features, jobs, models, slowWorkers, workerBlacklist, activation: quote.activation, quote: quote.total,
      unitPriceMax: quote.unitPrice, policy: quote.policy, reference: quote.reference, ...(quote.dearest !== undefined && { dearest: quote.dearest }),
    };
  }

  /** The models of a worker that may serve the request: named ones, or any that is not dearer than its quote. */
  serving(facts: RequestFacts, offered: readonly string[]): readonly string[] {
    const { kind, features, models, unitPriceMax, policy } = facts;
    const affordable = withinQuote({ features: features as ImageJobFeatures, unitPriceMax }, this.pricing.policyOf(policy)!, this.pricing.reference);
    return servingModels({ models } as CommonNeeds, { models: new Set(offered) } as unknown as WorkerFacts, (model) => kind === 'text' || affordable(model));
  }

  /** One job from the hand-out to its payment; the model that served it, or undefined when the worker has none for it. */
  serve(facts: RequestFacts, { owner, ownerTrusted, agent, models, state, text }: Serve): string | undefined {
    const form = facts.kind === 'alchemy' ? this.#formsTaken(facts.request) : undefined;
    const model = form === undefined ? this.serving(facts, models)[0] : (facts.features as AlchemyJobFeatures).forms[form]?.form;
    const job = transactionId('hand-out', this.log.length);
    const taking = { worker: `worker-of-${owner}`, owner, ttlS: 150, at: this.now() };
    if (model === undefined || !this.#onRequest(facts.request, form === undefined
      ? { type: 'AssignJobs', jobs: [job], model, extraSlow: false, ...taking } : { type: 'AssignForms', forms: [{ job, form, held: NO_KUDOS }], ownerTrusted, ...taking })) return undefined;
    const { reference } = this.pricing;
    const policy = this.pricing.policyOf(facts.policy)!;
    const priced = { facts, model, censored: state !== 'ok' };
    const value: JobValue = form === undefined ? this.#valueOf(priced, { text, agent, ownerTrusted }, policy) : { ...(facts.features as AlchemyJobFeatures).forms[form]!, things: 1 };
    const pay = payOf(value.price, agent, policy);
    const { price, debit, things, text: judged } = value;
    this.#onRequest(facts.request, {
      type: 'SubmitJob', job, state, result: 'r', resultHash: null, seed: 1, price, debit, things, ...(judged && { text: judged }), ...pay, ownerTrusted, policy: policy.version, reference: reference.version, at: this.now(),
    });
    if (facts.payer !== 0) this.#settle(facts, { job, owner, ownerTrusted, model, price, debit, things, ...pay, policy: policy.version });
    return model;
  }

  #valueOf(priced: { facts: RequestFacts; model: string; censored: boolean }, by: Pick<Serve, 'text' | 'agent' | 'ownerTrusted'>, policy: PricePolicy): JobValue {
    const { reference } = this.pricing;
    return priced.facts.kind === 'image' ? valueOfImage(priced, policy, reference) : valueOfText({ ...priced, ...by }, policy, reference);
  }

  #formsTaken(request: string): number {
    return this.log.filter(({ stream, type }) => stream === `request-${request}` && type === 'JobAssigned.v1').length;
  }

  #settle({ request, payer, kind }: RequestFacts, done: { job: string; owner: number; ownerTrusted: boolean; model: string; price: Kudos; debit: Kudos; reward?: Kudos; things: number; policy: number }): void {
    const { job, owner, ownerTrusted, model, price, debit, reward, things, policy } = done;
    this.#onAccount(payer, {
      type: 'SettleJob', request, job, kind, owner, ownerTrusted, worker: `worker-of-${owner}`, model, price, debit, things, ended: this.#endOf(request),
      ...(reward !== undefined && { reward }), ...this.#spending(payer), policy,
    });
  }

  /** What is left of it is cancelled, and its authorization ends. */
  end({ request, payer, jobs }: RequestFacts): void {
    const { waiting } = this.#requests.get(request)!;
    this.#onRequest(request, { type: 'CancelRequest', at: this.now() });
    if (payer === 0) return;
    this.#onAccount(payer, { type: 'ReleaseHold', request, jobs: Math.min(waiting, jobs), ...this.#given() });
    this.#onAccount(payer, { type: 'CloseAuthorization', request, submitted: this.#endOf(request) ?? [], ...this.#given() });
  }

  /** Admitted, and then the process died: its request never comes. */
  abandon(ask: Ask): void {
    const { quote, required } = this.quoteOf(ask);
    const request = transactionId('request', this.log.length);
    if (ask.payer === 0 || !this.#authorize(request, ask, { quote, required })) return;
    this.#onRequest(request, { type: 'AbandonRequest', payer: ask.payer, at: this.now() });
    this.#onAccount(ask.payer, { type: 'AbandonAuthorization', request, ...this.#given() });
  }

  #endOf(request: string): readonly string[] | null {
    const end = this.log.findLast(({ stream, type }) => stream === `request-${request}` && type === 'RequestCompleted.v1');
    return end ? (end.data as { submitted: readonly string[] }).submitted : null;
  }

  now(): string {
    return new Date(START + this.#seconds * 1_000).toISOString();
  }

  #given(): { at: string; policy: number } {
    this.#seconds += 1;
    return { at: this.now(), policy: this.pricing.policy.version };
  }
  #spending(user: number): { at: string; policy: number; creditsElsewhere: Kudos; creditsComplete: true } {
    return { ...this.#given(), creditsElsewhere: this.#creditsOf(user), creditsComplete: true };
  }
  #creditsOf(user: number): Kudos {
    return centikudos(this.#income.get(user) ?? 0);
  }

  #onAccount(user: number, command: AccountCommand): boolean {
    return this.#decide(accountDecider, `account-${user}`, this.account(user), command);
  }
  #onRequest(request: string, command: Parameters<typeof requestDecider.decide>[0]): boolean {
    let state = this.#requests.get(request);
    if (!state) this.#requests.set(request, (state = requestDecider.initialState(request)));
    return this.#decide(requestDecider, `request-${request}`, state, command);
  }
  #decide<State, Command, Event extends AnyEvent, Rc extends string>(decider: Decider<State, Command, Event, Rc>, stream: string, state: State, command: Command): boolean {
    const decision = decider.decide(command, state);
    if (decision.outcome === 'refused') return false;
    for (const event of decision.events) decider.evolve(state, event);
    this.#record(stream, decision.events);
    return true;
  }

  #record(stream: string, events: readonly AnyEvent[]): void {
    for (const event of events) {
      const position = this.log.length;
      this.log.push({ stream, revision: this.log.filter((each) => each.stream === stream).length, position, id: String(position), ...event, metadata: {} as never });
      for (const { account, amount } of ledgerOf(event)?.postings ?? []) {
        const user = /^user:(\d+):spendable$/.exec(account)?.[1];
        if (user !== undefined && amount > 0 && stream !== `account-${user}`) this.#income.set(Number(user), (this.#income.get(Number(user)) ?? 0) + amount);
      }
    }
  }
}

const alchemyQuote = ({ forms }: AlchemyJobFeatures, { policy, reference }: Pricing): Quote => ({
  activation: NO_KUDOS, unitPrice: most(...forms.map(({ price }) => price)), perJob: most(...forms.map(({ debit }) => debit)), jobs: forms.length,
  total: plus(...forms.map(({ debit }) => debit)), policy: policy.version, reference: reference.version,
});

export const VALIDATED_AGENT = 'KoboldCppEmbedWorker:2:x';
