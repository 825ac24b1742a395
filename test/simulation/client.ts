import { Adjusting } from '../../src/kudos/adjusting.message.js';
import { Transfers, type TransferAsked } from '../../src/kudos/transfers.js';
import { Deliver, type Delivery } from '../../src/dispatch/deliver.js';
import { popOwner } from '../../src/dispatch/pop-owner.js';
import { Pop, type PopAsked } from '../../src/dispatch/pop.js';
import { transactionId } from '../../src/kernel/ids.js';
import { iso } from '../../src/kernel/clock.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { Refused } from '../../src/platform/http/refusals.js';
import { Cancel } from '../../src/requests/cancel.js';
import { ImageSubmission } from '../../src/requests/image-submission.js';
import type { ImageRequestBody, TextRequestBody } from '../../src/requests/rules/request-body.js';
import { TextSubmission } from '../../src/requests/text-submission.js';
import { ANONYMOUS_KEY, UserDirectory } from '../../src/users/directory.message.js';
import { Registration } from '../../src/users/registration.message.js';
import { OnUser } from '../../src/users/user.message.js';
import type { RequestKind } from '../../src/kernel/request-kind.js';
import type { Role } from '../../src/users/user.events.js';
import type { AccountClass } from '../../src/kudos/account.events.js';
import type { Kudos } from '../../src/kernel/kudos.js';
import { CommandBus } from '@nestjs/cqrs';
import type { SimNode } from './node.js';
import { count, isPassing, type World } from './world.js';

export interface SimUser {
  readonly id: number;
  key: string;
}
export interface SimJob {
  readonly id: string;
  readonly kind: RequestKind;
  readonly owner: SimUser;
  delivered: boolean;
}

/** Kudos transfers that were asked for with a key: the same key again must mean the same transfer. */
interface Keyed {
  readonly asked: Omit<TransferAsked, 'key'> & { readonly key: string };
  readonly txId: string;
}

const anonymous: SimUser = { id: 0, key: ANONYMOUS_KEY };

/** Everybody outside: asks nodes for things, remembers what they were answered, and holds them to it (I9, I14, I15). */
export class Clients {
  readonly users: SimUser[] = [];
  readonly requests: { readonly id: string; readonly payer: SimUser }[] = [];
  readonly jobs: SimJob[] = [];
  readonly keyed: Keyed[] = [];
  /** Shared keys that were made, whatever became of them. */
  readonly sharedKeys: { readonly id: string; readonly owner: SimUser }[] = [];
  /** What was answered, line by line: part of the history that a seed repeats. */
  readonly answers: string[] = [];
  /** Return codes that reached a client. */
  readonly refused = new Map<string, number>();
  /** Calls that are not answered yet, by the node that has them. */
  readonly open = new Map<number, number>();
  #calls = 0;

  /** Another one for every call. */
  get number(): number {
    return this.#calls;
  }

  constructor(private readonly world: World) {}

  user(at: number): SimUser {
    return at === 0 || this.users.length === 0 ? anonymous : this.users[at % this.users.length]!;
  }

  register(node: SimNode, name: string, accountClass: AccountClass): void {
    const context = { actor: { kind: 'anonymous' as const }, correlationId: `register-${this.#calls}` };
    void this.call(node, 'register', node.get(Registration).register({ name }, accountClass, context), ({ id, apiKey }) => {
      this.acknowledged(this.world.store.stream(`user-${id}`).length > 0 && this.world.store.stream(`account-${id}`).length > 0, `user ${id} was registered`);
      this.users.push({ id, key: apiKey });
      return `user ${id}`;
    });
  }

  /** To a user, or to a shared key by its id. */
  transfer(node: SimNode, from: SimUser, to: SimUser | string, amount: Kudos, key: string | undefined): void {
    const asked = { apiKey: from.key, key, username: typeof to === 'string' ? to : `user#${to.id}`, amount };
    if (key !== undefined) this.keyed.push({ asked: { ...asked, key }, txId: transactionId('transfer', from.id, key) });
    this.#transfer(node, asked, this.keyed.at(-1)?.txId);
  }

  /** The same call again, with the same key; now and then for another amount, which must be told apart. */
  again(node: SimNode, at: number, amount: Kudos | undefined): void {
    const earlier = this.keyed[at % Math.max(1, this.keyed.length)];
    if (earlier) this.#transfer(node, { ...earlier.asked, amount: amount ?? earlier.asked.amount }, earlier.txId);
  }

  /** I9: one key, one transfer, and whoever uses it for another one is told so. */
  #transfer(node: SimNode, asked: TransferAsked, txId: string | undefined): void {
    const { transactions } = this.world.checks;
    const done = () => (asked.key === undefined || txId === undefined ? undefined : transactions.get(txId)?.amount);
    const before = done();
    const uses = txId === undefined || asked.key === undefined ? undefined : this.#usesOf(txId);
    if (uses) uses.calls += 1;
    void this.call(node, 'transfer', node.get(Transfers).transfer(asked), ({ position, replayed }) => {
      if (asked.key === undefined) this.acknowledged(this.world.store.all[this.world.store.indexAfter(position) - 1]?.position === position, 'a transfer without a key');
      else this.world.unless(done() === asked.amount, 'I14', () => `transfer ${txId!} of ${asked.amount} was acknowledged, and the log says ${String(done())}`);
      return `transferred ${asked.amount}${replayed ? ' before' : ''}`;
    }, (rc) => {
      if (uses) uses.refused += 1;
      this.world.unless(before !== asked.amount || rc !== 'IdempotencyKeyConflict', 'I9', () => `the transfer of ${asked.amount} by ${txId!} is not known again`);
      this.world.unless(rc !== 'KudosTransferNotEnough' || before === undefined, 'I9', () => `${txId!} was refused with ${rc}, and had been done`);
    });
  }

  #usesOf(txId: string): { calls: number; refused: number } {
    let uses = this.#uses.get(txId);
    if (!uses) this.#uses.set(txId, (uses = { calls: 0, refused: 0 }));
    return uses;
  }
  readonly #uses = new Map<string, { calls: number; refused: number }>();

  /** I15, at rest: what was refused as often as it was asked for did not happen. */
  checkRefused(): void {
    for (const [txId, { calls, refused }] of this.#uses)
      this.world.unless(calls > refused || !this.world.checks.transactions.has(txId), 'I15', () => `transfer ${txId} was refused each of ${calls} times, and is in the log`);
  }

  async image(node: SimNode, payer: SimUser, body: ImageRequestBody): Promise<void> {
    return this.#submit(node, payer, () => node.get(ImageSubmission).submit(body, { apiKey: payer.key, clientAgent: 'simulated:1:nobody', ip: '127.0.0.1' }));
  }
  async text(node: SimNode, payer: SimUser, body: TextRequestBody): Promise<void> {
    return this.#submit(node, payer, () => node.get(TextSubmission).submit(body, { apiKey: payer.key, clientAgent: 'simulated:1:nobody', ip: '127.0.0.1' }));
  }

  #submit(node: SimNode, payer: SimUser, submit: () => ReturnType<TextSubmission['submit']> | ReturnType<ImageSubmission['submit']>): Promise<void> {
    return this.call(node, 'request', submit(), (answered) => {
      if (answered.status === 200) return 'quoted';
      const { id } = answered.answer;
      this.acknowledged(this.world.store.stream(`request-${id}`).length > 0, `request ${id}`);
      this.requests.push({ id, payer });
      return `request ${id} for ${answered.answer.kudos_quote}`;
    });
  }

  pop(node: SimNode, owner: SimUser, asked: PopAsked): void {
    const popped = popOwner(node.get(UserDirectory), owner.key, []).then((user) => node.get(Pop).pop(user, asked));
    void this.call(node, 'pop', popped, (answered) => {
      if (answered.outcome === 'nothing') return 'nothing to do';
      for (const id of answered.jobs) this.jobs.push({ id, kind: answered.facts.kind, owner, delivered: false });
      const stream = this.world.store.stream(`request-${answered.facts.request}`);
      this.acknowledged(stream.length > answered.jobs.length, `jobs of ${answered.facts.request}`);
      return `jobs ${answered.jobs.join()}`;
    });
  }

  deliver(node: SimNode, job: SimJob, delivery: Omit<Delivery, 'id' | 'kind'>): void {
    void this.call(node, 'deliver', node.get(Deliver).deliver({ ...delivery, id: job.id, kind: job.kind } as Delivery, job.owner.key), ({ reward, position }) => {
      // A worker in maintenance that delivers again is thanked, and paid nothing.
      if (position < 0 && delivery.state !== 'faulted') this.world.unless(reward === 0, 'I18', () => `job ${job.id} earned ${reward} for nothing`);
      else if (delivery.state !== 'faulted') {
        this.took(job);
        this.acknowledged(position >= 0 && position <= this.world.head, `result of ${job.id}`);
      }
      return `rewarded ${reward}`;
    });
  }

  /** I18: one result of a job is taken. */
  took(job: SimJob): void {
    this.world.unless(!job.delivered, 'I18', () => `job ${job.id} was taken twice`);
    job.delivered = true;
  }

  cancel(node: SimNode, id: string): void {
    // As the routes do, which find the request by its kind first.
    const accepted = this.world.store.stream(`request-${id}`)[0];
    const isAlchemy = accepted?.type === 'RequestAccepted.v1' && (decode(accepted).data as { kind: RequestKind }).kind === 'alchemy';
    void this.call(node, 'cancel', isAlchemy ? node.get(Cancel).cancelForms({ id }) : node.get(Cancel).cancel({ id }), (position) => {
      const isOver = this.world.store.stream(`request-${id}`).some(({ type }) => type === 'RequestCancelled.v1' || type === 'RequestCompleted.v1' || type === 'RequestFaulted.v1' || type === 'RequestExpired.v1');
      this.acknowledged(isOver, `cancellation of ${id}`);
      if (position >= 0 && !isAlchemy) this.#isFreed(id);
      return 'cancelled';
    });
  }

  /** What was withdrawn holds nothing any more; the parts of jobs that somebody has follow with the request's end. */
  #isFreed(id: string): void {
    const { audit } = this.world.checks;
    const open = audit.authorizations.open.get(id);
    const opened = this.world.checks.opened(id);
    const cancelled = this.world.store.stream(`request-${id}`).find(({ type }) => type === 'RequestCancelled.v1');
    // Where the cancellation was the end of it, a delivered job that is being paid still keeps the hold: all is freed with that payment.
    if (!open || !cancelled || !opened || audit.jobs.requests.get(id)?.ended) return;
    const { withdrawn } = decode(cancelled).data as { readonly withdrawn: number };
    const due = Math.floor(opened.hold / opened.jobs) * withdrawn;
    this.world.unless(open.captured + open.released >= due, 'I6', () => `request ${id} is cancelled with ${withdrawn} jobs withdrawn, and has freed ${open.released} and not ${due}`);
  }

  adjust(node: SimNode, user: number, amount: Kudos): void {
    const context = { actor: { kind: 'user' as const, user: 1 }, correlationId: `adjust-${this.#calls}` };
    void this.call(node, 'adjust', node.get(Adjusting).adjust(user, amount, context), (position) => {
      this.acknowledged(position === 'conflict' || position < 0 || this.world.checks.writtenFor(context.correlationId) > 0, `adjustment of user ${user}`);
      return `adjusted ${position !== 'conflict' && position >= 0 ? amount : 0}`;
    });
  }

  roles(node: SimNode, user: number, role: Role, on: boolean): void {
    const context = { actor: { kind: 'user' as const, user: 1 }, correlationId: `roles-${this.#calls}` };
    const command = { type: 'ChangeRoles' as const, roles: { [role]: on }, at: iso(this.world.time.nowMs) };
    void this.call(node, 'roles', node.get(CommandBus).execute(new OnUser(user, command, context)), ({ outcome }) => outcome);
  }

  newKey(node: SimNode, user: SimUser): void {
    if (user.id === 0) return;
    const context = { actor: { kind: 'user' as const, user: user.id }, correlationId: `key-${this.#calls}` };
    void this.call(node, 'new key', node.get(Registration).issueKey(user.id, context), ({ apiKey }) => {
      user.key = apiKey;
      return 'new key';
    });
  }

  /** A reactor's turn is a call like any other, only that nobody waits for it. */
  round(node: SimNode, name: string): void {
    void this.call(node, name, node.reactors.get(name)!.round(), () => 'done');
  }

  acknowledged(isTrue: boolean, what: string): void {
    this.world.unless(isTrue, 'I14', () => `${what} was acknowledged, and is not in the log`);
  }

  /** Asks, and holds the answer to what it says. */
  async call<Answer>(node: SimNode, what: string, answer: Promise<Answer>, check: (answer: Answer) => string, onRefused?: (rc: string) => void): Promise<void> {
    const call = this.#calls++;
    this.open.set(node.id, (this.open.get(node.id) ?? 0) + 1);
    let line: string;
    try {
      line = check(await answer);
    } catch (error) {
      line = this.#failed(what, error, onRefused);
    }
    this.open.set(node.id, this.open.get(node.id)! - 1);
    this.answers.push(`${call} ${what}: ${line}`);
  }

  #failed(what: string, error: unknown, onRefused: ((rc: string) => void) | undefined): string {
    if (error instanceof Refused) {
      count(this.refused, error.rc);
      onRefused?.(error.rc);
      return `refused ${error.rc}`;
    }
    if (isPassing(error)) {
      count(this.refused, 'ServiceUnavailable');
      return 'not now';
    }
    this.world.bug('bug', `${what} met an error`, error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : error);
    return 'bug';
  }
}
