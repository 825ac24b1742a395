import type { Recorded } from '../../src/kernel/event.js';
import { ledgerOf } from '../../src/kernel/event.js';
import { userOf } from '../../src/kernel/ledger.js';
import type { AccountClass, FundsTransferred } from '../../src/kudos/account.events.js';
import type { IndexedTransaction } from '../../src/kudos/ledger-index.js';
import type { IndexedTransfer } from '../../src/kudos/transfers.js';
import { decode } from '../../src/platform/event-log/codec.js';
import type { Position } from '../../src/platform/event-log/event-log.js';
import type { Owed } from '../../src/requests/settling.message.js';
import type { RequestKind } from '../../src/requests/request.events.js';
import type { FoundJob } from '../../src/dispatch/job-finder.js';
import type { KnownUser } from '../../src/users/directory.message.js';
import type { Role } from '../../src/users/user.events.js';
import { PeopleModel } from './people-model.js';
import type { SimStore } from './sim-store.js';
import type { VirtualTime } from './virtual-time.js';

/** Each follows the log by itself, as far behind as the simulation lets it, and survives every node. */
export const MODELS = ['balances', 'users', 'statement', 'queue', 'requests', 'people'] as const;
export type ModelName = (typeof MODELS)[number];

type Stage = 'opened' | 'accepted' | 'abandoned' | 'ended';

/**
 * The read models that nodes ask, as the simplest folds that answer the same questions as the SQL ones; test/projections
 * shows what those answer. Rows and checkpoint move together, unless a bug is planted.
 */
export class ReadModels {
  readonly positions = new Map<ModelName, Position>(MODELS.map((name) => [name, -1]));
  readonly credits = new Map<number, number>();
  readonly users = new Map<number, KnownUser & { roles: Set<Role> }>();
  readonly keys = new Map<string, number>();
  readonly keyOf = new Map<number, string>();
  readonly unopened = new Map<number, AccountClass>();
  readonly transfers = new Map<string, IndexedTransfer>();
  /** Every transaction, as reversals look it up. */
  readonly transactions = new Map<string, IndexedTransaction>();
  readonly indexed = new Map<number, number>();
  readonly authorizations = new Map<string, { request: string; payer: number; kind: RequestKind; stage: Stage }>();
  readonly unsettled = new Map<string, Owed>();
  readonly formHolds = new Map<string, { request: string; payer: number; job: string }>();
  readonly jobs = new Map<string, Omit<FoundJob, 'facts'>>();
  readonly requests = new Map<string, { kind: RequestKind; payer: number }>();
  readonly people = new PeopleModel();
  /** Rows and checkpoint in one transaction. */
  isAtomic = true;
  #waiting: { readonly position: Position; readonly name: ModelName; readonly resolve: (reached: boolean) => void }[] = [];

  constructor(private readonly store: SimStore, private readonly time: VirtualTime) {}

  position(name: ModelName): Position {
    return this.positions.get(name)!;
  }

  /** Folds so many more events. `keeping` is false when the process dies before it has written down how far it got. */
  advance(name: ModelName, events: number, keeping = true): void {
    const from = this.store.indexAfter(this.position(name));
    const batch = this.store.all.slice(from, from + events);
    for (const event of batch) this.#fold(name, decode(event));
    const last = batch.at(-1);
    if (!last || !keeping) return;
    this.positions.set(name, last.position);
    const due = this.#waiting.filter((waiter) => waiter.name === name && waiter.position <= last.position);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((waiter) => !due.includes(waiter));
    for (const { resolve } of due) resolve(true);
  }

  waitFor(name: ModelName, position: Position, timeoutMs: number): Promise<boolean> {
    if (this.position(name) >= position) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#waiting.push({ name, position, resolve });
      this.time.sleep(timeoutMs, () => { resolve(false); });
    });
  }

  #fold(name: ModelName, event: Recorded): void {
    switch (name) {
      case 'balances': return this.#balances(event);
      case 'users': return this.#users(event);
      case 'statement': return this.#statement(event);
      case 'queue': return this.#queue(event);
      case 'requests': return this.#requests(event);
      case 'people': return this.people.fold(event);
    }
  }

  #balances(event: Recorded): void {
    for (const { account, amount } of ledgerOf(event)?.postings ?? []) {
      const owner = userOf(account);
      if (amount < 0 || owner?.pocket !== 'spendable' || event.stream === `account-${owner.user}`) continue;
      this.credits.set(owner.user, (this.credits.get(owner.user) ?? 0) + amount);
    }
  }

  #users({ type, data: stored }: Recorded): void {
    const data = stored as UserData;
    const { user } = data;
    const known = this.users.get(user);
    const change = (changes: Partial<KnownUser & { roles: Set<Role> }>): void => { if (known) this.users.set(user, { ...known, ...changes }); };
    switch (type) {
      case 'UserRegistered.v1':
        this.users.set(user, { id: user, name: `user ${user}`, accountClass: data.accountClass, roles: new Set(), registeredAt: data.registeredAt, suspicions: 0, concurrency: 30, workerInvited: 0, publicWorkers: false });
        this.unopened.set(user, data.accountClass);
        return;
      case 'ApiKeyIssued.v1':
        this.keys.delete(this.keyOf.get(user) ?? '');
        this.keys.set(data.keyHash, user);
        this.keyOf.set(user, data.keyHash);
        return;
      case 'RolesChanged.v1': return change({ roles: new Set([...known!.roles, ...data.granted].filter((role) => !data.revoked.includes(role))) });
      case 'TrustGranted.v1': return change({ roles: new Set([...known!.roles, 'trusted']) });
      case 'UserSettingsChanged.v1': return change({ concurrency: data.concurrency ?? known!.concurrency, workerInvited: data.workerInvited ?? known!.workerInvited });
      case 'UserSuspected.v1': return change({ suspicions: known!.suspicions + 1 });
      case 'SuspicionReset.v1': return change({ suspicions: 0 });
      case 'PersonalDataErased.v1':
        this.keys.delete(this.keyOf.get(user) ?? '');
        return change({ name: '' });
      case 'AccountOpened.v1': this.unopened.delete(user); return;
      default: // says nothing of who somebody is
    }
  }

  #statement(event: Recorded): void {
    const { type, data, stream, revision, position } = event;
    const ledger = ledgerOf(event);
    if (ledger) {
      const { txId, kind, postings, reverses } = ledger;
      const { request = null, job = null, receivable = null } = data as { request?: string; job?: string; receivable?: IndexedTransaction['receivable'] };
      this.transactions.set(txId, { txId, kind, postings, reverses, request, job, receivable, position, idem: event.metadata.idem?.key ?? null });
    }
    if (!stream.startsWith('account-')) return;
    const user = Number(stream.slice('account-'.length));
    this.indexed.set(user, Math.max(revision, this.indexed.get(user) ?? -1));
    if (type !== 'FundsTransferred.v1') return;
    const { to, amount, sharedKey, bulk, ledger: { txId } } = data as FundsTransferred['data'];
    this.transfers.set(txId, { to, amount, position, ...(sharedKey === undefined ? {} : { sharedKey }), ...(bulk === undefined ? {} : { bulk }) });
  }

  #queue({ type, data: stored }: Recorded): void {
    const data = stored as { request: string; user: number; payer: number; kind: RequestKind; job: string };
    const known = this.authorizations.get(data.request);
    switch (type) {
      case 'AuthorizationOpened.v1': this.authorizations.set(data.request, { request: data.request, payer: data.user, kind: data.kind, stage: 'opened' }); return;
      case 'RequestAccepted.v1': if (known) known.stage = 'accepted'; return;
      case 'RequestAbandoned.v1': if (known) known.stage = 'abandoned'; return;
      case 'RequestCompleted.v1': if (known) known.stage = 'ended'; return;
      case 'AuthorizationClosed.v1':
        this.authorizations.delete(data.request);
        for (const { job, request } of this.formHolds.values()) if (request === data.request) this.formHolds.delete(job);
        return;
      case 'JobSubmitted.v1':
        if (known) this.unsettled.set(data.job, { ...(stored as Owed), payer: known.payer, kind: known.kind });
        return;
      case 'FormHoldPlaced.v1': this.formHolds.set(data.job, { request: data.request, payer: data.user, job: data.job }); return;
      case 'HoldReleased.v1': this.formHolds.delete(data.job); return;
      case 'JobSettled.v1':
        this.formHolds.delete(data.job);
        this.unsettled.delete(data.job);
        return;
      default: // nothing is begun or ended
    }
  }

  #requests({ type, data: stored }: Recorded): void {
    const data = stored as { request: string; payer: number; kind: RequestKind; job: string; worker: string; owner: number; model: string };
    if (type === 'RequestAccepted.v1') this.requests.set(data.request, { kind: data.kind, payer: data.payer });
    if (type !== 'JobAssigned.v1') return;
    const { request, job, worker, owner, model } = data;
    this.jobs.set(job, { request, job, worker, owner, model, ...this.requests.get(request)! });
  }
}

interface UserData {
  readonly user: number;
  readonly accountClass: AccountClass;
  readonly registeredAt: string;
  readonly keyHash: string;
  readonly granted: readonly Role[];
  readonly revoked: readonly Role[];
  readonly concurrency?: number;
  readonly workerInvited?: number;
}
