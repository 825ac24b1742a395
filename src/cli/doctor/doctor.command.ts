import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { EVENT_TYPES } from '../../boot/event-types.js';
import { ConfigError, type Config } from '../../config.js';
import { registerTypes } from '../../platform/event-log/upcasts.js';
import { logDirectory } from '../../boot/open-log.js';
import { FINE, FOUND_SOMETHING, type ExitCode, type Tools } from '../tools.js';
import { checkDatabase } from './check-database.js';
import { checkLog } from './check-log.js';
import { checkLock, checkMachine } from './check-machine.js';
import { checkStore } from './check-store.js';
import { Findings } from './findings.js';

export const addDoctor = (program: Command, run: (work: (tools: Tools) => Promise<ExitCode>) => Promise<void>): void => {
  program.command('doctor')
    .description('Looks whether this horde is in good health, and says what to do where it is not. Changes nothing; works beside a running server and without one.')
    .option('--verify', 'reads every event of the log instead of trusting its index')
    .action(({ verify = false }: { verify?: boolean }) => run((tools) => doctor(verify, tools)));
};

const doctor = async (verify: boolean, tools: Tools): Promise<ExitCode> => {
  registerTypes(EVENT_TYPES);
  const findings = new Findings();
  const config = settings(findings, tools);
  if (config && !existsSync(config.dataDir)) {
    findings.bad('data directory', `${config.dataDir} does not exist`, 'start the server once, or set DATA_DIR to the directory that it has');
  } else if (config) {
    await checkMachine(findings, config);
    await checkStores(findings, config, { verify, tools });
  }
  tools.progress.clear();
  findings.lines().forEach(tools.say);
  const wrong = findings.all.filter(({ isGood }) => !isGood).length;
  tools.say(wrong === 0 ? '\nAll is well. "horde reconcile" proves the books, too.' : `\n${wrong} of ${findings.all.length} things are wrong.`);
  return wrong === 0 ? FINE : FOUND_SOMETHING;
};

const settings = (findings: Findings, tools: Tools): Config | undefined => {
  try {
    const config = tools.config();
    findings.good('settings', `${config.profile} profile, ${config.host}:${config.port}, ${config.eventstoreUrl ? 'EventStoreDB' : 'embedded log'}, ${config.databaseUrl ? 'own PostgreSQL' : 'embedded PostgreSQL'}`);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.bad('settings', error.message, 'correct the environment; npm start -- --help lists all settings');
    return undefined;
  }
};

const checkStores = async (findings: Findings, config: Config, { verify, tools }: { readonly verify: boolean; readonly tools: Tools }): Promise<void> => {
  const directory = logDirectory(config);
  if (config.eventstoreUrl) {
    const log = await findings.of('event log', 'look whether the EventStoreDB runs, and whether EVENTSTORE_URL and EVENTSTORE_NAMESPACE are what the server has', () => checkStore(findings, config, tools));
    await checkDatabase({ findings, config, tools, log, serverRuns: true });
    return;
  }
  if (!existsSync(directory)) {
    findings.bad('event log', `there is none in ${directory}`, 'start the server once, or set DATA_DIR to the directory that it has');
    return;
  }
  const serverRuns = (await findings.of('lock', 'run this as the server\'s user', () => checkLock(findings, config))) ?? false;
  const log = await findings.of('event log', 'nothing is repaired by guessing: keep a copy of the data directory before anything else', () => checkLog(findings, config, { tools, verify }));
  await checkDatabase({ findings, config, tools, log, serverRuns });
};
