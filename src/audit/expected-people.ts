import type { Recorded } from '../kernel/event.js';
import type { AuthorizationClosed, AuthorizationOpened, FormHoldPlaced, HoldReleased, JobSettled } from '../kudos/account.events.js';
import type { JobAssigned, JobSubmitted } from '../requests/request.events.js';
import type { ApiKeyIssued, RolesChanged, TrustGranted, UserRegistered } from '../users/user.events.js';
import type { MaintenanceChanged, UptimeAccrued, UptimeRewarded, WorkerRegistered } from '../workers/worker.events.js';

export interface ExpectedUser {
  readonly id: number;
  accountClass: string;
  keyHash: string | null;
  readonly roles: Set<string>;
  workers: number;
}
export interface ExpectedWorker {
  readonly id: string;
  readonly owner: number;
  maintenance: boolean;
  fulfilled: number;
  generated: number;
  things: number;
  uncompleted: number;
  uptimeMs: number;
  uptimeKudos: number;
  /** Tenths of things per second, oldest first. */
  samples: number[];
}

/** horde-rules §7.6. */
const SAMPLES_MAX = 20;

/** Users, workers and holds, folded one event at a time. */
export class ExpectedPeople {
  readonly users = new Map<number, ExpectedUser>();
  readonly workers = new Map<string, ExpectedWorker>();
  readonly held = new Map<number, number>();
  private readonly assignedAt = new Map<string, number>();

  add(event: Recorded): void {
    this.addToUsers(event);
    this.addToWorkers(event);
    this.addToHolds(event);
  }

  private addToUsers(event: Recorded): void {
    switch (event.type) {
      case 'UserRegistered.v1': {
        const { user: id, accountClass } = event.data as UserRegistered['data'];
        this.users.set(id, { id, accountClass, keyHash: null, roles: new Set(), workers: 0 });
        return;
      }
      case 'ApiKeyIssued.v1': {
        const { user, keyHash } = event.data as ApiKeyIssued['data'];
        const known = this.users.get(user);
        if (known) known.keyHash = keyHash;
        return;
      }
      case 'RolesChanged.v1': {
        const { user, granted, revoked } = event.data as RolesChanged['data'];
        const roles = this.users.get(user)?.roles;
        for (const role of granted) roles?.add(role);
        for (const role of revoked) roles?.delete(role);
        return;
      }
      case 'TrustGranted.v1': {
        this.users.get((event.data as TrustGranted['data']).user)?.roles.add('trusted');
        return;
      }
      default: // No other event is about a user alone.
    }
  }

  private addToWorkers(event: Recorded): void {
    switch (event.type) {
      case 'WorkerRegistered.v1': return this.registered(event.data as WorkerRegistered['data']);
      case 'MaintenanceChanged.v1': {
        const { worker, on } = event.data as MaintenanceChanged['data'];
        const known = this.workers.get(worker);
        if (known) known.maintenance = on;
        return;
      }
      case 'UptimeAccrued.v1': {
        const { worker, uptimeMs } = event.data as UptimeAccrued['data'];
        const known = this.workers.get(worker);
        if (known) known.uptimeMs = uptimeMs;
        return;
      }
      case 'UptimeRewarded.v1': {
        const { worker, amount } = event.data as UptimeRewarded['data'];
        const known = this.workers.get(worker);
        if (known) known.uptimeKudos += amount;
        return;
      }
      case 'JobAssigned.v1': {
        const { job, assignedAt } = event.data as JobAssigned['data'];
        this.assignedAt.set(job, Date.parse(assignedAt));
        return;
      }
      case 'JobSubmitted.v1': return this.submitted(event.data as JobSubmitted['data']);
      case 'JobFaulted.v1':
      case 'JobExpired.v1': {
        const { job, worker } = event.data as { job: string; worker: string };
        this.assignedAt.delete(job);
        const known = this.workers.get(worker);
        if (known) known.uncompleted += 1;
        return;
      }
      case 'JobSettled.v1': {
        const { worker, price, things } = event.data as JobSettled['data'];
        const known = this.workers.get(worker);
        if (!known) return;
        known.fulfilled += 1;
        known.generated += price;
        known.things += Math.round(things);
        return;
      }
      default: // No other event is about a worker.
    }
  }

  private registered({ worker: id, owner }: WorkerRegistered['data']): void {
    this.workers.set(id, { id, owner, maintenance: false, fulfilled: 0, generated: 0, things: 0, uncompleted: 0, uptimeMs: 0, uptimeKudos: 0, samples: [] });
    const user = this.users.get(owner);
    if (user) user.workers += 1;
  }

  private submitted({ job, worker, things, state, form, submittedAt }: JobSubmitted['data']): void {
    const assignedAt = this.assignedAt.get(job);
    this.assignedAt.delete(job);
    const known = this.workers.get(worker);
    if (!known || assignedAt === undefined || state === 'cancelled') return;
    const tookMs = Date.parse(submittedAt) - assignedAt;
    // Tenths, halves up; one thing per second when no time passed (horde-rules §4.3). Exact: all are whole numbers below 2^53.
    const tenths = form !== undefined ? tenthsOfSeconds(tookMs) : tookMs > 0 ? Math.floor((Math.round(things) * 20_000 + tookMs) / (2 * tookMs)) : 10;
    known.samples = [...known.samples, tenths].slice(-SAMPLES_MAX);
  }

  private addToHolds(event: Recorded): void {
    switch (event.type) {
      case 'AuthorizationOpened.v1': return this.hold(event.data as AuthorizationOpened['data'], (event.data as AuthorizationOpened['data']).hold);
      case 'FormHoldPlaced.v1': return this.hold(event.data as FormHoldPlaced['data'], (event.data as FormHoldPlaced['data']).amount);
      case 'HoldReleased.v1': return this.hold(event.data as HoldReleased['data'], -(event.data as HoldReleased['data']).amount);
      case 'AuthorizationClosed.v1': return this.hold(event.data as AuthorizationClosed['data'], -(event.data as AuthorizationClosed['data']).released);
      case 'JobSettled.v1': {
        const { payer: user, captured } = event.data as JobSettled['data'];
        return this.hold({ user }, -captured);
      }
      default: // Nothing else is held.
    }
  }

  private hold({ user }: { user: number }, amount: number): void {
    if (user !== 0) this.held.set(user, (this.held.get(user) ?? 0) + amount);
  }
}

/** How long a form took: halves up, one tenth at least, a second when no time passed. */
const tenthsOfSeconds = (tookMs: number): number => (tookMs > 0 ? Math.max(1, Math.floor((tookMs + 50) / 100)) : 10);
