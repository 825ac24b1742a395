import type { Tools } from '../tools.js';
import { benchDispatch } from './dispatch.bench.js';
import type { Figure } from './figures.js';
import { benchLog } from './log.bench.js';

/** A load of the log shorter than this says more about the disk's mood than about the log. */
const LOG_SECONDS_MAX = 3;

/** Budgets: design.md §7, embedded log. */
export const logFigures = async (directory: string, { seconds }: { readonly seconds: number }, { progress }: Tools): Promise<Figure[]> => {
  progress.update('measuring the log and the disk below it');
  const measured = await benchLog(directory, { seconds: Math.min(seconds, LOG_SECONDS_MAX) });
  const appends = measured.appends.map(({ waiters, perSecond, p99Ms }): Figure[] => [
    { name: `log: durable appends, ${waiters} waiters`, value: perSecond, unit: '/s', ...(waiters === 256 ? { must: 25_000, goal: 80_000 } : {}) },
    { name: `log: durable appends, ${waiters} waiters, p99`, value: p99Ms, unit: 'ms' },
  ]);
  return [
    { name: 'log: bare write + fdatasync', value: measured.bareBlockingPerSecond, unit: '/s' },
    ...appends.flat(),
    { name: 'log: 1 waiter, share of the bare loop', value: measured.shareOfBare * 100, unit: '%', must: 60, goal: 80 },
    { name: 'log: replay, parsed', value: measured.replayPerSecond, unit: 'events/s', must: 200_000, goal: 400_000 },
    { name: `log: cold start with ${Math.round(measured.events / 1e5) / 10} M events`, value: measured.coldStartMs, unit: 'ms', must: 10_000, goal: 3_000, better: 'less' },
    { name: 'log: the same by a full scan', value: measured.coldStartScanMs, unit: 'ms' },
  ];
};

/** Budgets: design.md §7, 100,000 queued. */
const DISPATCH_BUDGETS: Readonly<Record<string, Pick<Figure, 'must' | 'goal' | 'better'>>> = {
  'pop, 100,000 queued: p99 ms': { must: 15, goal: 5, better: 'less' },
  'empty pop, 100,000 queued: p99 ms': { must: 15, goal: 5, better: 'less' },
};

export const dispatchFigures = async ({ progress }: Tools): Promise<Figure[]> => {
  progress.update('measuring the queue in memory');
  const measured = await benchDispatch();
  return Object.entries(measured).map(([name, value]) => ({ name: `dispatch, without log and HTTP: ${name}`, value, unit: '', ...DISPATCH_BUDGETS[name] }));
};
