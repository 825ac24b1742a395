import type { Command } from 'commander';
import { startServer, type Server } from '../../boot/server.js';
import { readConfig } from '../../config.js';
import { freePort } from '../free-port.js';
import { HordeClient } from '../load/horde-client.js';
import { prove, proofSummary } from '../proof.js';
import { temporaryHome } from '../temporary-home.js';
import { FINE, FOUND_SOMETHING, type ExitCode, type Tools } from '../tools.js';
import { Story } from './story.js';
import { balances, statement, supply } from './summary.js';

/** The same story each time. */
const SEED = 7;
const CATCH_UP_MAX_MS = 30_000;

export const addDemo = (program: Command, run: (work: (tools: Tools) => Promise<ExitCode>) => Promise<void>): void => {
  program.command('demo')
    .description('Plays a small horde on a ledger of its own: users, workers, requests, faults, cancels and transfers; then shows the money and proves the books. Leaves nothing behind. Rate limits are off.')
    .action(() => run(demo));
};

const demo = async (tools: Tools): Promise<ExitCode> => {
  const { say, progress, clock } = tools;
  const begun = clock.monotonic();
  say('A horde of its own, with everything embedded, in a temporary directory. Rate limits are off, because all users share one address.');
  const server = await start(tools);
  const client = new HordeClient(server.url);
  tools.undoing(() => client.close());
  const story = new Story(client, tools, SEED);
  const told = await story.tell();
  progress.clear();
  const { people, requests, anonymous, refused, cancelled, delivered, faults, ended, transfers } = told;
  say(`\n${people} people, ${told.workers} workers with ${told.models} models, ${requests} requests (${anonymous} of them anonymous; ${refused} more were refused, for the horde was busy and wanted to see kudos first).`);
  if (ended > 0) say(`${ended} of them ended without a result: three workers had given it back.`);
  say(`${delivered} jobs were delivered and paid, ${faults} were given back by their workers and handed to others, ${cancelled} requests were cancelled, ${transfers} gifts were made.\n`);
  for (const lines of [await balances(client, told), await statement(client, told.payers[0]!)]) {
    lines.forEach(say);
    say('');
  }
  return proven(server, tools, clock.monotonic() - begun);
};

const start = async (tools: Tools): Promise<Server> => {
  const { clock, timers, ids, progress } = tools;
  progress.update('starting the server, its event log and its PostgreSQL');
  const settings = {
    PORT: String(await freePort()), DATA_DIR: temporaryHome('demo', tools), LOG_LEVEL: 'error', NODE_NAME: 'demo', HORDE_TEST_APIKEYS: '1', HORDE_TEST_RATELIMIT_DISABLED: '1', HORDE_TEST_SPEEDLIMIT_DISABLED: '1',
  };
  const fail = (error: unknown): void => {
    throw error;
  };
  const server = await startServer(readConfig(settings), { clock, timers, ids, onFatal: fail });
  tools.undoing(() => server.close());
  return server;
};

const proven = async ({ platform: { log, database, projector } }: Server, tools: Tools, tookMs: number): Promise<ExitCode> => {
  await projector.waitFor(await log.head(), CATCH_UP_MAX_MS);
  const proof = await prove({ log, database }, tools);
  supply(proof.log).forEach(tools.say);
  tools.say('\nThe proof:');
  proofSummary(proof).forEach(tools.say);
  const unpaid = proof.log.unsettledJobs.length;
  if (unpaid > 0) tools.say(`✗ ${unpaid} delivered jobs are not paid`);
  const isGood = proof.isProven && unpaid === 0;
  tools.say(isGood ? `\nThe books balance. All of it took ${Math.round(tookMs / 1000)} s.` : '\nThe books do NOT balance.');
  return isGood ? FINE : FOUND_SOMETHING;
};
