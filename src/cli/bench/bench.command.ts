import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { Argument, InvalidArgumentError, type Command } from 'commander';
import { figure, table } from '../table.js';
import { temporaryHome } from '../temporary-home.js';
import { FINE, FOUND_SOMETHING, type ExitCode, type Tools } from '../tools.js';
import { proofSummary } from '../proof.js';
import { figureTable, missesMust, type Figure } from './figures.js';
import { SUITES, type BenchOptions, type Suite } from './suites.js';
import { ServerSuites, type ProvenRun } from './server-suites.js';
import { dispatchFigures, logFigures } from './other-suites.js';
import { runStores, type StoresRun } from './stores.js';

export const addBench = (program: Command, run: (work: (tools: Tools) => Promise<ExitCode>) => Promise<void>): void => {
  program.command('bench')
    .description('Measures this machine: a server in a process of its own, on an empty ledger, and ends by proving its books. Rate limits are off.')
    .addArgument(new Argument('[suites...]', 'what to measure; everything unless named').choices(SUITES))
    .option('--seconds <seconds>', 'how long each load is measured, after warming up', atLeast(1), 10)
    .option('--clients <clients>', 'clients of the cycles and transfers', atLeast(1), 32)
    .option('--history <transfers>', 'transfers that the log holds before cycles and transfers are measured', atLeast(0), 0)
    .option('--queued <requests>', 'requests that wait while pops are measured over HTTP', atLeast(1), 100_000)
    .option('--workers <workers>', 'workers that take turns there', atLeast(1), 5_000)
    .option('--json <file>', 'also writes all figures to this file')
    .option('--profile <directory>', 'writes a CPU profile of the server into this directory')
    .option('--directory <directory>', 'where the ledger of the bench is made and removed again; the temporary directory unless given')
    .action((suites: Suite[], options: BenchOptions) => run((tools) => bench(suites.length > 0 ? suites : SUITES, options, tools)));
};

const atLeast = (least: number) => (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new InvalidArgumentError(`It has to be a whole number from ${least} on.`);
  return value;
};

const bench = async (suites: readonly Suite[], options: BenchOptions, tools: Tools): Promise<ExitCode> => {
  if (options.profile !== undefined) mkdirSync(options.profile, { recursive: true });
  const [busy = 0] = loadavg(); // others' work on this machine makes every figure worse
  const results = { ...await measure(suites, options, tools), busy };
  tools.progress.clear();
  print(results, tools);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(reportOf(results, options), null, 2)}\n`);
  return results.proven?.isProven !== false && results.unproven.length === 0 ? FINE : FOUND_SOMETHING;
};

const measure = async (suites: readonly Suite[], options: BenchOptions, tools: Tools): Promise<Omit<Results, 'busy'>> => {
  const home = temporaryHome('bench', tools, options.directory && resolve(options.directory));
  const figures: Figure[] = [];
  if (suites.includes('log')) figures.push(...await logFigures(home, options, tools));
  if (suites.includes('dispatch')) figures.push(...await dispatchFigures(tools));
  const proven = suites.some((suite) => SERVER_SUITES.has(suite)) ? await new ServerSuites(home, options, tools).run(suites) : undefined;
  if (proven) figures.push(...proven.figures);
  if (!suites.includes('stores')) return { figures, proven, unproven: [] };
  const stores = await runStores(home, options, tools);
  return { figures: [...figures, ...stores.figures], proven, unproven: stores.runs.filter(({ run }) => !run.isProven) };
};

/** Those that measure one server on one ledger, one after another. */
const SERVER_SUITES: ReadonlySet<Suite> = new Set(['cycles', 'lag', 'transfers', 'queue', 'rebuild']);

interface Results {
  readonly figures: readonly Figure[];
  readonly proven: ProvenRun | undefined;
  /** Stores whose books did not prove after their cycles. */
  readonly unproven: StoresRun['runs'];
  /** Processes that wanted to run before the bench began, averaged over a minute. */
  readonly busy: number;
}

const print = ({ figures, proven, unproven, busy }: Results, { say }: Tools): void => {
  say(`\n${machine()}; load before the bench: ${figure(busy)}. Rate limits were off${proven ? ', test users on; images were handed in as R2 without an upload' : ''}.\n`);
  figureTable(figures).forEach(say);
  const missed = figures.filter(missesMust);
  if (missed.length > 0) say(`\n${missed.length} of ${figures.length} figures miss what they must reach on two cores (design.md §7).`);
  for (const { store, run } of unproven) say(`NOT PROVEN on ${store}: ${[...run.writes.faults, ...run.errors].slice(0, SHOWN_MAX).join('; ')}`);
  if (!proven) return;
  const { latencies, writes, proof, errors, errorsTotal, unsettled } = proven;
  if (latencies.length > 0) say('');
  table([['latency', 'count', 'p50 ms', 'p99 ms'], ...latencies.map(({ name, count, p50Ms, p99Ms }) => [name, figure(count), figure(p50Ms), figure(p99Ms)])])
    .forEach((line) => latencies.length > 0 && say(line));
  say('\nThe proof:');
  proofSummary(proof).forEach(say);
  say(`${writes.faults.length === 0 ? '✓' : '✗'} acknowledged and in the log once: ${figure(writes.requests)} requests, ${figure(writes.submits)} submits, ${figure(writes.transfers)} transfers`);
  say(`${unsettled === 0 ? '✓' : '✗'} delivered jobs that were not paid: ${unsettled}`);
  say(`${errorsTotal === 0 ? '✓' : '✗'} calls that failed: ${errorsTotal}`);
  [...writes.faults, ...errors, ...proof.log.violations.map(({ invariant, stream, text }) => `${invariant} ${stream}: ${text}`)].slice(0, SHOWN_MAX).forEach((line) => say(`    ${line}`));
  proof.projections.flatMap(({ drift }) => drift).slice(0, SHOWN_MAX)
    .forEach(({ row, column, expected, found }) => say(`    ${row} ${column}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`));
  say(proven.isProven ? '\nThe books balance.' : '\nNOT PROVEN: these figures do not count.');
};

/** Enough to see what kind of fault it is; the JSON file has more. */
const SHOWN_MAX = 10;

const machine = (): string => {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown processor'}, ${figure(totalmem() / 2 ** 30)} GB, Node ${process.version}, ${process.platform}`;
};

const reportOf = ({ figures, proven, busy }: Results, options: BenchOptions): object => ({
  machine: machine(), loadBefore: busy, rateLimits: 'off', options, figures,
  ...(proven && {
    isProven: proven.isProven, latencies: proven.latencies, writes: proven.writes, errors: proven.errors, errorsTotal: proven.errorsTotal, unsettled: proven.unsettled,
    proof: {
      events: proven.proof.log.events, transactions: proven.proof.log.transactions, violations: proven.proof.log.violations,
      violationsTotal: proven.proof.log.violationsTotal, driftTotal: proven.proof.driftTotal, missing: proven.proof.missing,
      projections: proven.proof.projections.map(({ projection, rows, drift, driftTotal }) => ({ projection, rows, driftTotal, drift: drift.slice(0, SHOWN_MAX) })),
    },
  }),
});
