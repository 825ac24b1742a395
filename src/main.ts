import 'reflect-metadata';
import { ConfigError, configHelp, readConfig } from './config.js';
import { Progress } from './cli/progress.js';
import { startServer, type Server } from './boot/server.js';
import { LogDamaged, LogLocked } from './platform/event-log/embedded/errors.js';
import { LogUnavailable } from './platform/event-log/event-log.js';
import { PostgresInUse } from './platform/postgres/postgres-orphan.js';
import { keepAlive, SystemClock, SystemIds, SystemTimers } from './platform/system/system.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

const welcome = ({ url, genesis, platform: { config, notary } }: Server): void => {
  if (!config.roles.has('api')) {
    say(`\nHorde Ledger works as ${[...config.roles].join()}; how it is stands at ${url}/v1/health/ready`);
    if (notary) say(`The notary signs with the key ${notary.verifierKey}`);
    return;
  }
  say(`\nHorde Ledger serves the horde at ${url}/api/v2 (${config.profile} profile, data in ${config.dataDir})`);
  if (notary) say(`Its notary signs with the key ${notary.verifierKey}`);
  if (config.host === '0.0.0.0' && !config.publicUrl) complain('PUBLIC_URL is not set: image URLs will start with http://0.0.0.0, which no client can reach.');
  if (genesis?.operatorKey) say(`The operator's API key, shown only this once and kept in ${genesis.keyFile}:\n\n    ${genesis.operatorKey}\n`);
};

const PROGRESS_AFTER_MS = 1_000;
/** A start that takes no time says nothing of how far it is. */
const afterAWhile = (clock: SystemClock, progress: Progress): ((text: string) => void) => {
  const startedAt = clock.monotonic();
  return (text) => {
    if (clock.monotonic() - startedAt > PROGRESS_AFTER_MS) progress.update(text);
  };
};

const run = async (): Promise<void> => {
  if (process.argv.includes('--help')) {
    say(configHelp());
    return;
  }
  let stop = (): Promise<void> => Promise.resolve();
  let ending: Promise<void> | undefined;
  const end = (code: number): void => {
    ending ??= stop().then(() => process.exit(code), (error: unknown) => {
      complain(`while stopping: ${String(error)}`);
      process.exit(1);
    });
  };
  process.on('SIGTERM', () => end(0));
  process.on('SIGINT', () => end(0));
  // Whatever nobody handled left the process in a state that nobody knows: stop, and let the next start recover.
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, (error: unknown) => {
      complain(`${event}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      process.exit(1);
    });
  }
  const fatal = (error: unknown): void => {
    complain(`The horde cannot go on: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  };
  const letGo = keepAlive();
  const clock = new SystemClock();
  const progress = new Progress(clock);
  const server = await startServer(readConfig(), {
    clock, timers: new SystemTimers(), ids: new SystemIds(), onFatal: fatal, onProgress: afterAWhile(clock, progress),
  });
  progress.clear();
  stop = () => server.close();
  letGo(); // from here the listening socket keeps it alive
  welcome(server);
};

/** What an operator can put right is said in a sentence; only what needs a programmer comes with a stack. */
const reasonOf = (error: unknown): string => {
  if (error instanceof LogLocked || error instanceof LogDamaged || error instanceof LogUnavailable || error instanceof PostgresInUse) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

run().catch((error: unknown) => {
  complain(error instanceof ConfigError ? error.message : `Horde Ledger could not start: ${reasonOf(error)}`);
  process.exit(1);
});
