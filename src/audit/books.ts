import { ledgerOf, type Recorded } from '../kernel/event.js';
import { kudos } from '../kernel/kudos.js';
import { strayPosting } from '../kernel/flows.js';
import { faultOf, userOf, type LedgerTransaction } from '../kernel/ledger.js';
import type { AccountClass } from '../kudos/account.events.js';
import { Decreases } from './decreases.js';
import { TransactionIds } from './transaction-ids.js';
import type { Violations } from './violations.js';

/** One user's money, in centikudos. */
export interface UserBooks {
  readonly user: number;
  spendable: number;
  escrow: number;
  /** Increases recorded in other streams than the user's own. */
  spendableElsewhere: number;
  escrowElsewhere: number;
  /** What the account may not fall below in its own stream; undefined until it is opened. */
  floor: number | undefined;
  /** Below the floor since an admin forced a reversal: as low as it may be until it has risen again; undefined otherwise. */
  ground: number | undefined;
  /** Transactions that touched it. */
  entries: number;
  /** Position of the last of them. */
  lastEntry: number;
}
interface SystemBooks {
  readonly account: string;
  balance: number;
}
type Entry = { readonly of: UserBooks; readonly pocket: 'spendable' | 'escrow'; readonly ownStream: string } | { readonly of: SystemBooks; readonly pocket?: undefined };

/** horde-rules §1.1. */
const FLOORS: Readonly<Record<AccountClass, number>> = { operator: kudos(25), oauth: kudos(25), pseudonymous: kudos(14) };

/** Double entry over all ledger blocks: I1, I2, I3, I4, I8, I10, I11, I27 and I29. Knows no event by name but AccountOpened and forced reversals. */
export class Books {
  readonly users = new Map<number, UserBooks>();
  readonly system = new Map<string, SystemBooks>();
  transactions = 0;
  private readonly accounts = new Map<string, Entry>();
  private readonly ids = new TransactionIds();
  private readonly reversed = new TransactionIds();
  readonly decreases: Decreases;

  constructor(private readonly violations: Violations) {
    this.decreases = new Decreases(violations);
  }

  add(event: Recorded): void {
    const ledger = ledgerOf(event);
    if (ledger) this.book(event, ledger);
    if (event.type === 'AccountOpened.v1') {
      const { user, accountClass } = event.data as { user: number; accountClass: AccountClass };
      const books = this.user(user);
      books.floor = FLOORS[accountClass];
      this.checkFloor(event, books);
    }
  }

  private book(event: Recorded, ledger: LedgerTransaction): void {
    this.transactions += 1;
    this.checkShape(event, ledger);
    this.decreases.add(event, ledger);
    for (const { account, amount } of ledger.postings) {
      const entry = this.entry(account);
      if (entry.pocket) this.bookUser(event, entry, amount);
      else this.bookSystem(event, entry.of, amount);
    }
    this.checkFloors(event, ledger);
  }

  private checkShape(event: Recorded, ledger: LedgerTransaction): void {
    const { violations } = this;
    const fault = faultOf(ledger);
    if (fault) violations.report('I1', event, `transaction ${ledger.txId} ${fault}`);
    const stray = strayPosting(ledger);
    if (stray) violations.report('I3', event, `transaction ${ledger.txId} is a ${ledger.kind}, which moves nothing ${stray.amount < 0 ? 'from' : 'to'} ${stray.account}`);
    violations.unless(this.ids.add(ledger.txId), 'I8', event, () => `transaction ${ledger.txId} is in the log already`);
    if (ledger.reverses !== null) this.takenBack(event, ledger.reverses);
  }

  /** Floors hold after the whole transaction: between two legs of it nobody has spent anything. */
  private checkFloors(event: Recorded, { postings }: LedgerTransaction): void {
    const isForced = event.type === 'TransactionReversed.v1' && (event.data as { forced?: true }).forced === true;
    for (const { account, amount } of postings) {
      const entry = this.entry(account);
      if (!entry.pocket) continue;
      if (isForced) entry.of.ground = entry.of.spendable;
      if (amount < 0) this.checkFloor(event, entry.of);
      if (entry.of.ground !== undefined) risen(entry.of);
    }
  }

  /** What is taken back is in the log, and nobody took it back before. */
  private takenBack(event: Recorded, original: string): void {
    this.violations.unless(this.ids.has(original), 'I8', event, () => `takes back transaction ${original}, which is not in the log`);
    this.violations.unless(this.reversed.add(original), 'I8', event, () => `takes back transaction ${original} a second time`);
  }

  private bookUser(event: Recorded, { of: books, pocket, ownStream }: Extract<Entry, { pocket: string }>, amount: number): void {
    const { violations } = this;
    violations.unless(books.user !== 0, 'I29', event, () => `${amount} at an account of the anonymous user, who has none`);
    violations.unless(amount > 0 || event.stream === ownStream, 'I11', event, () => `takes ${-amount} from user ${books.user} outside ${ownStream}`);
    books[pocket] += amount;
    if (amount > 0 && event.stream !== ownStream) {
      if (pocket === 'spendable') books.spendableElsewhere += amount;
      else books.escrowElsewhere += amount;
    }
    if (books.lastEntry !== event.position) {
      books.lastEntry = event.position;
      books.entries += 1;
    }
  }

  private bookSystem(event: Recorded, books: SystemBooks, amount: number): void {
    books.balance += amount;
    const { account, balance } = books;
    const wrongWay = account.startsWith('issue:') ? balance > 0 : account.startsWith('suspense:') ? false : balance < 0;
    this.violations.unless(!wrongWay, 'I3', event, () => `${account} stands at ${balance}`);
  }

  private checkFloor(event: Recorded, books: UserBooks): void {
    const { user, spendable, escrow, floor, ground } = books;
    const least = ground ?? floor;
    this.violations.unless(least === undefined || spendable >= least, 'I4', event, () => `user ${user} stands at ${spendable}, below the floor of ${String(floor)}`);
    this.violations.unless(floor !== undefined || spendable >= 0, 'I4', event, () => `user ${user} stands at ${spendable} without an open account`);
    this.violations.unless(escrow >= 0, 'I10', event, () => `user ${user} has ${escrow} in escrow`);
  }

  /** I2 and I3 at the end: all accounts sum to zero, so what users have is what was issued less what was burned. */
  close(position: number): void {
    let sum = 0;
    for (const { spendable, escrow } of this.users.values()) sum += spendable + escrow;
    for (const { balance } of this.system.values()) sum += balance;
    this.violations.unless(sum === 0, 'I2', { position, stream: '$all' }, () => `all accounts together stand at ${sum} instead of 0`);
  }

  private entry(account: string): Entry {
    let entry = this.accounts.get(account);
    if (entry) return entry;
    const owner = userOf(account);
    if (owner) entry = { of: this.user(owner.user), pocket: owner.pocket, ownStream: `account-${owner.user}` };
    else {
      const books = { account, balance: 0 };
      this.system.set(account, books);
      entry = { of: books };
    }
    this.accounts.set(account, entry);
    return entry;
  }

  private user(user: number): UserBooks {
    let books = this.users.get(user);
    if (!books) {
      books = { user, spendable: 0, escrow: 0, spendableElsewhere: 0, escrowElsewhere: 0, floor: undefined, ground: undefined, entries: 0, lastEntry: -1 };
      this.users.set(user, books);
    }
    return books;
  }
}

/** An account that was forced below its floor may not fall again on its way up. */
const risen = (books: UserBooks): void => {
  const { spendable, floor = 0, ground = floor } = books;
  books.ground = spendable >= floor ? undefined : Math.max(ground, spendable);
};
