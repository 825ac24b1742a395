import { Argument, type Command } from 'commander';
import { projections } from '../../projections/index.js';
import { openPlatform } from '../boot/platform.js';
import type { Config } from '../config.js';
import { BEGINNING } from '../platform/event-log/event-log.js';
import { LogLocked } from '../platform/event-log/embedded/errors.js';
import { PostgresInUse } from '../platform/postgres/postgres-orphan.js';
import { ProjectionFault } from '../platform/projecting/checkpoints.js';
import { hasEmbeddedLog, logDirectory } from '../boot/open-log.js';
import { figure } from './table.js';
import { FINE, FOUND_SOMETHING, Impossible, type ExitCode, type Tools } from './tools.js';

const ALL = 'all';

export const addRebuild = (program: Command, run: (work: (tools: Tools) => Promise<ExitCode>) => Promise<void>): void => {
  const names = projections.map(({ name }) => name);
  program.command('rebuild')
    .description('Empties read models and fills them again from the first event. The server has to be stopped. What is not derived from the log is not touched.')
    .addArgument(new Argument('[names...]', 'which read models; all of them unless named').choices([...names, ALL]))
    .action((asked: readonly string[]) => run(async (tools) => {
      const chosen = asked.length === 0 || asked.includes(ALL) ? names : names.filter((name) => asked.includes(name));
      return rebuildCommand(chosen, tools);
    }));
};

const rebuildCommand = async (names: readonly string[], tools: Tools): Promise<ExitCode> => {
  const config = tools.config();
  if (!config.eventstoreUrl && !hasEmbeddedLog(config)) throw new Impossible(`There is no event log in ${logDirectory(config)}. Is DATA_DIR what the server has?`);
  try {
    const { events, ms } = await rebuild(config, names, tools);
    tools.progress.clear();
    tools.say(`✓ ${names.join(', ')}: filled again from ${figure(events)} events in ${figure(ms / 1000)} s, ${figure((events / ms) * 1000)} events/s`);
    return FINE;
  } catch (error) {
    if (error instanceof LogLocked || error instanceof PostgresInUse) throw new Impossible(`A rebuild needs the server stopped: ${error.message}`);
    if (!(error instanceof ProjectionFault)) throw error;
    tools.progress.clear();
    tools.say(`✗ ${error.message}`);
    return FOUND_SOMETHING;
  }
};

export interface Rebuilt {
  readonly events: number;
  readonly ms: number;
}

/**
 * Fills the named read models again, from the first event to the last.
 * @throws LogLocked a server holds the log
 * @throws ProjectionFault one of them stopped on the way
 */
export const rebuild = async (config: Config, names: readonly string[], { clock, timers, ids, progress, undoing }: Tools): Promise<Rebuilt> => {
  progress.update('opening the event log and PostgreSQL');
  const fail = (error: unknown): never => {
    throw error;
  };
  const platform = await openPlatform({ ...config, logLevel: 'error' }, { clock, timers, ids, onFatal: fail });
  undoing(() => platform.close());
  const begun = clock.monotonic();
  let events = 0;
  const isEmpty = (await platform.log.head()) === BEGINNING;
  await new Promise<void>((resolve, reject) => {
    // The last progress is told just after the read models have got there: without it the count would lack a stretch.
    platform.projector.rebuild(names, ({ events: soFar, position, head }) => {
      events = soFar;
      const share = Math.floor((100 * Math.max(0, position)) / Math.max(1, head));
      progress.update(`filling ${names.join(', ')}: ${share} %, ${figure(events)} events, ${figure((events / Math.max(1, clock.monotonic() - begun)) * 1000)} events/s`);
      if (position >= head) resolve();
    }).then(() => isEmpty && resolve(), reject);
  });
  return { events, ms: Math.max(1, clock.monotonic() - begun) };
};
