import { Refold } from '../../src/audit/refold.js';
import { ledgerOf, type Recorded } from '../../src/kernel/event.js';
import { userOf, type LedgerTransaction } from '../../src/kernel/ledger.js';
import type { AccountOpened, AuthorizationClosed, AuthorizationOpened, CapExcessSwept, FormHoldPlaced, HoldReleased, JobSettled } from '../../src/kudos/account.events.js';
import type { Position, RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { KUDOS_CAP_KUDOS } from './settings.js';

/** The floors as the public rules name them (horde-rules §1.1), in centikudos; written again, so that no constant is checked against itself. */
const FLOOR = { operator: 2_500, oauth: 2_500, pseudonymous: 1_400 } as const;

interface Moment {
  readonly position: Position;
  /** Credits recorded in other streams, up to here. */
  readonly elsewhere: number;
  readonly available: number;
}

/** One user's money, added up in the plainest way. */
interface Purse {
  own: number;
  elsewhere: number;
  escrow: number;
  floor: number;
  readonly holds: Map<string, number>;
  held: number;
  readonly history: Moment[];
}

export interface Wrong {
  readonly invariant: string;
  readonly text: string;
}

/**
 * What is checked at every event that is written: the audit's fold of the log, and beside it a naive model of every purse,
 * for what only a running system can break: spending what is not there yet (I5) and forgiving from a stale view.
 */
export class Checks {
  readonly audit = new Refold();
  readonly purses = new Map<number, Purse>();
  readonly types = new Map<string, number>();
  readonly #wrong: Wrong[] = [];
  readonly #began = new Map<string, Position>();
  /** Correlation ids of everything that was ever written. */
  readonly #written = new Map<string, number>();
  readonly #opened = new Map<string, { readonly jobs: number; readonly hold: number }>();
  /** Transaction id → what it moved to whom, if it was a transfer. */
  readonly transactions = new Map<string, { readonly to?: number; readonly amount?: number }>();

  get violations(): readonly Wrong[] {
    return this.#wrong.length > 0 ? this.#wrong : this.audit.violations.kept;
  }

  began(correlationId: string, head: Position): void {
    if (!this.#began.has(correlationId)) this.#began.set(correlationId, head);
  }
  /** Events written on behalf of that call. */
  writtenFor(correlationId: string): number {
    return this.#written.get(correlationId) ?? 0;
  }

  add(raw: RecordedEvent): void {
    const event = this.audit.add(raw);
    this.types.set(event.type, (this.types.get(event.type) ?? 0) + 1);
    const { $correlationId } = event.metadata;
    this.#written.set($correlationId, this.writtenFor($correlationId) + 1);
    const ledger = ledgerOf(event);
    if (ledger?.reverses) this.#takenBack(event, ledger);
    if (ledger) this.transactions.set(ledger.txId, event.data);
    const before = this.#payerBefore(event);
    this.#book(event);
    this.#hold(event);
    this.#remember(event);
    this.#afterwards(event);
    if (before) this.#forgiveness(event, before);
  }

  /** When a call was first heard of. */
  beginningOf(correlationId: string): Position | undefined {
    return this.#began.get(correlationId);
  }
  /** A request as its authorization was opened. */
  opened(request: string): { readonly jobs: number; readonly hold: number } | undefined {
    return this.#opened.get(request);
  }

  purse(user: number): Purse {
    let purse = this.purses.get(user);
    if (!purse) this.purses.set(user, (purse = { own: 0, elsewhere: 0, escrow: 0, floor: 0, holds: new Map(), held: 0, history: [] }));
    return purse;
  }
  availableOf(user: number): number {
    const { own, elsewhere, held, floor } = this.purse(user);
    return own + elsewhere - held - floor;
  }

  /** The least that the user could spend at any moment after `since`. */
  leastAvailable(user: number, since: Position): number {
    const { history } = this.purse(user);
    let least = Number.POSITIVE_INFINITY;
    for (let at = history.length - 1; at >= 0; at--) {
      least = Math.min(least, history[at]!.available);
      if (history[at]!.position <= since) break;
    }
    return least;
  }

  #book(event: Recorded): void {
    for (const { account, amount } of ledgerOf(event)?.postings ?? []) {
      const owner = userOf(account);
      if (!owner) continue;
      const purse = this.purse(owner.user);
      if (owner.pocket === 'escrow') purse.escrow += amount;
      else if (event.stream === `account-${owner.user}`) purse.own += amount;
      else purse.elsewhere += amount;
    }
  }

  #hold(event: Recorded): void {
    switch (event.type) {
      case 'AccountOpened.v1': {
        const { user, accountClass } = event.data as AccountOpened['data'];
        this.purse(user).floor = FLOOR[accountClass];
        return;
      }
      case 'AuthorizationOpened.v1': {
        const { user, request, hold, jobs } = event.data as AuthorizationOpened['data'];
        this.#opened.set(request, { jobs, hold });
        this.#setHold(user, request, hold);
        return;
      }
      case 'FormHoldPlaced.v1': {
        const { user, request, amount } = event.data as FormHoldPlaced['data'];
        this.#lower(user, request, -amount);
        return;
      }
      case 'HoldReleased.v1': {
        const { user, request, amount } = event.data as HoldReleased['data'];
        this.#lower(user, request, amount);
        return;
      }
      case 'JobSettled.v1': {
        const { payer, request, captured } = event.data as JobSettled['data'];
        if (payer !== 0) this.#lower(payer, request, captured);
        return;
      }
      case 'AuthorizationClosed.v1': {
        const { user, request } = event.data as AuthorizationClosed['data'];
        this.#lower(user, request, this.purse(user).holds.get(request) ?? 0);
        this.purse(user).holds.delete(request);
        return;
      }
      default: // moves no hold
    }
  }

  #setHold(user: number, request: string, hold: number): void {
    const purse = this.purse(user);
    purse.holds.set(request, hold);
    purse.held += hold;
  }
  #lower(user: number, request: string, by: number): void {
    const purse = this.purse(user);
    purse.holds.set(request, (purse.holds.get(request) ?? 0) - by);
    purse.held -= by;
  }

  #remember({ position, stream, data }: Recorded): void {
    const touched = new Set<number>();
    if (stream.startsWith('account-')) touched.add(Number(stream.slice('account-'.length)));
    for (const { account } of ledgerOf({ data })?.postings ?? []) {
      const owner = userOf(account);
      if (owner) touched.add(owner.user);
    }
    for (const user of touched) {
      const purse = this.purse(user);
      purse.history.push({ position, elsewhere: purse.elsewhere, available: this.availableOf(user) });
    }
  }

  /** I5: an accepted refusable debit left something available, of what was committed before it. */
  #afterwards(event: Recorded): void {
    if (event.type === 'CapExcessSwept.v1') this.#swept(event);
    const spends = event.type === 'FundsTransferred.v1' || event.type === 'FormHoldPlaced.v1' || (event.type === 'AuthorizationOpened.v1' && (event.data as AuthorizationOpened['data']).hold > 0);
    if (!spends) return;
    const user = Number(event.stream.slice('account-'.length));
    const left = this.availableOf(user);
    if (left < 0) this.#report('I5', event, `${event.type} leaves user ${user} with ${left} available`);
  }

  /** Only what stands above the cap goes to the commons, and nothing that is held. */
  #swept(event: Recorded): void {
    const { user } = event.data as CapExcessSwept['data'];
    const { own, elsewhere } = this.purse(user);
    if (own + elsewhere < KUDOS_CAP_KUDOS * 100) this.#report('I27', event, `leaves user ${user} with ${own + elsewhere}, below the cap`);
    if (this.availableOf(user) < 0) this.#report('I5', event, `sweeps what user ${user} has promised`);
  }

  #payerBefore(event: Recorded): { readonly user: number; readonly own: number } | undefined {
    const forgives = event.stream.startsWith('account-') && ledgerOf(event)?.postings.some(({ account }) => account === 'issue:floor');
    if (!forgives) return undefined;
    const user = Number(event.stream.slice('account-'.length));
    return { user, own: this.purse(user).own };
  }

  /** A view that lags never mints: what was credited before the call began is spent before anything is forgiven. */
  #forgiveness(event: Recorded, { user, own }: { readonly user: number; readonly own: number }): void {
    const began = this.#began.get(event.metadata.$correlationId);
    if (began === undefined) return;
    const { history, floor } = this.purse(user);
    const known = history.findLast(({ position }) => position <= began)?.elsewhere ?? 0;
    const forgiven = -ledgerOf(event)!.postings.find(({ account }) => account === 'issue:floor')!.amount;
    const owed = event.type === 'JobSettled.v1' ? (event.data as JobSettled['data']).debit : (event.data as AuthorizationOpened['data']).activation;
    const paid = owed - forgiven;
    const could = Math.min(owed, Math.max(0, own + known - floor));
    if (paid < could) this.#report('I4', event, `forgives user ${user} although ${could - paid} more were there when the call began`);
  }

  /** What is taken back of a transaction was moved by it, the other way, and only once. */
  #takenBack(event: Recorded, { reverses, postings }: LedgerTransaction): void {
    const moved = this.#movedBy(reverses!);
    for (const [owner, amount] of byOwner(postings)) {
      const before = moved.get(owner) ?? 0;
      const left = before + amount;
      if (!owner.startsWith('issue:floor') && left !== 0 && Math.sign(left) !== Math.sign(before)) this.#report('I8', event, `takes back ${-amount} of ${before} that ${reverses!} moved at ${owner}`);
      moved.set(owner, left);
    }
  }
  #movedBy(txId: string): Map<string, number> {
    let moved = this.#moved.get(txId);
    const { ledger } = (this.transactions.get(txId) ?? {}) as { readonly ledger?: LedgerTransaction };
    if (!moved) this.#moved.set(txId, (moved = byOwner(ledger?.postings ?? [])));
    return moved;
  }
  readonly #moved = new Map<string, Map<string, number>>();

  #report(invariant: string, { stream, revision }: Recorded, text: string): void {
    this.#wrong.push({ invariant, text: `${stream}@${revision}: ${text}` });
  }
}

/** A user's two pockets are one here: what waited in escrow may have been released since. */
const byOwner = (postings: LedgerTransaction['postings']): Map<string, number> => {
  const sums = new Map<string, number>();
  for (const { account, amount } of postings) {
    const owner = account.replace(/:(spendable|escrow)$/, '');
    sums.set(owner, (sums.get(owner) ?? 0) + amount);
  }
  return sums;
};
