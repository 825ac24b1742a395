/** A time in which no node served; ms since 1970. Whoever could not reach the horde then shall not suffer for it (ADR 0029). */
export interface Outage {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * How long after an outage whatever was due in it, or is due right after it, may still come: clients and workers back off
 * while nobody answers, and do not all notice at once that somebody does again.
 */
export const RECONNECT_MS = 60_000;

/**
 * When something is due that began at `sinceMs` and had until `dueMs`: outages in between are no time. They come oldest first and do
 * not overlap. What was due before an outage began stays due.
 */
export const extendedDue = (sinceMs: number, dueMs: number, outages: readonly Outage[]): number => {
  let extendedMs = dueMs;
  for (const { fromMs, untilMs } of outages) {
    if (untilMs <= sinceMs || fromMs >= extendedMs) continue;
    extendedMs = Math.max(extendedMs + untilMs - Math.max(fromMs, sinceMs), untilMs + RECONNECT_MS);
  }
  return extendedMs;
};

/** How much of the time between two moments was outage. */
export const outageWithin = (fromMs: number, toMs: number, outages: readonly Outage[]): number =>
  outages.reduce((sum, outage) => sum + Math.max(0, Math.min(outage.untilMs, toMs) - Math.max(outage.fromMs, fromMs)), 0);

/** The moment since which exactly so much time has passed that was not outage. */
export const servedBefore = (nowMs: number, servedMs: number, outages: readonly Outage[]): number => {
  let [atMs, leftMs] = [nowMs, servedMs];
  for (const { fromMs, untilMs } of [...outages].reverse()) {
    if (fromMs >= atMs) continue;
    if (atMs - untilMs >= leftMs) break;
    leftMs -= Math.max(0, atMs - untilMs);
    atMs = fromMs;
  }
  return atMs - leftMs;
};
