import type { Recorded } from '../kernel/event.js';
import type { AccountClass, AccountEvent } from '../kudos/account.events.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { UserRegistered } from '../users/user.events.js';
import type { RequestEvent } from './request.events.js';
import type { Owed } from './settling.message.js';

/** Steps between two streams that a dead process may have left undone, as a read model knows them. */
export interface OpenWorkSource {
  openWork(): Promise<{
    readonly position: Position;
    readonly authorizations: Iterable<{ readonly request: string; readonly payer: number }>;
    readonly unsettled: Iterable<Owed>;
    /** Users whose account was never opened. */
    readonly unopened: Iterable<{ readonly user: number; readonly accountClass: AccountClass }>;
  }>;
}

export interface OpenAuthorizationSeen {
  readonly request: string;
  readonly payer: number;
  /** Monotonic ms when this process first saw it: a node whose clock is ahead abandons nobody (spec/ledger.md §4.5). */
  readonly seenAtMs: number;
  /** The request came, or was abandoned: nothing to wait 30 s for. */
  stage: 'opened' | 'accepted' | 'completed' | 'abandoned';
  /** When it entered its stage. */
  sinceMs: number;
  submitted: readonly string[];
}

/**
 * What has been begun in one stream and not yet ended in the other, folded from the log: the due list of the repairs
 * (settlement, closing, abandoning, opening). Empty within milliseconds when nobody dies.
 */
export class OpenWork implements NodeFold {
  readonly name = 'open work';
  readonly #authorizations = new Map<string, OpenAuthorizationSeen>();
  readonly #unsettled = new Map<string, { readonly owed: Owed; readonly sinceMs: number }>();
  readonly #unopened = new Map<number, { readonly accountClass: AccountClass; readonly sinceMs: number }>();
  /** Payer and kind of registered requests that are under way: a JobSubmitted does not repeat them. */
  readonly #requests = new Map<string, { readonly payer: number; readonly kind: 'image' | 'text' }>();

  constructor(private readonly source: OpenWorkSource, private readonly clock: { monotonic(): number }, private readonly requests: {
    find(request: string): { readonly facts: { readonly payer: number; readonly kind: 'image' | 'text' } } | undefined;
  }) {}

  async open(): Promise<Position> {
    const { position, authorizations, unsettled, unopened } = await this.source.openWork();
    for (const { request, payer } of authorizations) this.#open(request, payer);
    for (const owed of unsettled) this.#unsettled.set(owed.job, { owed, sinceMs: this.clock.monotonic() });
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
      this.#open(request, user);
    },
    'RequestAccepted.v1': ({ request }) => this.#advance(request, 'accepted'),
    'RequestAbandoned.v1': ({ request, payer }) => {
      if (!this.#authorizations.has(request)) this.#open(request, payer);
      this.#advance(request, 'abandoned');
    },
    'JobSubmitted.v1': (data) => this.#submitted(data),
    'JobSettled.v1': ({ job }) => void this.#unsettled.delete(job),
    'RequestCompleted.v1': ({ request, submitted }) => this.#advance(request, 'completed', submitted),
    'AuthorizationClosed.v1': ({ request }) => {
      this.#authorizations.delete(request);
      this.#requests.delete(request);
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
  *dueOpenings(graceMs: number): Iterable<{ user: number; accountClass: AccountClass }> {
    const now = this.clock.monotonic();
    for (const [user, { accountClass, sinceMs }] of this.#unopened) if (now - sinceMs >= graceMs) yield { user, accountClass };
  }

  /** A repair found that the request came long ago, or has ended. */
  advance(request: string, stage: 'accepted' | 'completed', submitted: readonly string[] = []): void {
    this.#advance(request, stage, submitted);
  }
  /** Nothing is left to do for it, although the feed has not said so. */
  forget(request: string): void {
    this.#authorizations.delete(request);
  }

  get sizes(): { readonly authorizations: number; readonly unsettled: number } {
    return { authorizations: this.#authorizations.size, unsettled: this.#unsettled.size };
  }

  #open(request: string, payer: number): void {
    const now = this.clock.monotonic();
    this.#authorizations.set(request, { request, payer, seenAtMs: now, sinceMs: now, stage: 'opened', submitted: [] });
  }

  #advance(request: string, stage: OpenAuthorizationSeen['stage'], submitted: readonly string[] = []): void {
    const known = this.#authorizations.get(request);
    if (!known || known.stage === 'completed') return;
    Object.assign(known, { stage, submitted, sinceMs: this.clock.monotonic() });
  }

  #submitted({ request, job, worker, owner, ownerTrusted, model, price, debit, things }: Data<'JobSubmitted.v1'>): void {
    const known = this.#requests.get(request) ?? this.requests.find(request)?.facts;
    if (!known || known.payer === 0) return;
    const owed: Owed = { request, payer: known.payer, kind: known.kind, job, worker, owner, ownerTrusted, model, price, debit, things };
    this.#unsettled.set(job, { owed, sinceMs: this.clock.monotonic() });
  }
}

type Handled = AccountEvent | RequestEvent | UserRegistered;
type HandledType =
  | 'UserRegistered.v1' | 'AccountOpened.v1' | 'AuthorizationOpened.v1' | 'RequestAccepted.v1' | 'RequestAbandoned.v1' | 'JobSubmitted.v1'
  | 'JobSettled.v1' | 'RequestCompleted.v1' | 'AuthorizationClosed.v1';
type Data<Type extends HandledType> = Extract<Handled, { type: Type }>['data'];
