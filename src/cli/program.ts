import { Command, CommanderError } from 'commander';
import { ConfigError, readConfig } from '../config.js';
import { LogDamaged } from '../platform/event-log/embedded/errors.js';
import { LogUnavailable } from '../platform/event-log/event-log.js';
import { DatabaseUnavailable } from '../platform/postgres/database-errors.js';
import { keepAlive, SystemClock, SystemIds, SystemTimers } from '../platform/system/system.js';
import { addBench } from './bench/bench.command.js';
import { addCompensate } from './compensate.command.js';
import { addDemo } from './demo/demo.command.js';
import { addDoctor } from './doctor/doctor.command.js';
import { addLog } from './log.command.js';
import { Progress, type ProgressStream } from './progress.js';
import { addRebuild } from './rebuild.command.js';
import { addReconcile } from './reconcile.command.js';
import { addRenewNotary } from './renew-notary.command.js';
import { FINE, FOUND_SOMETHING, Impossible, USAGE, type ExitCode, type Tools } from './tools.js';
import { addWhatIf } from './whatif.command.js';
import { addVerifyCheckpoint } from './verify-checkpoint.command.js';

/** As shells tell it: ended by Ctrl-C. */
const INTERRUPTED = 130;

export interface Terminal {
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Resolves when the person at the terminal wants to stop. */
  readonly interrupted?: Promise<void>;
  /** Where progress is shown; standard error unless given. */
  readonly progress?: ProgressStream;
  /** The settings; those of the process unless given. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a command line without the program's name. Answers the exit code; never throws. */
export const runCli = async (args: readonly string[], terminal: Terminal): Promise<number> => {
  let code: number = FINE;
  const program = programOf(terminal, (result) => (code = result));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? FINE : USAGE;
    throw error;
  }
};

const programOf = (terminal: Terminal, finish: (code: number) => void): Command => {
  const program = new Command('horde')
    .description('The operator\'s command line of Horde Ledger. Settings come from the environment, the same as the server\'s: npm start -- --help lists them.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.say(text.trimEnd()), writeErr: (text) => terminal.complain(text.trimEnd()) })
    .helpCommand(true)
    .showHelpAfterError('(--help shows what can be said)')
    .addHelpText('after', '\nExit codes: 0 fine; 1 drift, a violation or a fault was found; 2 the command cannot be understood or cannot run.');
  const run = async (work: (tools: Tools) => Promise<ExitCode>): Promise<void> => finish(await runCommand(work, terminal));
  addDoctor(program, run);
  addReconcile(program, run);
  addRebuild(program, run);
  addCompensate(program, run);
  addDemo(program, run);
  addBench(program, run);
  addLog(program, run);
  addVerifyCheckpoint(program, run);
  addWhatIf(program, run);
  addRenewNotary(program, run);
  return program;
};

/** Gives the command its tools, and afterwards, however it ended, undoes what it has set up. */
const runCommand = async (work: (tools: Tools) => Promise<ExitCode>, terminal: Terminal): Promise<number> => {
  const release = keepAlive();
  const undos: (() => Promise<void> | void)[] = [];
  const clock = new SystemClock();
  const tools: Tools = {
    clock, timers: new SystemTimers(), ids: new SystemIds(), progress: new Progress(clock, terminal.progress), say: terminal.say,
    config: () => (terminal.environment ? readConfig(terminal.environment) : readConfig()),
    undoing: (undo) => void undos.push(undo),
  };
  let isInterrupted = false;
  const interrupted = (terminal.interrupted ?? new Promise<never>(() => undefined)).then(() => {
    isInterrupted = true; // what fails from here on fails because we take everything away
    return INTERRUPTED;
  });
  const worked = work(tools).catch((error: unknown) => (isInterrupted ? FINE : explain(error, tools, terminal)));
  try {
    return await Promise.race([worked, interrupted]);
  } finally {
    tools.progress.clear();
    for (const undo of undos.splice(0).reverse()) await undo();
    release();
  }
};

const explain = (error: unknown, { progress }: Tools, { complain }: Terminal): ExitCode => {
  progress.clear();
  if (error instanceof Impossible || error instanceof ConfigError || error instanceof LogUnavailable) {
    complain(error.message);
    return USAGE;
  }
  if (error instanceof LogDamaged || error instanceof DatabaseUnavailable) {
    complain(error.message);
    return FOUND_SOMETHING;
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return FOUND_SOMETHING;
};
