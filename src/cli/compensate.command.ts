import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config.js';
import { FINE, FOUND_SOMETHING, Impossible, type ExitCode, type Tools } from './tools.js';

interface Asked {
  readonly account: string;
  readonly amount: string;
  readonly reference: string;
}

export const addCompensate = (program: Command, run: (work: (tools: Tools) => Promise<ExitCode>) => Promise<void>): void => {
  program.command('compensate <account> <amount> <reference>')
    .description('Gives kudos to an account, or takes some (-- -12.5), to make up for an error that the log holds: against suspense:reconciliation, once for each reference. Asks the running server, as the operator whose key is in DATA_DIR.')
    .action((account: string, amount: string, reference: string) => run((tools) => compensateCommand({ account, amount, reference }, tools)));
};

const compensateCommand = async ({ account, amount, reference }: Asked, { config, say }: Tools): Promise<ExitCode> => {
  const settings = config();
  const response = await fetch(`${urlOf(settings)}/v1/ledger/reconciliations`, {
    method: 'POST', headers: { 'content-type': 'application/json', apikey: operatorKey(settings) },
    body: JSON.stringify({ account: Number(account), amount: Number(amount), reference }),
  }).catch((error: unknown) => {
    throw new Impossible(`No server answers at ${urlOf(settings)}: ${error instanceof Error ? error.message : String(error)}`);
  });
  const answer = (await response.json()) as { detail?: string; moved?: number; receivable?: number; transaction?: string };
  if (!response.ok) {
    say(`Refused (${response.status}): ${answer.detail ?? 'without a reason'}`);
    return FOUND_SOMETHING;
  }
  const again = response.headers.has('idempotency-replayed') ? ' This reference had been compensated before; nothing has moved now.' : '';
  const rest = answer.receivable === 0 ? '' : ` ${String(answer.receivable)} could not be taken without going below the floor.`;
  say(`Account ${account}: ${String(answer.moved)} kudos, transaction ${String(answer.transaction)}.${rest}${again}`);
  return FINE;
};

const urlOf = ({ publicUrl, host, port }: Config): string => publicUrl ?? `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;

const operatorKey = ({ dataDir }: Config): string => {
  const file = join(dataDir, 'operator.key');
  if (!existsSync(file)) throw new Impossible(`There is no ${file}: only the operator can compensate.`);
  return readFileSync(file, 'utf8').trim();
};
