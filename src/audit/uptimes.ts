import type { Recorded } from '../kernel/event.js';
import { ledgerOf } from '../kernel/event.js';
import { escrow, spendable } from '../kernel/ledger.js';
import type { UptimeAccrued, UptimeRewarded, WorkerRegistered } from '../workers/worker.events.js';
import type { Violations } from './violations.js';

/** horde-rules §7.4: what is rewarded. */
const REWARDED_MS = 600_000;

interface Counted {
  readonly kind: string;
  readonly owner: number;
  uptimeMs: number;
  carriedMs: number;
  throughMs: number;
  rewards: number;
  /** Rewards that the last accrual has earned and that have not come yet. */
  owed: number;
}

/** I19: time is counted once, a reward stands behind each full 600 s of it and nowhere else; I25 and I10 of its owner's credit. */
export class Uptimes {
  private readonly workers = new Map<string, Counted>();

  constructor(private readonly violations: Violations) {}

  add(event: Recorded): void {
    switch (event.type) {
      case 'WorkerRegistered.v1': {
        const { worker, kind, owner, registeredAt } = event.data as WorkerRegistered['data'];
        this.workers.set(worker, { kind, owner, uptimeMs: 0, carriedMs: 0, throughMs: Date.parse(registeredAt), rewards: 0, owed: 0 });
        return;
      }
      case 'MaintenanceChanged.v1': return this.restarted(event.data as { worker: string; changedAt: string });
      case 'UptimeAccrued.v1': return this.accrued(event, event.data as UptimeAccrued['data']);
      case 'UptimeRewarded.v1': return this.rewarded(event, event.data as UptimeRewarded['data']);
      default: // Nothing else is about uptime.
    }
  }

  private restarted({ worker, changedAt }: { worker: string; changedAt: string }): void {
    const counted = this.workers.get(worker);
    if (counted) Object.assign(counted, { carriedMs: 0, throughMs: Date.parse(changedAt) });
  }

  private accrued(event: Recorded, { worker, from, through, accruedMs, uptimeMs, carriedMs, outageMs = 0 }: UptimeAccrued['data']): void {
    const { violations } = this;
    const counted = this.workers.get(worker);
    if (!counted) return violations.report('I19', event, `uptime of ${worker}, which was never registered`);
    violations.unless(counted.owed === 0, 'I19', event, () => `${worker} has earned ${counted.owed} rewards that were not given`);
    const [fromMs, throughMs] = [Date.parse(from), Date.parse(through)];
    violations.unless(fromMs >= counted.throughMs && throughMs - fromMs === accruedMs + outageMs && outageMs >= 0, 'I19', event, () => `${worker} is counted from ${from} to ${through} as ${accruedMs} ms`);
    violations.unless(uptimeMs === counted.uptimeMs + accruedMs, 'I19', event, () => `${worker} stands at ${uptimeMs} ms after ${counted.uptimeMs} and ${accruedMs}`);
    const due = (fromMs > counted.throughMs ? 0 : counted.carriedMs) + accruedMs; // whoever was away, or paused, starts anew
    violations.unless(carriedMs === due % REWARDED_MS, 'I19', event, () => `${worker} carries ${carriedMs} of ${due} ms`);
    Object.assign(counted, { uptimeMs, carriedMs, throughMs, owed: Math.floor(due / REWARDED_MS) });
  }

  private rewarded(event: Recorded, { worker, owner, kind, number, amount, ...split }: UptimeRewarded['data']): void {
    const { violations } = this;
    const counted = this.workers.get(worker);
    if (!counted || counted.owed === 0) return violations.report('I19', event, `${worker} is rewarded for time that it was not there`);
    counted.owed -= 1;
    counted.rewards += 1;
    violations.unless(number === counted.rewards, 'I19', event, () => `reward ${number} of ${worker} is its ${counted.rewards}th`);
    violations.unless(owner === counted.owner && kind === counted.kind, 'I19', event, () => `${worker} is rewarded as a worker of ${owner}`);
    violations.unless(split.spendable + split.escrow === amount, 'I25', event, () => `${worker} earns ${amount}, and ${split.spendable + split.escrow} is booked`);
    violations.unless(kind !== 'interrogation' || split.escrow === 0, 'I10', event, () => `${split.escrow} of an alchemist's uptime waits in escrow`);
    const booked = (account: string): number => ledgerOf(event)?.postings.find(({ account: name }) => name === account)?.amount ?? 0;
    const isBooked = booked(spendable(owner)) === split.spendable && booked(escrow(owner)) === split.escrow && booked('issue:uptime') === -amount;
    violations.unless(isBooked, 'I25', event, () => `the postings of reward ${number} of ${worker} are not its amounts`);
  }
}
