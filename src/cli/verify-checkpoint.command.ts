import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { hasEmbeddedLog, logDirectory, type StoredLog } from '../boot/open-log.js';
import { openCheckpoint, originOf, type Checkpoint } from '../notary/checkpoint.js';
import { LedgerTree } from '../notary/ledger-tree.js';
import { InvalidNote, InvalidVerifierKey, noteVerifier, type NoteVerifier } from '../notary/signed-note.js';
import { openForReading } from './books.js';
import { figure } from './table.js';
import { FINE, FOUND_SOMETHING, Impossible, type ExitCode, type Tools } from './tools.js';

const FETCH_PATIENCE_MS = 10_000;

export const addVerifyCheckpoint = (program: Command, run: (work: (tools: Tools) => Promise<ExitCode>) => Promise<void>): void => {
  program.command('verify-checkpoint')
    .description('Hashes the events of the log (of DATA_DIR, or EVENTSTORE_URL) that a signed checkpoint covers, and compares. Needs neither the server nor its word, and changes nothing.')
    .argument('<file or URL>', 'the checkpoint, as GET /v1/ledger/checkpoint gave it out')
    .requiredOption('--key <key>', 'the notary\'s verifier key, name+hash+key, from somebody you trust')
    .action((source: string, { key }: { key: string }) => run((tools) => verifyCommand(source, key, tools)));
};

const verifyCommand = async (source: string, key: string, tools: Tools): Promise<ExitCode> => {
  const { say, progress } = tools;
  const verifier = verifierOf(key);
  const config = tools.config();
  if (!config.eventstoreUrl && !hasEmbeddedLog(config)) throw new Impossible(`There is no event log in ${logDirectory(config)}. Is DATA_DIR what the server has?`);
  const checkpoint = opened(await noteFrom(source), verifier);
  if (checkpoint instanceof InvalidNote) return told(say, `✗ signature   ${checkpoint.message}`);
  say(`✓ signature   by ${verifier.name}, of ${figure(checkpoint.size)} events`);
  const log = await openForReading(config, tools);
  tools.undoing(() => log.close());
  if (checkpoint.origin !== originOf(log.storeId)) return told(say, `✗ ledger      the checkpoint is of ${checkpoint.origin}, and this log is ${originOf(log.storeId)}`);
  const difference = await differenceOf(checkpoint, log, (leaves) => progress.update(`${figure(leaves)} of ${figure(checkpoint.size)} events`));
  progress.clear();
  if (difference !== undefined) return told(say, `✗ events      ${difference}`);
  say(`✓ events      the first ${figure(checkpoint.size)} events of the log have the signed root ${checkpoint.root.toString('base64')}`);
  return FINE;
};

const differenceOf = async ({ size, root }: Checkpoint, log: StoredLog, onProgress: (leaves: number) => void): Promise<string | undefined> => {
  const tree = new LedgerTree();
  if (!(await tree.growTo(size, log, onProgress))) return `the log ends after ${figure(tree.size)} of the ${figure(size)} events that were signed: some are lost`;
  if (tree.root().equals(root)) return undefined;
  return `they are not those that were signed: the root of the first ${figure(size)} is ${tree.root().toString('base64')}, the signed one is ${root.toString('base64')}`;
};

const told = (say: Tools['say'], line: string): ExitCode => {
  say(line);
  return FOUND_SOMETHING;
};

const opened = (note: string, verifier: NoteVerifier): Checkpoint | InvalidNote => {
  try {
    return openCheckpoint(note, verifier);
  } catch (error) {
    if (error instanceof InvalidNote) return error;
    throw error;
  }
};

const verifierOf = (key: string): NoteVerifier => {
  try {
    return noteVerifier(key);
  } catch (error) {
    if (error instanceof InvalidVerifierKey) throw new Impossible(`--key cannot be used: ${error.message}.`);
    throw error;
  }
};

const noteFrom = async (source: string): Promise<string> => {
  try {
    if (!/^https?:\/\//.test(source)) return await readFile(source, 'utf8');
    const response = await fetch(source, { signal: AbortSignal.timeout(FETCH_PATIENCE_MS) });
    if (response.status !== 200) throw new Error(`it is answered ${response.status}`);
    return await response.text();
  } catch (error) {
    throw new Impossible(`Cannot read ${source}: ${(error as Error).message}`);
  }
};
