import { SystemClock, SystemTimers } from '../../src/platform/system/system.js';

export const clock = new SystemClock();
export const timers = new SystemTimers();

const POLL_MS = 20;

/** Asks again and again until the answer is there. For what another process does in its own time, and never for pacing. */
export const eventually = async <Answer>(what: string, patienceMs: number, ask: () => Promise<Answer | undefined> | Answer | undefined): Promise<Answer> => {
  for (const deadline = clock.monotonic() + patienceMs; ; ) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (clock.monotonic() > deadline) throw new Error(`${what}: not within ${patienceMs} ms`);
    await timers.sleep(POLL_MS);
  }
};
