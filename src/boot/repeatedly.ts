import type { Timers } from '../kernel/clock.js';

/** Runs a round, waits, and again, never two at a time. A failed round is reported and the next one tries again. */
export const repeatedly = (
  round: () => Promise<unknown>, options: { readonly everyMs: number; readonly timers: Timers; readonly onError: (error: unknown) => void },
): { stop(): Promise<void> } => {
  const stopped = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        await round();
      } catch (error) {
        options.onError(error);
      }
      await options.timers.sleep(options.everyMs, stopped.signal).catch(() => undefined); // only the stop can end it early
    }
  };
  const running = run();
  return {
    stop: () => {
      stopped.abort();
      return running;
    },
  };
};
