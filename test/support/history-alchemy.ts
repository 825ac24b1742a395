import { iso } from '../../src/kernel/clock.js';
import { kudos, NO_KUDOS, plus, type Kudos } from '../../src/kernel/kudos.js';
import type { FormFacts } from '../../src/pricing/job-features.js';
import type { RequestCommand } from '../../src/requests/request.commands.js';
import { requestDecider } from '../../src/requests/request.decider.js';
import { expiresAt, pendingJobs, submittedJobs, type Request } from '../../src/requests/request.state.js';
import type { HistoryWorker, Surroundings } from './history-request.js';
import { alchemyFacts } from './request-facts.js';
import { Seeded } from './seeded.js';

const TTL_S = 180;
const FORMS: readonly (readonly [form: string, price: number, controlType?: string])[] = [
  ['caption', 1], ['nsfw', 1], ['interrogation', 3], ['GFPGAN', 12], ['annotation', 20, 'depth'],
];

/** A form that its payer's account has secured, and that is handed out in the next round. */
interface Secured {
  readonly job: string;
  readonly form: number;
  readonly held: Kudos;
  readonly worker: HistoryWorker;
}

const OPEN_MAX = 10;

/** Alchemy by a dice of its own: what happens in the rest of a history does not depend on it. */
export class AlchemyLives {
  private readonly random: Seeded;
  private lives: AlchemyLife[] = [];

  constructor(private readonly economy: Omit<Surroundings, 'random'>, seed: number) {
    this.random = new Seeded(seed);
  }

  step(users: readonly number[]): void {
    if (this.economy.workers.length === 0) return;
    this.lives = this.lives.filter((life) => life.step());
    if (this.lives.length >= OPEN_MAX || this.random.chance(0.5)) return;
    const payer = this.random.chance(0.2) ? 0 : this.random.pick(users);
    this.lives.push(new AlchemyLife(this.economy, payer, this.random));
  }
}

/** One alchemy request from its authorization to the end, one step a round. */
export class AlchemyLife {
  private readonly id: string;
  private readonly forms: readonly FormFacts[];
  private readonly request: Request;
  private stage: 'new' | 'authorized' | 'running' = 'new';
  private secured: Secured[] = [];
  /** Jobs delivered or cut short, and jobs given back, since the last round. */
  private due: string[] = [];
  private returned: string[] = [];

  constructor(private readonly economy: Omit<Surroundings, 'random'>, private readonly payer: number, private readonly random: Seeded) {
    this.id = random.uuid();
    this.forms = Array.from({ length: random.between(1, 5) }, () => {
      const [form, price, controlType] = random.pick(FORMS);
      return { form, ...(controlType ? { controlType } : {}), price: kudos(price), debit: kudos(price + 2) };
    });
    this.request = requestDecider.initialState(this.id);
  }

  /** False once it is over. */
  step(): boolean {
    if (this.stage === 'new' && this.payer !== 0) return this.authorize();
    return this.stage === 'running' ? this.run() : this.accept();
  }

  private get now(): string {
    return this.economy.world.now();
  }
  private get quote(): Kudos {
    return plus(...this.forms.map(({ debit }) => debit));
  }

  private authorize(): boolean {
    const { economy, id: request, forms: { length: jobs }, quote } = this;
    this.stage = 'authorized';
    return economy.account(this.payer, {
      type: 'OpenAuthorization', ...economy.spending(this.payer), request, kind: 'alchemy', jobs, quote, activation: NO_KUDOS, required: NO_KUDOS,
      flagged: false, priorityCap: kudos(10_000_000), reference: 1,
    });
  }

  private accept(): boolean {
    const { id: request, payer, forms, quote } = this;
    this.decide({ type: 'AcceptRequest', at: this.now, facts: alchemyFacts({ request, payer, quote, acceptedAt: this.now }, forms) });
    this.stage = 'running';
    return true;
  }

  private run(): boolean {
    this.pay();
    if (this.request.completed) return this.economy.hasOpen(this.payer, this.id) ? this.close() : false;
    const { random } = this;
    const pending = pendingJobs(this.request);
    if (this.secured.length > 0) this.assign(this.secured.splice(0));
    else if (random.chance(0.04)) this.cancel();
    else if (random.chance(0.01)) this.decide({ type: 'LoseContent', at: this.now });
    else if (this.request.waiting > 0 && random.chance(0.7)) this.take();
    else if (pending.length > 0) this.work(random.pick(pending));
    else if (random.chance(0.02)) this.decide({ type: 'ExpireRequest', at: iso(expiresAt(this.request)) });
    return true;
  }

  /** A wary worker's form is secured now and handed out in the next round; another's at once. */
  private take(): void {
    const { random } = this;
    const worker = random.pick(this.economy.workers);
    const form = random.pick([...this.request.waitingForms]);
    const job = random.uuid();
    const amount = this.forms[form]!.debit;
    if (this.payer === 0 || random.chance(0.5)) return this.assign([{ job, form, held: NO_KUDOS, worker }]);
    const held = this.economy.account(this.payer, { type: 'PlaceFormHold', ...this.economy.spending(this.payer), request: this.id, job, amount });
    if (held) this.secured.push({ job, form, held: amount, worker });
  }

  private assign(secured: readonly Secured[]): void {
    for (const { worker, ...form } of secured) {
      const { id, owner, ownerTrusted } = worker;
      const selfTest = owner === this.payer && form.job < '8';
      this.decide({ type: 'AssignForms', forms: [form], worker: id, owner, ownerTrusted, ttlS: TTL_S, selfTest, at: this.now });
      if (!this.request.jobs.has(form.job)) this.returned.push(form.job);
    }
  }

  private work(job: string): void {
    const { random } = this;
    const luck = random.unit();
    const { ownerTrusted, form } = this.request.jobs.get(job)!;
    if (luck < 0.15) {
      this.returned.push(job);
      return this.decide(luck < 0.05 ? { type: 'TakeBackJobs', jobs: [job], at: this.now } : { type: 'FaultJob', job, at: this.now });
    }
    if (luck < 0.2) {
      this.returned.push(...pendingJobs(this.request));
      return this.decide({ type: 'ExpireJobs', at: iso(Date.parse(this.now) + 600_000) });
    }
    if (luck < 0.3) return; // the worker takes its time
    const { price, debit } = this.forms[form!]!;
    this.decide({
      type: 'SubmitJob', job, state: 'ok', result: random.uuid(), resultHash: null, seed: 0, price, debit, ownerTrusted: ownerTrusted!, things: 1,
      policy: 1, reference: 1, at: this.now,
    });
    this.due.push(job);
  }

  private cancel(): void {
    this.due.push(...pendingJobs(this.request));
    this.decide({ type: 'CancelForms', at: this.now });
  }

  /** What earlier rounds delivered is paid for; what they gave back is no longer held. */
  private pay(): void {
    const { payer, economy, request } = this;
    const [due, returned] = [this.due.splice(0), this.returned.splice(0)];
    if (payer === 0) return;
    const ended = request.completed ? submittedJobs(request) : null;
    for (const job of due) {
      const { worker, owner, ownerTrusted, model, form, selfTest } = request.jobs.get(job)!;
      const { price, debit } = selfTest ? { price: NO_KUDOS, debit: NO_KUDOS } : this.forms[form!]!;
      economy.account(payer, {
        type: 'SettleJob', ...economy.spending(payer), request: this.id, job, kind: 'alchemy', owner, ownerTrusted: ownerTrusted!, worker, model, price, debit,
        things: 1, ended, ...(selfTest && { selfTest }),
      });
    }
    for (const job of returned) economy.account(payer, { type: 'ReleaseFormHold', request: this.id, job, at: this.now, policy: 1 });
  }

  private close(): boolean {
    this.economy.account(this.payer, { type: 'CloseAuthorization', request: this.id, submitted: submittedJobs(this.request), refund: this.request.contentLost, at: this.now, policy: 1 });
    return false;
  }

  private decide(command: RequestCommand): void {
    this.economy.decide(requestDecider, `request-${this.id}`, { state: this.request, command });
  }
}
