import type { Timers } from '../kernel/clock.js';

/** Runs a round (the first one after `firstMs`), waits, and again, never two at a time. A failed round is reported and the next one tries again. */
export const repeatedly = (
  round: () => Promise<unknown>, options: { readonly everyMs: number; readonly firstMs?: number; readonly timers: Timers; readonly onError: (error: unknown) => void },
): { stop(): Promise<void> } => {
  const stopped = new AbortController();
  const wait = (ms: number): Promise<void> => options.timers.sleep(ms, stopped.signal).catch(() => undefined); // only the stop can end it early
  const run = async (): Promise<void> => {
    if (options.firstMs) await wait(options.firstMs);
    while (!stopped.signal.aborted) {
      try {
        await round();
      } catch (error) {
        options.onError(error);
      }
      await wait(options.everyMs);
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
