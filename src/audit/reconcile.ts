import { BEGINNING, type EventLog, type Position } from '../platform/event-log/event-log.js';
import type { Database, Queries } from '../platform/postgres/database.js';
import { compareBalances, compareQueue, compareSharedKeys, compareStatement, compareUsers, compareWorkers } from './compare.js';
import { compareGrants } from './compare-grants.js';
import { compareFinalRequests, compareOpenRequests } from './compare-requests.js';
import { Drifts, type Drift } from './drift.js';
import { ExpectedPeople } from './expected-people.js';
import { compareMessages, ExpectedMessages } from './expected-messages.js';
import { compareRecords, ExpectedRecords } from './expected-records.js';
import { compareStyles, ExpectedStyles } from './expected-styles.js';
import { compareTeams, ExpectedTeams } from './expected-teams.js';
import { ExpectedRequests, type ExpectedRequest } from './expected-requests.js';
import { pagesOf, Refold, type RefoldProgress, type RefoldReport } from './refold.js';

export interface Reconciled {
  readonly projection: string;
  /** The checkpoint at which it was compared. */
  readonly position: Position;
  readonly rows: number;
  readonly drift: readonly Drift[];
  readonly driftTotal: number;
}
export interface ReconcileReport {
  readonly log: RefoldReport;
  readonly projections: readonly Reconciled[];
  /** Read models that were never built. */
  readonly missing: readonly string[];
  readonly driftTotal: number;
}

const COMPARED = ['balances', 'statement', 'requests', 'queue', 'users', 'workers', 'records', 'shared-keys', 'styles', 'grants', 'worker-messages', 'teams'] as const;
type Compared = (typeof COMPARED)[number];
/** Finished requests are looked up so many at once. */
const FINAL_REQUESTS_BATCH = 500;

/**
 * Folds the log a second time, by other code than the projections', and compares every read model with it at the read
 * model's own checkpoint. All rows are of one snapshot, so projectors may go on meanwhile.
 */
export const reconcile = (log: EventLog, database: Pick<Database, 'transaction'>, onProgress?: (progress: RefoldProgress) => void): Promise<ReconcileReport> =>
  database.transaction(async (queries) => {
    await queries.execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const checkpoints = await checkpointsOf(queries);
    const run = new Reconciliation(queries, checkpoints);
    const upTo = Math.max(...checkpoints.values(), BEGINNING);
    for await (const page of pagesOf(log, upTo)) {
      for (const event of page) {
        if (run.isDue(event.position)) await run.pass(event.position);
        run.add(event);
      }
      await run.flush();
      onProgress?.({ events: run.fold.events, position: run.fold.position, violations: run.fold.violations.total });
    }
    await run.pass(Number.POSITIVE_INFINITY);
    return run.report();
  }, { durable: false });

const checkpointsOf = async (queries: Queries): Promise<Map<Compared, Position>> => {
  const rows = await queries.query<{ name: Compared; position: number }>('SELECT name, position FROM rm.checkpoint WHERE name = ANY($1)', [COMPARED]);
  return new Map(rows.map(({ name, position }) => [name, position]));
};

class Reconciliation {
  readonly fold = new Refold();
  private readonly people = new ExpectedPeople();
  private readonly records = new ExpectedRecords();
  private readonly styles = new ExpectedStyles();
  private readonly teams = new ExpectedTeams();
  private readonly messages = new ExpectedMessages();
  private readonly requests = new ExpectedRequests((request) => this.ended(request));
  private readonly done = new Map<Compared, Drifts>();
  private readonly requestDrifts = new Drifts('requests');
  private final: ExpectedRequest[] = [];
  /** The checkpoint that is passed next, so that most events cost one comparison. */
  private next: Position;

  constructor(private readonly queries: Queries, private readonly checkpoints: ReadonlyMap<Compared, Position>) {
    this.next = Math.min(...checkpoints.values());
  }

  add(raw: Parameters<Refold['add']>[0]): void {
    const event = this.fold.add(raw);
    this.people.add(event);
    this.records.add(event);
    this.styles.add(event);
    this.teams.add(event);
    this.messages.add(event);
    this.requests.add(event);
  }

  private ended(request: ExpectedRequest): void {
    if (this.checkpoints.has('requests') && !this.done.has('requests')) this.final.push(request);
  }

  /** A read model ends before this position. */
  isDue(position: Position): boolean {
    return position > this.next;
  }

  /** Compares the read models whose checkpoint comes before `position`. */
  async pass(position: Position): Promise<void> {
    const due = [...this.checkpoints].filter(([name, at]) => at < position && !this.done.has(name));
    for (const [name] of due) this.done.set(name, await this.compare(name));
    this.next = Math.min(...[...this.checkpoints].filter(([name]) => !this.done.has(name)).map(([, at]) => at));
  }

  /** Compares requests that nothing changes any more, and forgets them. */
  async flush(leaving = FINAL_REQUESTS_BATCH): Promise<void> {
    while (this.final.length > 0 && this.final.length >= leaving) {
      const batch = this.final.splice(0, FINAL_REQUESTS_BATCH);
      await compareFinalRequests(this.queries, this.requestDrifts, batch);
    }
  }

  private async compare(name: Compared): Promise<Drifts> {
    const { queries, fold, people, requests } = this;
    const drifts = name === 'requests' ? this.requestDrifts : new Drifts(name);
    switch (name) {
      case 'balances': await compareBalances(queries, drifts, { books: fold.books, held: people.held }); break;
      case 'statement': await compareStatement(queries, drifts, fold.books); break;
      case 'users': await compareUsers(queries, drifts, people.users); break;
      case 'workers': await compareWorkers(queries, drifts, people); break;
      case 'records': await compareRecords(queries, drifts, this.records); break;
      case 'grants': await compareGrants(queries, drifts, fold.grants); break;
      case 'shared-keys': await compareSharedKeys(queries, drifts, fold.sharedKeys); break;
      case 'teams': await compareTeams(queries, drifts, this.teams); break;
      case 'worker-messages': await compareMessages(queries, drifts, this.messages); break;
      case 'styles': await compareStyles(queries, drifts, this.styles); break;
      case 'queue': await compareQueue(queries, drifts, requests); break;
      case 'requests':
        await this.flush(0);
        await compareOpenRequests(queries, drifts, requests);
    }
    return drifts;
  }

  report(): ReconcileReport {
    const projections = [...this.done].map(([projection, { rows, kept, total }]) => (
      { projection, position: this.checkpoints.get(projection)!, rows, drift: kept, driftTotal: total }
    ));
    return {
      log: this.fold.report(), projections, missing: COMPARED.filter((name) => !this.checkpoints.has(name)),
      driftTotal: projections.reduce((sum, { driftTotal }) => sum + driftTotal, 0),
    };
  }
}
