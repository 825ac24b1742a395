import type { Decider } from '../../src/kernel/decider.js';
import type { AnyEvent } from '../../src/kernel/event.js';
import { transactionId } from '../../src/kernel/ids.js';
import { centikudos, kudos, NO_KUDOS, type Kudos } from '../../src/kernel/kudos.js';
import { balanced, posting } from '../../src/kernel/ledger.js';
import type { AccountCommand } from '../../src/kudos/account.commands.js';
import type { RequestCommand } from '../../src/requests/request.commands.js';
import { requestDecider } from '../../src/requests/request.decider.js';
import { expiresAt, pendingJobs, submittedJobs, type Request } from '../../src/requests/request.state.js';
import { iso } from '../../src/kernel/clock.js';
import type { HistoryStyles, HistoryStyleUse } from './history-styles.js';
import type { HistoryTeams } from './history-teams.js';
import { imageFacts, textFacts } from './request-facts.js';
import type { Seeded } from './seeded.js';

const ALWAYS_AWAY = [{ fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER }];

export interface World {
  now(): string;
  write(stream: string, events: readonly AnyEvent[]): void;
}
export interface HistoryWorker {
  readonly id: string;
  readonly owner: number;
  readonly ownerTrusted: boolean;
  readonly extraSlow: boolean;
}
/** What a request finds around itself. */
export interface Surroundings {
  readonly random: Seeded;
  readonly world: World;
  readonly workers: readonly HistoryWorker[];
  readonly styles: Pick<HistoryStyles, 'use'>;
  readonly teams: Pick<HistoryTeams, 'stampOf'>;
  account(user: number, command: AccountCommand): boolean;
  decide<State, Command, Event extends AnyEvent, Rc extends string>(
    decider: Decider<State, Command, Event, Rc>, stream: string, given: { state: State; command: Command },
  ): boolean;
  spending(user: number): { at: string; policy: 1; creditsElsewhere: Kudos; creditsComplete: true };
  hasOpen(user: number, request: string): boolean;
  /** What was sent to a shared key in rounds that are over. */
  sentTo(key: string): Kudos;
}

type Stage = 'new' | 'authorized' | 'abandoned' | 'running';
/** What a fact in the request's stream still asks of its payer. */
interface Due {
  readonly job: string;
  readonly price: Kudos;
  readonly debit: Kudos;
  readonly things: number;
  readonly worker: HistoryWorker;
  readonly stamp: { readonly team?: string };
  readonly selfTest?: true;
}

/** One request from its authorization to the end, one step a round. */
export class RequestLife {
  private readonly id: string;
  private readonly jobs: number;
  private readonly unitPrice: Kudos;
  private readonly request: Request;
  private readonly kind: 'image' | 'text';
  private readonly payer: number;
  private readonly style: HistoryStyleUse | undefined;
  private readonly sharedKey: string | undefined;
  private stage: Stage = 'new';
  private due: Due[] = [];
  private readonly workersOf = new Map<string, HistoryWorker>();

  constructor(private readonly economy: Surroundings, { payer, kind, sharedKey }: { payer: number; kind: 'image' | 'text'; sharedKey?: string }) {
    const { random } = economy;
    this.payer = payer;
    this.kind = kind;
    this.sharedKey = sharedKey;
    this.id = random.uuid();
    this.jobs = random.chance(0.6) ? 1 : random.between(2, 6);
    this.unitPrice = centikudos(random.between(200, 3_000));
    this.request = requestDecider.initialState(this.id);
    this.style = kind === 'image' ? economy.styles.use() : undefined;
  }

  /** False once it is over. */
  step(): boolean {
    switch (this.stage) {
      case 'new': return this.payer === 0 ? this.accept() : this.authorize();
      case 'authorized': return this.economy.random.chance(0.03) ? this.abandon() : this.accept();
      case 'abandoned':
        this.economy.account(this.payer, { type: 'AbandonAuthorization', request: this.id, at: this.now, policy: 1 });
        return false;
      case 'running': return this.run();
    }
  }

  private get now(): string {
    return this.economy.world.now();
  }
  private get activation(): Kudos {
    return this.kind === 'image' ? kudos(3) : kudos(1);
  }
  private get dearest(): Kudos {
    return centikudos(Math.ceil(this.unitPrice * 1.3) + 100);
  }
  private get quote(): Kudos {
    return centikudos(this.activation + this.jobs * this.dearest);
  }

  private authorize(): boolean {
    const { economy, id: request, kind, jobs, quote, activation, sharedKey: key } = this;
    const opened = economy.account(this.payer, {
      type: 'OpenAuthorization', ...economy.spending(this.payer), request, kind, jobs, quote, activation,
      required: economy.random.chance(0.3) ? quote : NO_KUDOS, flagged: false, priorityCap: kudos(10_000_000), reference: 1,
      ...(this.style ? { style: this.style.paid } : {}),
      ...(key === undefined ? {} : { sharedKey: { key, credited: economy.sentTo(key), asks: undefined } }),
    });
    this.stage = 'authorized';
    return opened; // refused for want of kudos: it never was
  }

  private abandon(): boolean {
    this.decide({ type: 'AbandonRequest', payer: this.payer, at: this.now });
    this.stage = 'abandoned';
    return true;
  }

  private accept(): boolean {
    const { id: request, payer, kind, jobs, quote, activation } = this;
    const { random } = this.economy;
    const given = { request, payer, jobs, quote, activation, unitPriceMax: this.dearest, acceptedAt: this.now, shared: random.chance(0.3), r2: random.chance(0.8), ...(this.style ? { style: this.style.facts } : {}), ...(jobs % 2 === 0 ? { webhook: true as const } : {}) };
    const ledger = balanced(
      { txId: transactionId('activation', request), kind: 'activation', effectiveAt: this.now, policy: 1 },
      [posting('issue:anonymous', -activation), posting('burn:activation', activation)],
    );
    this.decide({ type: 'AcceptRequest', at: this.now, facts: kind === 'image' ? imageFacts(given) : textFacts(given), ...(payer === 0 ? { ledger } : {}) });
    this.stage = 'running';
    return true;
  }

  private run(): boolean {
    this.settleDue();
    if (this.request.completed) return this.economy.hasOpen(this.payer, this.id) ? this.close() : false;
    const { random } = this.economy;
    const pending = pendingJobs(this.request);
    if (random.chance(0.03)) this.cancel();
    else if (random.chance(0.01)) this.decide({ type: 'LoseContent', at: this.now });
    else if (this.request.waiting > 0 && random.chance(0.7)) this.assign();
    else if (pending.length > 0) this.work(random.pick(pending));
    else if (random.chance(0.02)) this.decide({ type: 'ExpireRequest', at: iso(expiresAt(this.request)) });
    return true;
  }

  private assign(): void {
    const { random, workers } = this.economy;
    const worker = random.pick(workers);
    const jobs = Array.from({ length: random.chance(0.8) ? 1 : 2 }, () => random.uuid());
    for (const job of jobs) this.workersOf.set(job, worker);
    this.decide({
      type: 'AssignJobs', jobs, worker: worker.id, owner: worker.owner, model: this.request.facts!.models[0]!, ttlS: worker.extraSlow ? 450 : 150,
      extraSlow: worker.extraSlow, selfTest: worker.owner === this.payer && jobs[0]! < '8', payerAgesFrom: this.agesFrom(jobs[0]!), at: this.now,
    });
  }

  /** Some time before, for about half of the jobs. */
  private agesFrom(job: string): string | undefined {
    return job < '8' ? iso(Date.parse(this.now) - Number.parseInt(job.slice(0, 5), 16)) : undefined;
  }

  private work(job: string): void {
    const { random } = this.economy;
    const luck = random.unit();
    if (luck < 0.01) return this.decide({ type: 'TakeBackJobs', jobs: pendingJobs(this.request), at: this.now });
    if (luck < 0.05) return this.decide({ type: 'FaultJob', job, at: this.now });
    if (luck < 0.08) return this.decide({ type: 'ExpireJobs', at: iso(Date.parse(this.now) + 600_000) });
    if (luck < 0.2) return; // the worker takes its time
    const worker = this.workersOf.get(job)!;
    const stamp = this.economy.teams.stampOf(worker.id);
    const censored = random.chance(0.03);
    const price = centikudos(random.between(Math.ceil(this.unitPrice / 2), this.unitPrice));
    const debit = censored ? kudos(1) : centikudos(Math.min(this.dearest, price + random.between(0, 400) - 50));
    const things = this.kind === 'image' ? 512 * 512 * 30 : random.between(1, 80);
    this.decide({
      type: 'SubmitJob', job, state: censored ? 'censored' : 'ok', result: random.uuid(), resultHash: null, seed: random.bits(), price, debit,
      ownerTrusted: worker.ownerTrusted, things, policy: 1, reference: 1, at: this.now, ...(job.startsWith('a') ? { speedMax: 1 } : {}),
      outages: job.startsWith('b') ? ALWAYS_AWAY : [], ...stamp,
    });
    const frozen = this.request.jobs.get(job)!.selfTest ? { price: NO_KUDOS, debit: NO_KUDOS, selfTest: true as const } : { price, debit };
    if (this.payer !== 0) this.due.push({ job, ...frozen, things, worker, stamp });
  }

  private cancel(): void {
    const withdrawn = this.request.waiting;
    this.decide({ type: 'CancelRequest', at: this.now });
    if (this.payer !== 0 && withdrawn > 0) this.economy.account(this.payer, { type: 'ReleaseHold', request: this.id, jobs: withdrawn, at: this.now, policy: 1 });
  }

  /** The payer pays for what earlier rounds delivered. */
  private settleDue(): void {
    const ended = this.request.completed ? submittedJobs(this.request) : null;
    for (const { job, price, debit, things, worker, stamp, selfTest } of this.due) {
      this.economy.account(this.payer, {
        type: 'SettleJob', ...this.economy.spending(this.payer), request: this.id, job, kind: this.kind, owner: worker.owner,
        ownerTrusted: worker.ownerTrusted, worker: worker.id, model: this.request.facts!.models[0]!, price, debit, things, ended, ...stamp, ...(selfTest && { selfTest }),
      });
    }
    this.due = [];
  }

  private close(): boolean {
    this.economy.account(this.payer, { type: 'CloseAuthorization', request: this.id, submitted: submittedJobs(this.request), refund: this.request.contentLost, at: this.now, policy: 1 });
    return false;
  }

  private decide(command: RequestCommand): void {
    this.economy.decide(requestDecider, `request-${this.id}`, { state: this.request, command });
  }
}
