import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { hasEmbeddedLog, logDirectory } from '../boot/open-log.js';
import type { Config } from '../config.js';
import { iso } from '../kernel/clock.js';
import { PublishedCheckpoints } from '../notary/published-checkpoints.js';
import { EmbeddedLog } from '../platform/event-log/embedded/embedded-log.js';
import { LogLocked } from '../platform/event-log/embedded/errors.js';
import { Database } from '../platform/postgres/database.js';
import { openForReading, reachPostgres } from './books.js';
import { FINE, Impossible, type ExitCode, type Tools } from './tools.js';

export const addRenewNotary = (program: Command, run: (work: (tools: Tools) => Promise<ExitCode>) => Promise<void>): void => {
  program.command('renew-notary')
    .description('Lets a notary that refuses, or whose key is lost, begin anew with another key: puts its key and memory aside and takes its last checkpoint back. Everybody will see that the key is another. The server and the notary have to be stopped.')
    .action(() => run(renewCommand));
};

const renewCommand = async (tools: Tools): Promise<ExitCode> => {
  const { say, undoing } = tools;
  const config = tools.config();
  if (config.notaryKey !== undefined) throw new Impossible('HORDE_NOTARY_KEY is set: change or unset it first, or the next notary would have the same key.');
  const storeId = await storeIdOf(config, tools);
  const { postgres } = await reachPostgres(config, tools);
  undoing(() => postgres.stop());
  const database = new Database({ url: postgres.url, log: say, poolMax: 1 });
  undoing(() => database.close());
  const published = new PublishedCheckpoints(database, storeId);
  const last = await published.find();
  if (last) say(`The last checkpoint, of ${last.size} events, signed with ${last.verifierKey}. Keep it:\n\n${last.note}`);
  const aside = putAside(config, tools);
  await published.forget();
  say(`${aside === undefined ? 'There was no notary in this data directory.' : `Its key and memory are in ${aside}.`} The next start signs the log as it is then, with a new key.`);
  return FINE;
};

/** The embedded log is opened for writing, for only then is it certain that no server has it. */
const storeIdOf = async (config: Config, tools: Tools): Promise<string> => {
  if (!config.eventstoreUrl && !hasEmbeddedLog(config)) throw new Impossible(`There is no event log in ${logDirectory(config)}. Is DATA_DIR what the server has?`);
  const { clock, ids } = tools;
  try {
    const log = await (config.eventstoreUrl ? openForReading(config, tools) : EmbeddedLog.open({ directory: logDirectory(config), mode: 'write', clock, ids }));
    await log.close();
    return log.storeId;
  } catch (error) {
    if (error instanceof LogLocked) throw new Impossible(`The server has to be stopped: ${error.message}`);
    throw error;
  }
};

const putAside = ({ dataDir }: Config, { clock }: Tools): string | undefined => {
  const found = ['notary', 'notary.key'].filter((name) => existsSync(join(dataDir, name)));
  if (found.length === 0) return undefined;
  const aside = join(dataDir, `notary-until-${iso(clock.now()).replaceAll(':', '-')}`);
  mkdirSync(aside, { mode: 0o700 });
  for (const name of found) renameSync(join(dataDir, name), join(aside, name));
  return aside;
};
