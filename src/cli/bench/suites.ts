/** In the order in which they run. */
export const SUITES = ['log', 'dispatch', 'cycles', 'lag', 'transfers', 'queue', 'rebuild', 'stores'] as const;
export type Suite = (typeof SUITES)[number];

export interface BenchOptions {
  readonly seconds: number;
  readonly clients: number;
  /** Transfers in the log before anything is measured. */
  readonly history: number;
  /** Of the suite `queue`. */
  readonly queued: number;
  readonly workers: number;
  readonly json?: string;
  readonly profile?: string;
  readonly directory?: string;
}
