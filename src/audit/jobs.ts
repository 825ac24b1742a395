import type { Recorded } from '../kernel/event.js';
import { ledgerOf } from '../kernel/event.js';
import { escrow, spendable } from '../kernel/ledger.js';
import type { JobSettled } from '../kudos/account.events.js';
import type { JobAssigned, JobFaulted, JobSubmitted, RequestAccepted, RequestCompleted } from '../requests/request.events.js';
import type { RequestEnds } from './authorizations.js';
import type { Violations } from './violations.js';

interface OpenRequest {
  readonly payer: number;
  readonly quote: number;
  /** What an anonymous request has cost; a registered payer's authorization counts for the others. */
  debited: number;
  waiting: number;
  /** Job → worker. */
  readonly pending: Map<string, string>;
  /** Alchemy: forms that are at a worker, delivered, or given up. */
  readonly takenForms: Set<number>;
  delivered: number;
  unsettled: number;
  withdrawn: boolean;
  ended: boolean;
}

/** I7 and I25 (each job paid once, exactly as frozen), I18 (one assignee, one result), I29. Forgets what is over. */
export class Jobs implements RequestEnds {
  readonly requests = new Map<string, OpenRequest>();
  /** Delivered jobs that nobody has paid yet. */
  readonly unsettled = new Map<string, JobSubmitted['data']>();

  constructor(private readonly violations: Violations) {}

  unsettledOf(id: string): number | undefined {
    const request = this.requests.get(id);
    return request?.ended ? request.unsettled : undefined;
  }
  authorizationClosed(id: string): void {
    this.requests.delete(id);
  }

  add(event: Recorded): void {
    switch (event.type) {
      case 'RequestAccepted.v1': return this.accepted(event, event.data as RequestAccepted['data']);
      case 'RequestAbandoned.v1': return this.abandoned(event.data as { request: string; payer: number });
      case 'JobAssigned.v1': return this.assigned(event, event.data as JobAssigned['data']);
      case 'JobSubmitted.v1': return this.submitted(event, event.data as JobSubmitted['data']);
      case 'JobFaulted.v1':
      case 'JobExpired.v1': return this.returned(event, event.data as JobFaulted['data']);
      case 'RequestCancelled.v1':
      case 'RequestFaulted.v1':
      case 'RequestExpired.v1': return this.withdrawn(event, event.data as { request: string; withdrawn: number });
      case 'RequestCompleted.v1': return this.completed(event, event.data as RequestCompleted['data']);
      case 'JobSettled.v1': return this.settled(event, event.data as JobSettled['data']);
      default: // Nothing else happens to a job.
    }
  }

  private accepted(event: Recorded, { request, payer, jobs, quote, activation }: RequestAccepted['data']): void {
    this.violations.unless(!this.requests.has(request), 'I18', event, () => `request ${request} is accepted a second time`);
    this.violations.unless(activation <= quote, 'I26', event, () => `activation ${activation} above the quote ${quote}`);
    this.requests.set(request, {
      payer, quote, debited: activation, waiting: jobs, pending: new Map(), takenForms: new Set(), delivered: 0, unsettled: 0, withdrawn: false,
      ended: false,
    });
  }

  private abandoned({ request, payer }: { request: string; payer: number }): void {
    this.requests.set(request, { payer, quote: 0, debited: 0, waiting: 0, pending: new Map(), takenForms: new Set(), delivered: 0, unsettled: 0, withdrawn: true, ended: true });
  }

  private assigned(event: Recorded, { request: id, job, worker, form }: JobAssigned['data']): void {
    const request = this.running(event, id);
    if (!request) return;
    this.violations.unless(request.waiting > 0 && !request.withdrawn, 'I18', event, () => `hands out job ${job}, but nothing of ${id} is waiting`);
    this.violations.unless(!request.pending.has(job), 'I18', event, () => `hands out job ${job} a second time`);
    request.waiting -= 1;
    request.pending.set(job, worker);
    if (form === undefined) return;
    this.violations.unless(!request.takenForms.has(form), 'I18', event, () => `hands out form ${form} of ${id}, which is taken`);
    request.takenForms.add(form);
  }

  private submitted(event: Recorded, data: JobSubmitted['data']): void {
    const request = this.leave(event, data);
    if (!request) return;
    const isFree = data.price === 0 && data.debit === 0 && data.reward === undefined && data.owner === request.payer && request.payer !== 0;
    this.violations.unless(!data.selfTest || isFree, 'I25', event, () => `job ${data.job} is a test of ${data.owner}'s own worker, and is not free or not its own`);
    request.delivered += 1;
    request.unsettled += 1;
    this.unsettled.set(data.job, data);
  }

  private returned(event: Recorded, data: JobFaulted['data']): void {
    const request = this.leave(event, data);
    if (!request || request.withdrawn || data.final) return;
    request.waiting += 1;
    if (data.form !== undefined) request.takenForms.delete(data.form);
  }

  private leave(event: Recorded, { request: id, job, worker }: { request: string; job: string; worker: string }): OpenRequest | undefined {
    const request = this.running(event, id);
    const assignee = request?.pending.get(job);
    this.violations.unless(assignee === worker, 'I18', event, () => `job ${job} comes from ${worker}, and is at ${assignee ?? 'nobody'}`);
    request?.pending.delete(job);
    return request;
  }

  private withdrawn(event: Recorded, { request: id, withdrawn }: { request: string; withdrawn: number }): void {
    const request = this.running(event, id);
    if (!request) return;
    this.violations.unless(withdrawn === request.waiting, 'I18', event, () => `withdraws ${withdrawn} jobs, and ${request.waiting} are waiting`);
    const isEarly = event.type === 'RequestExpired.v1' && request.pending.size > 0;
    this.violations.unless(!isEarly, 'I18', event, () => `request ${id} expires with ${request.pending.size} jobs at workers`);
    request.waiting = 0;
    request.withdrawn = true;
  }

  private completed(event: Recorded, { request: id, submitted }: RequestCompleted['data']): void {
    const request = this.running(event, id);
    if (!request) return;
    const open = request.waiting + request.pending.size;
    this.violations.unless(open === 0, 'I18', event, () => `request ${id} completes with ${open} jobs open`);
    this.violations.unless(submitted.length === request.delivered, 'I28', event, () => `names ${submitted.length} delivered jobs, and ${request.delivered} were delivered`);
    request.ended = true;
    if (request.payer !== 0) return;
    this.violations.unless(request.unsettled === 0, 'I7', event, () => `${request.unsettled} jobs of an anonymous request end unsettled`);
    this.requests.delete(id);
  }

  private running(event: Recorded, id: string): OpenRequest | undefined {
    const request = this.requests.get(id);
    if (request && !request.ended) return request;
    this.violations.report('I18', event, `request ${id} is not open`);
    return undefined;
  }

  private settled(event: Recorded, settlement: JobSettled['data']): void {
    const { job, payer, request: id, debit } = settlement;
    const frozen = this.unsettled.get(job);
    if (!frozen) return this.violations.report('I7', event, `job ${job} was never delivered, or is settled already`);
    this.unsettled.delete(job);
    const home = payer === 0 ? `request-${id}` : `account-${payer}`;
    this.violations.unless(event.stream === home, 'I7', event, () => `job ${job} is settled outside ${home}`);
    const request = this.requests.get(frozen.request);
    if (request) {
      request.unsettled -= 1;
      this.violations.unless(request.payer === payer, 'I7', event, () => `user ${payer} settles a job of user ${request.payer}`);
      if (payer === 0) request.debited += debit;
      this.violations.unless(payer !== 0 || request.debited <= request.quote, 'I26', event, () => `request ${id} has cost ${request.debited}, above its quote of ${request.quote}`);
    }
    this.checkAmounts(event, settlement, frozen);
    this.checkPostings(event, settlement);
  }

  private checkAmounts(event: Recorded, settlement: JobSettled['data'], frozen: JobSubmitted['data']): void {
    const { violations } = this;
    for (const field of ['request', 'owner', 'worker', 'price', 'debit', 'things', 'selfTest', 'team'] as const) {
      violations.unless(settlement[field] === frozen[field], 'I7', event, () => `${field} of job ${settlement.job} is ${settlement[field]}, and was frozen as ${frozen[field]}`);
    }
    const { price, forgiven, debit, job } = settlement;
    const credited = settlement.spendable + settlement.escrow;
    const due = frozen.reward ?? price;
    violations.unless(credited === due, 'I25', event, () => `job ${job} credits ${credited}, and its owner is due ${due}`);
    violations.unless(!frozen.ownerTrusted || settlement.escrow === 0, 'I7', event, () => `job ${job} holds back ${settlement.escrow} of a trusted owner`);
    violations.unless(forgiven >= 0 && forgiven <= debit, 'I4', event, () => `forgives ${forgiven} of ${debit}`);
  }

  /** What the transaction does to users is what the event says, and what it forgives is issued in it (I4). */
  private checkPostings(event: Recorded, { job, payer, owner, debit, forgiven, style, ...split }: JobSettled['data']): void {
    const due = new Map<string, number>();
    const owe = (account: string, amount: number): void => void due.set(account, (due.get(account) ?? 0) + amount);
    owe(spendable(owner), split.spendable);
    owe(escrow(owner), split.escrow);
    owe(payer === 0 ? 'issue:anonymous' : spendable(payer), forgiven - debit);
    owe('issue:floor', -forgiven);
    if (style) {
      owe(spendable(style.owner), style.reward);
      owe('burn:style', -style.reward);
    }
    const invariantOf = (account: string): 'I4' | 'I7' | 'I25' => {
      if (account === 'issue:floor') return 'I4';
      return account === spendable(owner) || account === escrow(owner) ? 'I25' : 'I7';
    };
    for (const { account, amount } of ledgerOf(event)?.postings ?? []) {
      if (!due.has(account) && !account.startsWith('user:')) continue; // burned or made up: what is left, by I1
      owe(account, -amount);
    }
    for (const [account, left] of due) {
      this.violations.unless(left === 0, invariantOf(account), event, () => `job ${job} moves ${left} too little at ${account}`);
    }
  }
}
