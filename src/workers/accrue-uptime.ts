import { accept, type Decision } from '../kernel/decider.js';
import { transactionId } from '../kernel/ids.js';
import { iso } from '../kernel/clock.js';
import { NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { balanced, escrow, posting, spendable } from '../kernel/ledger.js';
import type { UptimeRewarded, WorkerEvent, WorkerKind } from './worker.events.js';

/** horde-rules §7.3, §7.4: between two calls of a worker that is there lie 300 s at most. */
export const GAP_MAX_MS = 300_000;
/** spec/ledger.md §4.5: one accrual in 300 s at most, however often a worker calls. */
export const ACCRUAL_MS = 300_000;
/** design.md §6: one reward for each full ten minutes. */
export const REWARDED_MS = 600_000;

/** What the stream of a worker says of its uptime. */
export interface Uptime {
  readonly countedMs: number;
  /** Towards the next reward. */
  readonly carriedMs: number;
  /** Counted up to here. */
  readonly throughMs: number;
  readonly rewards: number;
}

export interface AccrueUptime {
  readonly type: 'AccrueUptime';
  /** Since when, as far as the caller knows, no two calls of this worker were more than 300 s apart. */
  readonly presentSince: string;
  /** Time before this does not count: it was paused, which stands in its owner's stream. */
  readonly notBefore: string;
  /** Of the time since then, what lay in outages of the horde during which it was not heard of. */
  readonly outageMs?: number;
  /** What ten minutes are worth by what it declared until now. */
  readonly reward: Kudos;
  /** Its owner is trusted, or nobody's earnings wait for trust here. */
  readonly ownerTrusted: boolean;
  readonly team?: string;
  readonly at: string;
  readonly policy: number;
}

interface Rewarded {
  readonly id: string;
  readonly kind: WorkerKind;
  readonly owner: number;
  readonly uptime: Uptime;
}

/** Counting starts anew: the ten minutes that were under way are lost (horde-rules §7.4). */
export const restarted = (uptime: Uptime, at: string): Uptime => ({ ...uptime, carriedMs: 0, throughMs: Date.parse(at) });

/** From where the next accrual counts: from where the last one ended, unless the worker was away for too long in between. */
export const countedFrom = (throughMs: number, presentSinceMs: number): number => (presentSinceMs - throughMs > GAP_MAX_MS ? presentSinceMs : throughMs);

/** Time is counted once: the stream knows through when, so of two nodes that see the same worker one finds nothing left to do. */
export const accrue = (command: AccrueUptime, worker: Rewarded): Decision<WorkerEvent, never> => {
  const { uptime } = worker;
  const fromMs = countedFrom(Math.max(uptime.throughMs, Date.parse(command.notBefore)), Date.parse(command.presentSince));
  const outageMs = Math.max(0, Math.min(command.outageMs ?? 0, Date.parse(command.at) - fromMs));
  const accruedMs = Date.parse(command.at) - fromMs - outageMs;
  if (accruedMs < ACCRUAL_MS) return accept();
  const due = (fromMs > uptime.throughMs ? 0 : uptime.carriedMs) + accruedMs;
  const rewards = Math.floor(due / REWARDED_MS);
  return accept<WorkerEvent>(
    { type: 'UptimeAccrued.v1', data: {
      worker: worker.id, from: iso(fromMs), through: command.at, accruedMs, uptimeMs: uptime.countedMs + accruedMs, carriedMs: due - rewards * REWARDED_MS,
      ...(outageMs > 0 ? { outageMs } : {}),
    } },
    ...Array.from({ length: rewards }, (_, index) => reward(command, worker, uptime.rewards + index + 1)),
  );
};

const reward = ({ reward: amount, ownerTrusted, team, at, policy }: AccrueUptime, { id, kind, owner }: Rewarded, number: number): UptimeRewarded => {
  // Alchemists are paid at once, whoever owns them (horde-rules §1.8).
  const waits = kind !== 'interrogation' && !ownerTrusted;
  const split = { spendable: waits ? NO_KUDOS : amount, escrow: waits ? amount : NO_KUDOS };
  const ledger = balanced(
    { txId: transactionId('uptime', id, number), kind: 'uptime_reward', effectiveAt: at, policy },
    [posting('issue:uptime', -amount), posting(spendable(owner), split.spendable), posting(escrow(owner), split.escrow)],
  );
  return { type: 'UptimeRewarded.v1', data: {
    worker: id, owner, kind, number, amount, ...split, ...(team === undefined ? {} : { team }), rewardedAt: at, policy, ledger,
  } };
};
