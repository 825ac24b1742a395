import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { logDirectory } from '../boot/open-log.js';
import { parseAddress, type Address } from '../config.js';
import { EmbeddedLog } from '../platform/event-log/embedded/embedded-log.js';
import { LogLocked } from '../platform/event-log/embedded/errors.js';
import type { FrontOptions } from '../platform/event-log/grpc/log-front.js';
import { Impossible, type ExitCode, type Tools } from './tools.js';

/** EventStoreDB's own port. */
const LISTEN_DEFAULT = '127.0.0.1:2113';

interface ServeOptions {
  readonly listen: string;
  readonly writable?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly credentialsFile?: string;
}

export const addLog = (program: Command, run: (work: (tools: Tools) => Promise<ExitCode>) => Promise<void>): void => {
  program.command('log').description('The event log of DATA_DIR.').command('serve')
    .description('Serves the log over EventStoreDB\'s protocol, to any of its clients, until it is interrupted. Beside a running server: as the log is now, and for reading.')
    .option('--listen <host:port>', 'where; other than loopback only with TLS and credentials', LISTEN_DEFAULT)
    .option('--writable', 'takes appends too; the server has to be stopped, because a log has one writer')
    .option('--tls-cert <file>', 'certificate, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--credentials-file <file>', 'whom to serve, one line: user:password')
    .action((options: ServeOptions) => run((tools) => serveCommand(options, tools)));
};

const serveCommand = async (options: ServeOptions, { config, clock, timers, ids, say, undoing }: Tools): Promise<ExitCode> => {
  const isWritable = options.writable === true;
  const listener = { ...addressOf(options.listen), ...tlsOf(options), ...credentialsOf(options) };
  const directory = logDirectory(config());
  if (!isWritable && !existsSync(directory)) throw new Impossible(`There is no event log in ${directory}. Is DATA_DIR what the server has?`);
  if (isWritable) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const broken = new Breakage();
  const log = await EmbeddedLog.open({ directory, mode: isWritable ? 'write' : 'read', clock, ids, onFatal: (error) => broken.report(error) }).catch((error: unknown) => {
    throw error instanceof LogLocked ? new Impossible(`--writable needs the server stopped: ${error.message}`) : error;
  });
  undoing(() => log.close());
  const { LogFront, UnsafeListener } = await import('../platform/event-log/grpc/log-front.js'); // which no other command needs
  const front = await LogFront.listen({ log, writable: isWritable, clock, timers, ids, ...listener }).catch((error: unknown) => {
    throw error instanceof UnsafeListener ? new Impossible(error.message) : new Impossible(`Cannot listen on ${options.listen}: ${(error as Error).message}`);
  });
  undoing(() => front.close());
  say(`Serving ${directory} for ${isWritable ? 'reading and writing' : 'reading'}: ${front.url}`);
  return broken.happens;
};

/** The end of a log whose disk has failed, which is the end of serving it. */
class Breakage {
  readonly happens: Promise<never>;
  report: (error: Error) => void = () => undefined;

  constructor() {
    this.happens = new Promise((_resolve, reject) => (this.report = reject));
    this.happens.catch(() => undefined); // somebody waits for it only once the log is served
  }
}

const addressOf = (listen: string): Address => {
  const address = parseAddress(listen);
  if (!address) throw new Impossible(`--listen ${listen} is not an address such as ${LISTEN_DEFAULT} or [::1]:2113.`);
  return address;
};

const tlsOf = ({ tlsCert, tlsKey }: ServeOptions): Pick<FrontOptions, 'tls'> => {
  if (tlsCert === undefined && tlsKey === undefined) return {};
  if (tlsCert === undefined || tlsKey === undefined) throw new Impossible('--tls-cert and --tls-key go together.');
  return { tls: { cert: fileOf(tlsCert), key: fileOf(tlsKey) } };
};

const credentialsOf = ({ credentialsFile }: ServeOptions): Pick<FrontOptions, 'credentials'> => {
  if (credentialsFile === undefined) return {};
  const line = fileOf(credentialsFile).toString('utf8').trim();
  const at = line.indexOf(':');
  if (at < 1 || at === line.length - 1 || line.includes('\n')) throw new Impossible(`${credentialsFile} has to be one line: user:password.`);
  return { credentials: { user: line.slice(0, at), password: line.slice(at + 1) } };
};

const fileOf = (path: string): Buffer => {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Impossible(`Cannot read ${path}: ${(error as Error).message}`);
  }
};
