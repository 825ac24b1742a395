import type { Command } from 'commander';
import type { Drift } from '../audit/drift.js';
import type { Violation } from '../audit/violations.js';
import { openBooks, type Books } from './books.js';
import { invariantTable, prove, proofSummary, readModelTable } from './proof.js';
import { FINE, FOUND_SOMETHING, type ExitCode, type Tools } from './tools.js';

/** Enough to see what kind of fault it is; `--all` shows the first thousand. */
const SHOWN_MAX = 20;

export const addReconcile = (program: Command, run: (work: (tools: Tools) => Promise<ExitCode>) => Promise<void>): void => {
  program.command('reconcile')
    .description('Folds the whole log a second time, proves the invariants of the ledger, and compares every read model with it. Changes nothing; works beside a running server and without one.')
    .option('--all', 'shows every violation and difference that was kept, not the first twenty')
    .action(({ all = false }: { all?: boolean }) => run((tools) => reconcileCommand(all ? Number.POSITIVE_INFINITY : SHOWN_MAX, tools)));
};

const POSTGRES: Readonly<Record<Books['postgres'], string>> = {
  given: 'the one at DATABASE_URL', running: 'that of the running server', started: 'started for the time of this check, the server is stopped',
};

const reconcileCommand = async (shownMax: number, tools: Tools): Promise<ExitCode> => {
  const { say } = tools;
  const config = tools.config();
  const books = await openBooks(config, tools);
  const proof = await prove(books, tools);
  const { log, projections } = proof;
  say(`Data directory ${config.dataDir}; PostgreSQL: ${POSTGRES[books.postgres]}.\n`);
  invariantTable(log).forEach(say);
  violationLines(log.violations, log.violationsTotal, shownMax).forEach(say);
  say('');
  readModelTable(proof).forEach(say);
  for (const { drift, driftTotal } of projections) driftLines(drift, driftTotal, shownMax).forEach(say);
  say('');
  proofSummary(proof).forEach(say);
  if (log.unsettledJobs.length > 0) say(`  ${log.unsettledJobs.length} delivered jobs wait for their payment; a running server pays them within a minute.`);
  if (log.openRequests > 0) say(`  ${log.openRequests} requests and ${log.openHolds.length} authorizations are open.`);
  if (log.undrained.length > 0) say(`  ${log.undrained.length} trusted users wait for their escrow; a running server releases it within seconds.`);
  if (log.aboveCap.length > 0) say(`  ${log.aboveCap.length} users stand above the cap; a running server sweeps what is above it, as far as it is not held.`);
  say(proof.isProven ? '\nThe books balance.' : `\nThe books do NOT balance. ${advice(log.violationsTotal > 0)}`);
  return proof.isProven ? FINE : FOUND_SOMETHING;
};

const advice = (isLogAtFault: boolean): string => (isLogAtFault
  ? 'The log breaks its own rules: keep a copy of the data directory, and repair only by compensating events.'
  : 'The log is sound, so nothing is lost: stop the server and fill the read models again with "horde rebuild".');

const violationLines = (violations: readonly Violation[], total: number, shownMax: number): string[] => [
  ...violations.slice(0, shownMax).map(({ invariant, position, stream, text }) => `    ${invariant} at position ${position}, ${stream}: ${text}`),
  ...more(total, Math.min(violations.length, shownMax)),
];

const driftLines = (drift: readonly Drift[], total: number, shownMax: number): string[] => [
  ...drift.slice(0, shownMax).map(({ row, column, expected, found }) => `    ${row}, ${column}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`),
  ...more(total, Math.min(drift.length, shownMax)),
];

const more = (total: number, shown: number): string[] => (total > shown ? [`    … and ${total - shown} more`] : []);
