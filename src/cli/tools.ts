import type { Clock, Timers } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { Config } from '../config.js';
import type { Progress } from './progress.js';

/** 0 fine; 1 drift, a violation or a fault was found; 2 the command cannot be understood or cannot run like this. */
export type ExitCode = 0 | 1 | 2;
export const FINE: ExitCode = 0;
export const FOUND_SOMETHING: ExitCode = 1;
export const USAGE: ExitCode = 2;

/** What every command is handed. */
export interface Tools {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly progress: Progress;
  /** A line of the result, on standard output. */
  readonly say: (line: string) => void;
  /** The settings of the environment; throws ConfigError. */
  readonly config: () => Config;
  /** What has to be undone when the command ends, also when it is interrupted; undone in reverse order. */
  readonly undoing: (undo: () => Promise<void> | void) => void;
}

/** A sentence for the person at the terminal, without a stack: nothing is broken, but the command cannot do this. */
export class Impossible extends Error {
  override readonly name = 'Impossible';
}
