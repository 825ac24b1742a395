import type { Recorded } from '../kernel/event.js';
import type { AccountClass, AccountEvent } from '../kudos/account.events.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { UserRegistered } from '../users/user.events.js';
import type { RequestEvent, RequestKind } from './request.events.js';
import { owedFor } from './owed.message.js';
import type { Ended, Owed } from './settling.message.js';

/** Steps between two streams that a dead process may have left undone, as a read model knows them. */
export interface OpenWorkSource {
  openWork(): Promise<{
    readonly position: Position;
    /** How far the request of each has come; what is `accepted` and not ended needs no repair. */
    readonly authorizations: Iterable<{ readonly request: string; readonly payer: number; readonly kind: RequestKind; readonly stage: 'opened' | 'accepted' | 'abandoned' | 'ended' }>;
    readonly unsettled: Iterable<Owed>;
    /** What is set aside for forms of alchemy, wherever those are. */
    readonly formHolds: Iterable<{ readonly request: string; readonly payer: number; readonly job: string }>;
    /** Users whose account was never opened. */
    readonly unopened: Iterable<{ readonly user: number; readonly accountClass: AccountClass }>;
  }>;
}

export interface OpenAuthorizationSeen {
  readonly request: string;
  readonly payer: number;
  /** `ended`: its request has completed, but what was delivered is not known here. An accepted request needs no repair. */
  readonly stage: 'opened' | 'completed' | 'abandoned' | 'ended';
  /** Monotonic ms when this process saw it enter its stage: a node whose clock is ahead abandons nobody (spec/ledger.md §4.5). */
  readonly sinceMs: number;
  readonly submitted: readonly string[];
  /** Completed without its payer's fault: what it cost is given back. */
  readonly refund?: boolean;
}

export interface FormHoldSeen {
  readonly request: string;
  readonly payer: number;
  readonly job: string;
  /** `returned`: its worker gave the form back. `placed`: nobody is known to have got it. Otherwise nothing is to be done. */
  readonly stage: 'placed' | 'assigned' | 'returned';
  readonly sinceMs: number;
}

/**
 * What has been begun in one stream and not yet ended in the other, folded from the log: the due list of the repairs
 * (settlement, closing, abandoning, opening). Empty within milliseconds when nobody dies.
 */
export class OpenWork implements NodeFold {
  readonly name = 'open work';
  readonly #authorizations = new Map<string, OpenAuthorizationSeen>();
  readonly #unsettled = new Map<string, { readonly owed: Owed; readonly sinceMs: number }>();
  readonly #formHolds = new Map<string, FormHoldSeen>();
  readonly #unopened = new Map<number, { readonly accountClass: AccountClass; readonly sinceMs: number }>();
  /** Payer and kind of registered requests that are under way: a JobSubmitted does not repeat them. */
  readonly #requests = new Map<string, { readonly payer: number; readonly kind: RequestKind }>();

  constructor(private readonly source: OpenWorkSource, private readonly clock: { monotonic(): number }) {}

  async open(): Promise<Position> {
    const { position, authorizations, unsettled, formHolds, unopened } = await this.source.openWork();
    for (const { request, payer, kind, stage } of authorizations) {
      this.#requests.set(request, { payer, kind });
      if (stage !== 'accepted') this.#enter(request, payer, stage);
    }
    for (const owed of unsettled) this.#unsettled.set(owed.job, { owed, sinceMs: this.clock.monotonic() });
    for (const hold of formHolds) this.#hold(hold, 'placed');
    for (const { user, accountClass } of unopened) this.#unopened.set(user, { accountClass, sinceMs: this.clock.monotonic() });
    return position;
  }

  apply({ type, data }: Recorded): void {
    (this.#handlers as Partial<Record<string, (data: object) => void>>)[type]?.(data);
  }

  readonly #handlers: { readonly [Type in HandledType]: (data: Data<Type>) => void } = {
    'UserRegistered.v1': ({ user, accountClass }) => void this.#unopened.set(user, { accountClass, sinceMs: this.clock.monotonic() }),
    'AccountOpened.v1': ({ user }) => void this.#unopened.delete(user),
    'AuthorizationOpened.v1': ({ request, user, kind }) => {
      this.#requests.set(request, { payer: user, kind });
      this.#enter(request, user, 'opened');
    },
    'RequestAccepted.v1': ({ request }) => void this.#authorizations.delete(request),
    'RequestAbandoned.v1': ({ request, payer }) => { this.#enter(request, payer, 'abandoned'); },
    'JobSubmitted.v1': (data) => this.#submitted(data),
    'JobSettled.v1': ({ job }) => {
      this.#unsettled.delete(job);
      this.#formHolds.delete(job);
    },
    'FormHoldPlaced.v1': ({ request, user, job }) => { this.#hold({ request, payer: user, job }, 'placed'); },
    'JobAssigned.v1': ({ job }) => { this.formAssigned(job); },
    'JobFaulted.v1': ({ job }) => { this.#formReturned(job); },
    'JobExpired.v1': ({ job }) => { this.#formReturned(job); },
    'HoldReleased.v1': ({ job }) => { if (job !== undefined) this.#formHolds.delete(job); },
    'RequestCompleted.v1': (ended) => { if (ended.payer !== 0) this.#completed(ended); },
    'AuthorizationClosed.v1': ({ request }) => {
      this.#authorizations.delete(request);
      this.#requests.delete(request);
      for (const hold of this.#formHolds.values()) if (hold.request === request) this.#formHolds.delete(hold.job);
    },
  };

  /** Authorizations that have stood in a stage for as long as `graceMs` says for it. */
  *dueAuthorizations(graceMs: Readonly<Record<OpenAuthorizationSeen['stage'], number>>): Iterable<OpenAuthorizationSeen> {
    const now = this.clock.monotonic();
    for (const each of this.#authorizations.values()) if (now - each.sinceMs >= graceMs[each.stage]) yield each;
  }
  *dueSettlements(graceMs: number): Iterable<Owed> {
    const now = this.clock.monotonic();
    for (const { owed, sinceMs } of this.#unsettled.values()) if (now - sinceMs >= graceMs) yield owed;
  }
  *dueFormHolds(graceMs: Readonly<Record<'placed' | 'returned', number>>): Iterable<FormHoldSeen> {
    const now = this.clock.monotonic();
    for (const each of this.#formHolds.values()) if (each.stage !== 'assigned' && now - each.sinceMs >= graceMs[each.stage]) yield each;
  }
  *dueOpenings(graceMs: number): Iterable<{ user: number; accountClass: AccountClass }> {
    const now = this.clock.monotonic();
    for (const [user, { accountClass, sinceMs }] of this.#unopened) if (now - sinceMs >= graceMs) yield { user, accountClass };
  }

  /** A repair found out how far the request has come. */
  advance({ request, payer }: Pick<OpenAuthorizationSeen, 'request' | 'payer'>, ended: Pick<Ended, 'submitted' | 'refund'> | undefined): void {
    if (!this.#requests.has(request)) return; // closed while the repair asked: nothing would ever take it off the list again
    if (ended) this.#completed({ request, payer, ...ended });
    else this.#authorizations.delete(request); // under way: its end will come with the feed
  }

  /** The form is at its worker, or was delivered: its hold ends with it. */
  formAssigned(job: string): void {
    const hold = this.#formHolds.get(job);
    if (hold) this.#hold(hold, 'assigned');
  }

  get sizes(): { readonly authorizations: number; readonly unsettled: number } {
    return { authorizations: this.#authorizations.size, unsettled: this.#unsettled.size };
  }

  #enter(request: string, payer: number, stage: OpenAuthorizationSeen['stage']): void {
    this.#authorizations.set(request, { request, payer, stage, submitted: [], sinceMs: this.clock.monotonic() });
  }
  #completed({ request, payer, submitted, refund }: Ended): void {
    this.#authorizations.set(request, { request, payer, stage: 'completed', submitted, sinceMs: this.clock.monotonic(), ...(refund ? { refund } : {}) });
  }

  #hold({ request, payer, job }: Pick<FormHoldSeen, 'request' | 'payer' | 'job'>, stage: FormHoldSeen['stage']): void {
    this.#formHolds.set(job, { request, payer, job, stage, sinceMs: this.clock.monotonic() });
  }
  #formReturned(job: string): void {
    const hold = this.#formHolds.get(job);
    if (hold) this.#hold(hold, 'returned');
  }

  #submitted({ request, ...submitted }: Data<'JobSubmitted.v1'>): void {
    const known = this.#requests.get(request);
    if (!known) return; // anonymous: settled in the same append
    const owed = owedFor({ request, ...submitted }, known);
    this.#unsettled.set(owed.job, { owed, sinceMs: this.clock.monotonic() });
  }
}

type Handled = AccountEvent | RequestEvent | UserRegistered;
type HandledType =
  | 'UserRegistered.v1' | 'AccountOpened.v1' | 'AuthorizationOpened.v1' | 'RequestAccepted.v1' | 'RequestAbandoned.v1' | 'JobSubmitted.v1'
  | 'FormHoldPlaced.v1' | 'JobAssigned.v1' | 'JobFaulted.v1' | 'JobExpired.v1' | 'HoldReleased.v1' | 'JobSettled.v1' | 'RequestCompleted.v1' | 'AuthorizationClosed.v1';
type Data<Type extends HandledType> = Extract<Handled, { type: Type }>['data'];
