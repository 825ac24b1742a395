/** The only source of time. Tests and the simulation put their own in its place. */
export abstract class Clock {
  /** Milliseconds since 1970, UTC. */
  abstract now(): number;
  /** Milliseconds of a clock that never goes back; for time-outs and durations only. */
  abstract monotonic(): number;
}
/** ISO 8601 UTC with milliseconds, the form in which time is stored. */
export const iso = (ms: number): string => new Date(ms).toISOString();

/** The only source of delays. */
export abstract class Timers {
  /** Resolves after `ms`; rejects with the signal's reason when aborted. Never keeps the process alive by itself. */
  abstract sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
