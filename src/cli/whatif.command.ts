import { readFileSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { pagesOf } from '../audit/refold.js';
import { whatIfReport, type ModelRow, type UserRow, type WhatIfReport } from '../audit/whatif/report.js';
import type { Both } from '../audit/whatif/reprice.js';
import { WhatIf } from '../audit/whatif/what-if.js';
import { EVENT_TYPES } from '../boot/event-types.js';
import { hasEmbeddedLog, logDirectory } from '../boot/open-log.js';
import { decode } from '../platform/event-log/codec.js';
import { registerTypes } from '../platform/event-log/upcasts.js';
import { PRICE_POLICIES } from '../pricing/price-policy.js';
import { readPatch, type PolicyPatch } from '../pricing/policy-patch.js';
import { loadReference } from '../reference/load-reference.js';
import { openForReading } from './books.js';
import { table } from './table.js';
import { FINE, Impossible, type ExitCode, type Tools } from './tools.js';

interface Options {
  readonly policy: string;
  readonly from?: string;
  readonly top: number;
  readonly json?: boolean;
}

const TOP_DEFAULT = 10;
const TOP_MAX = 10_000;

export const addWhatIf = (program: Command, run: (work: (tools: Tools) => Promise<ExitCode>) => Promise<void>): void => {
  program.command('whatif')
    .description('Folds the whole log under another price policy and says who would have gained and who would have lost. Changes nothing; works beside a running server and without one.')
    .requiredOption('--policy <file>', 'JSON with what is different, in the shape of the adopted policy: {"image":{"baselines":{"flux_1":6}}}')
    .option('--from <date>', 'requests accepted before this date keep the policy that they were quoted by', isoDate)
    .option('--top <count>', 'users and models shown', wholeNumber, TOP_DEFAULT)
    .option('--json', 'all of it as JSON, in centikudos')
    .action((options: Options) => run((tools) => whatIfCommand(options, tools)));
};

const whatIfCommand = async ({ policy, from, top, json = false }: Options, tools: Tools): Promise<ExitCode> => {
  const { say, progress, undoing } = tools;
  const patch = patchIn(policy);
  registerTypes(EVENT_TYPES);
  const config = tools.config();
  if (!config.eventstoreUrl && !hasEmbeddedLog(config)) throw new Impossible(`There is no event log in ${logDirectory(config)}. Is DATA_DIR what the server has?`);
  const log = await openForReading(config, tools);
  undoing(() => log.close());
  const fold = new WhatIf({ patch, policies: PRICE_POLICIES, reference: loadReference(), ...(from === undefined ? {} : { from }) });
  for await (const page of pagesOf(log, await log.head())) {
    for (const event of page) fold.add(decode(event));
    progress.update(`${fold.events} events`);
  }
  progress.clear();
  const report = whatIfReport(fold);
  if (json) say(JSON.stringify({ policy: patch, from: from ?? null, ...report }));
  else reportLines(report, top).forEach(say);
  return FINE;
};

const patchIn = (file: string): PolicyPatch => {
  const read = readPatch(jsonIn(file));
  if ('faults' in read) throw new Impossible(`${file} is no policy:\n${read.faults.map((fault) => `  ${fault}`).join('\n')}`);
  return read.patch;
};

const jsonIn = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new Impossible(`${file} cannot be read as JSON: ${(error as Error).message}`);
  }
};

const isoDate = (text: string): string => {
  const time = /^\d{4}-\d{2}(-\d{2}(T[\d:.]+Z?)?)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError('It is a date such as 2026-10 or 2026-10-01 (UTC).');
  return new Date(time).toISOString();
};

const wholeNumber = (text: string): number => {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > TOP_MAX) throw new InvalidArgumentError(`It is a whole number from 1 to ${TOP_MAX}.`);
  return count;
};

const reportLines = (report: WhatIfReport, top: number): string[] => {
  const { events, jobs, uptime, totals, gini, overdrawn, users, models, kinds, system } = report;
  const gainers = users.filter(({ difference }) => difference > 0).slice(0, top);
  const losers = users.filter(({ difference }) => difference < 0).reverse().slice(0, top);
  return [
    `${events} events. Jobs: ${counted(jobs)}. Rewards for uptime: ${counted(uptime)}.`,
    `${totals.gainers} users would have gained, ${totals.losers} would have lost, ${totals.unchanged} would have the same.`,
    '', ...table([['all users', 'was', 'would be', 'difference'], amounts('earned with work', totals.earned), amounts('spent on requests', totals.spent)]),
    `Gini of all balances: ${share(gini.was)} was, ${share(gini.would)} would be.`,
    '', ...table([['kind', 'what', 'count', 'spent', 'would be', 'earned', 'would be'], ...kinds.map(modelCells)], 2),
    '', ...table([['kind', 'model', 'jobs', 'spent', 'would be', 'earned', 'would be'], ...models.slice(0, top).map(modelCells)], 2),
    ...userTable('would have gained most', gainers), ...userTable('would have lost most', losers),
    '', ...table([['issued (−) and burned', 'was', 'would be', 'difference'], ...system.map(({ account, balance }) => amounts(account, balance))]),
    ...(overdrawn > 0 ? ['', `${overdrawn} gifts or corrections would have left less than the floor. They stay as they are: people decided them, not prices.`] : []),
  ];
};

const counted = ({ repriced, before, unexplained }: WhatIfReport['jobs']): string =>
  `${repriced} priced anew${before > 0 ? `, ${before} from before the date` : ''}${unexplained > 0 ? `, ${unexplained} left as they were, because what is stored does not explain them` : ''}`;

const amounts = (what: string, { was, would }: Both<number>): string[] => [what, inKudosText(was), inKudosText(would), inKudosText(would - was)];
const modelCells = ({ kind, model, jobs, earned, spent }: ModelRow): string[] =>
  [kind, model, String(jobs), inKudosText(spent.was), inKudosText(spent.would), inKudosText(earned.was), inKudosText(earned.would)];

const userTable = (title: string, rows: readonly UserRow[]): string[] => {
  if (rows.length === 0) return [];
  const cells = rows.map(({ user, earned, spent, balance, difference }) =>
    [`user ${user}`, ...[earned.was, earned.would, spent.was, spent.would, balance.was, balance.would, difference].map(inKudosText)]);
  return ['', ...table([[title, 'earned', 'would be', 'spent', 'would be', 'has', 'would have', 'difference'], ...cells])];
};

/** Exact: 1234567 centikudos as 12,345.67. */
const inKudosText = (centikudos: number): string => {
  const whole = Math.trunc(Math.abs(centikudos) / 100).toLocaleString('en-US');
  return `${centikudos < 0 ? '−' : ''}${whole}.${String(Math.abs(centikudos) % 100).padStart(2, '0')}`;
};
const share = (tenThousandths: number): string => `0.${String(tenThousandths).padStart(4, '0')}`.replace('0.10000', '1.0000');
