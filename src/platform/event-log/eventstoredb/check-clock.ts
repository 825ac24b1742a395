import type { Clock } from '../../../kernel/clock.js';
import { iso } from '../../../kernel/clock.js';
import { LogUnavailable } from '../event-log.js';

/** The server tells whole seconds, and an answer takes its time. */
const NOTICED_MS = 3_000;
/** Beyond it the times in events would contradict each other from node to node: deadlines of jobs, ages of accounts. */
const REFUSED_MS = 60_000;

/** Compares our clock with the server's. @throws LogUnavailable when they are so far apart that one of them was never set */
export const checkClock = (serverDate: string | undefined, clock: Clock, warn: (text: string) => void): void => {
  const serverMs = Date.parse(serverDate ?? '');
  if (Number.isNaN(serverMs)) return; // a proxy may have taken it away
  const aheadMs = clock.now() - serverMs;
  if (Math.abs(aheadMs) < NOTICED_MS) return;
  const text = `this machine says ${iso(clock.now())}, the event store's says ${iso(serverMs)}: keep both by NTP`;
  if (Math.abs(aheadMs) >= REFUSED_MS) throw new LogUnavailable(`the clocks are too far apart: ${text}`);
  warn(text);
};
