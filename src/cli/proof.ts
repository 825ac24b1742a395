import { reconcile, type Reconciled } from '../audit/reconcile.js';
import { refold, type RefoldProgress, type RefoldReport } from '../audit/refold.js';
import type { Books } from './books.js';
import { figure, table } from './table.js';
import type { Tools } from './tools.js';

/** The whole log folded a second time, and every read model compared with it. */
export interface Proof {
  readonly log: RefoldReport;
  readonly projections: readonly Reconciled[];
  readonly missing: readonly string[];
  readonly driftTotal: number;
  readonly isProven: boolean;
  readonly eventsPerSecond: number;
}

/** Reads once when the read models are where the log ends, and the rest of the log a second time when they are not. */
export const prove = async ({ log, database }: Pick<Books, 'log' | 'database'>, { clock, progress }: Pick<Tools, 'clock' | 'progress'>): Promise<Proof> => {
  const start = clock.monotonic();
  const show = ({ events, violations }: RefoldProgress): void => progress.update(`proving the books: ${figure(events)} events, ${violations} violations`);
  const { log: upToCheckpoints, projections, missing, driftTotal } = await reconcile(log, database, show);
  const head = await log.head();
  const whole = upToCheckpoints.position >= head ? upToCheckpoints : await refold(log, { upTo: head, onProgress: show });
  progress.clear();
  return {
    log: whole, projections, missing, driftTotal, isProven: whole.violationsTotal === 0 && driftTotal === 0 && missing.length === 0,
    eventsPerSecond: (whole.events / Math.max(1, clock.monotonic() - start)) * 1000,
  };
};

/** The proof in a few lines: how much was checked, what was found. */
export const proofSummary = ({ log, projections, missing, driftTotal, eventsPerSecond }: Proof): string[] => [
  `${mark(log.violationsTotal === 0)} ${figure(log.events)} events with ${figure(log.transactions)} transactions folded a second time: ${log.violationsTotal} violations (${figure(eventsPerSecond)} events/s)`,
  `${mark(driftTotal === 0 && missing.length === 0)} ${projections.length} read models compared with it, ${figure(sum(projections.map(({ rows }) => rows)))} rows: ${driftTotal} differences${missing.length > 0 ? `; never built: ${missing.join(', ')}` : ''}`,
];

/** What every invariant looked at, in the words of spec/ledger.md §3.4. */
const INVARIANTS: readonly (readonly [name: string, says: string, looksAt: (log: RefoldReport) => number, unit: string])[] = [
  ['I1', 'every transaction balances', ({ transactions }) => transactions, 'transactions'],
  ['I2', 'all accounts together are zero', ({ balances, system }) => balances.size + system.size, 'accounts'],
  ['I3', 'supply is what was issued less what was burned', ({ system }) => system.size, 'accounts'],
  ['I4', 'nobody falls below the floor', ({ balances }) => balances.size, 'accounts'],
  ['I6', 'holds end once, never beyond what was set aside', ({ events }) => events, 'events'],
  ['I7', 'a job is settled once, as it was submitted', ({ events }) => events, 'events'],
  ['I8', 'transaction ids are unique', ({ transactions }) => transactions, 'transactions'],
  ['I10', 'escrow goes to trusted users, and is never negative', ({ balances }) => balances.size, 'accounts'],
  ['I11', 'only its own stream decreases an account', ({ transactions }) => transactions, 'transactions'],
  ['I16', 'no gaps, and every event names the hash of the one before', ({ events }) => events, 'events'],
  ['I18', 'one worker a job, results only from that one', ({ events }) => events, 'events'],
  ['I20', 'no place in the queue beyond the cap', ({ events }) => events, 'events'],
  ['I25', 'a worker is credited exactly the value of the job', ({ events }) => events, 'events'],
  ['I26', 'no request costs more than its quote', ({ events }) => events, 'events'],
  ['I27', 'balances decrease by somebody\'s act only', ({ decreases }) => total(decreases), 'decreases'],
  ['I28', 'no authorization closes before all is settled', ({ events }) => events, 'events'],
  ['I29', 'anonymous use debits nobody', ({ transactions }) => transactions, 'transactions'],
];

export const invariantTable = (log: RefoldReport): string[] => table([
  ['', 'invariant', 'looked at', '', 'violations'],
  ...INVARIANTS.map(([name, says, looksAt, unit]) => {
    const found = log.violations.filter(({ invariant }) => invariant === name).length;
    return [`${mark(found === 0)} ${name}`, says, figure(looksAt(log)), unit, String(found)];
  }),
], 2);

export const readModelTable = ({ projections, missing }: Proof): string[] => table([
  ['', 'rows compared', 'at position', 'differences'],
  ...projections.map(({ projection, rows, position, driftTotal }) => [`${mark(driftTotal === 0)} ${projection}`, figure(rows), figure(position), String(driftTotal)]),
  ...missing.map((name) => [`${mark(false)} ${name}`, 'never built', '', '']),
]);

export const mark = (isGood: boolean): string => (isGood ? '✓' : '✗');
const total = (decreases: RefoldReport['decreases']): number => sum([...decreases.values()].map(({ transactions }) => transactions));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
