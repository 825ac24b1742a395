import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.js';
import { SystemProcesses } from '../../platform/event-log/embedded/lock.js';
import { logDirectory } from '../../boot/open-log.js';
import { figure } from '../table.js';
import type { Findings } from './findings.js';

/** As `engines` in package.json says. */
const NODE_LEAST = [20, 19] as const;
/** Room for four segments of the log: less than that, and a busy day ends in refusals. */
const FREE_BYTES_MIN = 2 ** 30;
/** Only the owner may read a key; only the owner may walk into the log. */
const SECRET_MODE = 0o600;
const OTHERS_MASK = 0o077;

export const checkMachine = async (findings: Findings, config: Config): Promise<void> => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNew = major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1]);
  findings.unless(isNew, 'Node', { found: process.version, todo: `install Node ${NODE_LEAST.join('.')} or newer` });
  await findings.of('data directory', 'set DATA_DIR to the directory that the server has, and run this as the server\'s user', () => checkDirectory(findings, config));
  checkSecret(findings, 'operator key', { file: join(config.dataDir, 'operator.key'), missing: 'not there; only its owner can act as the operator' });
  if (config.masterKey !== undefined) findings.good('master key', 'given by HORDE_MASTER_KEY');
  else checkSecret(findings, 'master key', { file: join(config.dataDir, 'master.key'), missing: undefined });
  checkSecret(findings, 'notary key', { file: join(config.dataDir, 'notary.key'), missing: 'not there; no notary has run here, or HORDE_NOTARY_KEY gives it' });
  await findings.of('disk space', 'look at the file system of the data directory', () => checkSpace(findings, config));
};

const checkDirectory = (findings: Findings, { dataDir }: Config): void => {
  const { mode } = statSync(dataDir);
  accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  findings.good('data directory', `${dataDir}, mode ${modeOf(mode)}`);
};

const modeOf = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

const checkSecret = (findings: Findings, what: string, { file, missing }: { readonly file: string; readonly missing: string | undefined }): void => {
  if (!existsSync(file)) {
    if (missing !== undefined) return findings.good(what, missing);
    return findings.bad(what, `${file} is not there`, 'restore it from a backup: without it no API key and no personal text can be read');
  }
  const mode = statSync(file).mode & 0o777;
  findings.unless(mode === SECRET_MODE, what, { found: `${file}, mode ${modeOf(mode)}`, todo: `chmod 600 ${file}` });
};

const checkSpace = (findings: Findings, { dataDir }: Config): void => {
  const { bavail, bsize, blocks } = statfsSync(dataDir);
  const free = bavail * bsize;
  findings.unless(free >= FREE_BYTES_MIN, 'disk space', {
    found: `${figure(free / 2 ** 30)} GiB of ${figure((blocks * bsize) / 2 ** 30)} GiB are free`, todo: 'make room: a full disk means that nothing can be written, and every write is refused',
  });
};

/** Whether a server writes this log now. Says so as a finding, too. */
export const checkLock = (findings: Findings, config: Config): boolean => {
  const directory = logDirectory(config);
  const mode = statSync(directory).mode & 0o777;
  findings.unless((mode & OTHERS_MASK) === 0, 'log directory', { found: `${directory}, mode ${modeOf(mode)}`, todo: `chmod 700 ${directory}` });
  const file = join(directory, 'writer.lock');
  const holder = existsSync(file) ? holderIn(readFileSync(file, 'utf8')) : undefined;
  const processes = new SystemProcesses();
  const isAlive = holder !== undefined && holder.boot === processes.self.boot && processes.startedAt(holder.pid) === holder.started;
  if (isAlive) findings.good('lock', `process ${holder.pid} writes the log: the server runs`);
  else findings.good('lock', existsSync(file) ? 'held by a process that is dead; the next start takes it over' : 'nobody holds it: the server is stopped');
  return isAlive;
};

const holderIn = (text: string): { readonly pid: number; readonly started: string; readonly boot: string } | undefined => {
  try {
    return JSON.parse(text) as { pid: number; started: string; boot: string };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // cut by a power loss: nobody's
    throw error;
  }
};
