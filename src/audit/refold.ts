import type { Recorded } from '../kernel/event.js';
import { decode } from '../platform/event-log/codec.js';
import { BEGINNING, type EventLog, type Position, type RecordedEvent } from '../platform/event-log/event-log.js';
import { Authorizations, type OpenHold } from './authorizations.js';
import { Books, type UserBooks } from './books.js';
import { CapAndTrust } from './cap-and-trust.js';
import { Chains } from './chains.js';
import { Deadlines } from './deadlines.js';
import type { Decrease } from './decreases.js';
import { Grants } from './grants.js';
import { Jobs } from './jobs.js';
import { SharedKeyBooks } from './shared-keys.js';
import { Uptimes } from './uptimes.js';
import { Violations, type Violation } from './violations.js';

/** Read at once: as many as a store gives. */
const PAGE_EVENTS = 4_096;

export interface RefoldProgress {
  readonly events: number;
  readonly position: Position;
  readonly violations: number;
}
export interface RefoldOptions {
  /** Last position to look at; default: the head when the audit began. */
  readonly upTo?: Position;
  /** Called after each page. */
  readonly onProgress?: (progress: RefoldProgress) => void;
}
export interface RefoldReport {
  readonly events: number;
  readonly transactions: number;
  /** Of the last event that was looked at. */
  readonly position: Position;
  /** The first thousand; `violationsTotal` counts all. */
  readonly violations: readonly Violation[];
  readonly violationsTotal: number;
  readonly balances: ReadonlyMap<number, UserBooks>;
  /** Centikudos by system account: issued negative, burned positive. */
  readonly system: ReadonlyMap<string, number>;
  readonly openHolds: readonly OpenHold[];
  /** Delivered jobs that nobody has paid yet: none for longer than a minute once faults have healed (I7). */
  readonly unsettledJobs: readonly string[];
  readonly openRequests: number;
  /** What has left the accounts of users, by kind of transaction (I27). */
  readonly decreases: ReadonlyMap<string, Decrease>;
  /** Trusted users whose escrow waits to be released, and users whose excess over the cap waits to be swept: seconds (I10, I20). */
  readonly undrained: readonly number[];
  readonly aboveCap: readonly number[];
}

/** All checks over one pass of a log, event by event. Memory follows the accounts and what is open, not the log's length. */
export class Refold {
  readonly violations = new Violations();
  readonly books = new Books(this.violations);
  readonly jobs = new Jobs(this.violations);
  readonly authorizations = new Authorizations(this.violations, this.jobs);
  readonly capAndTrust = new CapAndTrust(this.violations, this.books);
  readonly sharedKeys = new SharedKeyBooks(this.violations);
  private readonly uptimes = new Uptimes(this.violations);
  private readonly deadlines = new Deadlines(this.violations);
  readonly grants = new Grants(this.violations);
  private readonly chains = new Chains(this.violations);
  events = 0;
  position: Position = BEGINNING;

  add(raw: RecordedEvent): Recorded {
    const event = decode(raw);
    this.chains.add(raw, event);
    this.books.add(event);
    this.capAndTrust.add(event);
    this.jobs.add(event);
    this.authorizations.add(event);
    this.sharedKeys.add(event);
    this.uptimes.add(event);
    this.deadlines.add(event);
    this.grants.add(event);
    this.events += 1;
    this.position = raw.position;
    return event;
  }

  report(): RefoldReport {
    this.books.close(this.position);
    return {
      events: this.events, transactions: this.books.transactions, position: this.position,
      violations: this.violations.kept, violationsTotal: this.violations.total,
      balances: this.books.users, system: new Map([...this.books.system].map(([account, { balance }]) => [account, balance])),
      openHolds: [...this.authorizations.open.values()], unsettledJobs: [...this.jobs.unsettled.keys()], openRequests: this.jobs.requests.size,
      decreases: this.books.decreases.byKind, undrained: this.capAndTrust.undrained, aboveCap: this.capAndTrust.aboveCap,
    };
  }
}

/**
 * Reads the whole log and checks every invariant that it can prove, without a look at any read model (spec/ledger.md §3.4).
 * @throws whatever the log throws; a violation is reported, never thrown
 */
export const refold = async (log: EventLog, options: RefoldOptions = {}): Promise<RefoldReport> => {
  const fold = new Refold();
  for await (const page of pagesOf(log, options.upTo ?? (await log.head()))) {
    for (const event of page) fold.add(event);
    options.onProgress?.({ events: fold.events, position: fold.position, violations: fold.violations.total });
  }
  return fold.report();
};

/** The events up to a position, the next page being read while one is folded. */
export async function* pagesOf(log: EventLog, upTo: Position): AsyncGenerator<readonly RecordedEvent[]> {
  let next = log.readAll({ limit: PAGE_EVENTS });
  for (;;) {
    const { events, position, end } = await next;
    const isLast = end || position >= upTo;
    if (!isLast) {
      next = log.readAll({ from: position, limit: PAGE_EVENTS });
      next.catch(() => undefined); // awaited in the next round, unless the reader stops before
    }
    yield isLast ? events.filter((event) => event.position <= upTo) : events;
    if (isLast) return;
  }
}
