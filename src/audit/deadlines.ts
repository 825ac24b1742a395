import type { Recorded } from '../kernel/event.js';
import type { OutageEnded } from '../outages/outage.events.js';
import type { JobAssigned, JobExpired, JobFaulted, JobSubmitted } from '../requests/request.events.js';
import type { Violations } from './violations.js';

/** HR22: a job is taken from its worker no earlier than its time allows, and outages, which are recorded once, are no time (ADR 0029). */
export class Deadlines {
  private throughMs = -Infinity;
  private readonly outages: { readonly fromMs: number; readonly untilMs: number }[] = [];
  private readonly pending = new Map<string, { readonly fromMs: number; readonly forMs: number }>();

  constructor(private readonly violations: Violations) {}

  add(event: Recorded): void {
    switch (event.type) {
      case 'OutageEnded.v1': return this.ended(event, event.data as OutageEnded['data']);
      case 'JobAssigned.v1': {
        const { job, assignedAt, ttlS } = event.data as JobAssigned['data'];
        this.pending.set(job, { fromMs: Date.parse(assignedAt), forMs: ttlS * 1_000 });
        return;
      }
      case 'JobExpired.v1': return this.expired(event, event.data as JobExpired['data']);
      case 'JobSubmitted.v1':
      case 'JobFaulted.v1': return void this.pending.delete((event.data as JobSubmitted['data'] | JobFaulted['data']).job);
      default: // Nothing else is about time that runs out.
    }
  }

  private ended(event: Recorded, { from, until }: OutageEnded['data']): void {
    const [fromMs, untilMs] = [Date.parse(from), Date.parse(until)];
    this.violations.unless(fromMs >= this.throughMs && untilMs > fromMs, 'HR22', event, () => `an outage from ${from} to ${until} is recorded twice, or none`);
    this.throughMs = untilMs;
    this.outages.push({ fromMs, untilMs });
  }

  private expired(event: Recorded, { job, expiredAt }: JobExpired['data']): void {
    const had = this.pending.get(job);
    this.pending.delete(job);
    if (!had) return; // I18 is told of it
    let dueMs = had.fromMs + had.forMs;
    for (const { fromMs, untilMs } of this.outages) if (untilMs > had.fromMs && fromMs < dueMs) dueMs += untilMs - Math.max(fromMs, had.fromMs);
    this.violations.unless(Date.parse(expiredAt) >= dueMs, 'HR22', event, () => `job ${job} expires ${dueMs - Date.parse(expiredAt)} ms early`);
  }
}
