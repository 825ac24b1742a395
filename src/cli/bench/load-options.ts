import type { Clock, Timers } from '../../kernel/clock.js';
import type { Acknowledged } from '../load/acknowledged.js';
import type { Random } from '../load/workload.js';

export interface LoadOptions {
  /** Measured; warming up comes before. */
  readonly seconds: number;
  readonly clients: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly acknowledged: Acknowledged;
  readonly onProgress: (done: number, text: string) => void;
}
