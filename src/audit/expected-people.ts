import type { Recorded } from '../kernel/event.js';
import type { AuthorizationClosed, AuthorizationOpened, FormHoldPlaced, HoldReleased, JobSettled } from '../kudos/account.events.js';
import type { JobAssigned, JobFaulted, JobSubmitted } from '../requests/request.events.js';
import type { TeamDeleted, TeamJoined, TeamLeft } from '../teams/team.events.js';
import type {
  ApiKeyIssued, MonthlyEntitlementChanged, PersonalDataErased, RolesChanged, SuspicionReset, TrustGranted, UserRegistered, UserSettingsChanged, UserSuspected, WorkerPaused,
  WorkerSuspected,
} from '../users/user.events.js';
import type { MaintenanceChanged, UptimeAccrued, UptimeRewarded, WorkerDeleted, WorkerRegistered, WorkerRenamed } from '../workers/worker.events.js';

export interface ExpectedUser {
  readonly id: number;
  accountClass: string;
  keyHash: string | null;
  readonly roles: Set<string>;
  workers: number;
  concurrency: number;
  workerInvited: number;
  usageMultiplier: number;
  publicWorkers: boolean;
  monthly: number;
  suspicions: number;
  erased: boolean;
}
export interface ExpectedWorker {
  readonly id: string;
  readonly owner: number;
  nameHash: string;
  team: string | null;
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

/** Of any worker, registered or not: a name is suspected before it is anybody's. */
export interface ExpectedStanding {
  readonly owner: number;
  paused: boolean;
  suspicions: number;
}

/** horde-rules §7.6. */
const SAMPLES_MAX = 20;

/** Users, workers and holds, folded one event at a time. */
export class ExpectedPeople {
  readonly users = new Map<number, ExpectedUser>();
  readonly workers = new Map<string, ExpectedWorker>();
  readonly standings = new Map<string, ExpectedStanding>();
  readonly held = new Map<number, number>();
  private readonly assignedAt = new Map<string, number>();

  add(event: Recorded): void {
    this.addToUsers(event);
    this.addToWorkers(event);
    this.addToHolds(event);
  }

  private addToUsers({ type, data }: Recorded): void {
    switch (type) {
      case 'UserRegistered.v1': {
        const { user: id, accountClass } = data as UserRegistered['data'];
        this.users.set(id, {
          id, accountClass, keyHash: null, roles: new Set(), workers: 0, concurrency: 30, workerInvited: 0, usageMultiplier: 1_000, publicWorkers: false,
          monthly: 0, suspicions: 0, erased: false,
        });
        return;
      }
      case 'ApiKeyIssued.v1': return this.change(data as ApiKeyIssued['data'], (user) => { user.keyHash = (data as ApiKeyIssued['data']).keyHash; });
      case 'RolesChanged.v1': return this.change(data as RolesChanged['data'], ({ roles }) => {
        for (const role of (data as RolesChanged['data']).granted) roles.add(role);
        for (const role of (data as RolesChanged['data']).revoked) roles.delete(role);
      });
      case 'UserSettingsChanged.v1': return this.settings(data as UserSettingsChanged['data']);
      case 'MonthlyEntitlementChanged.v1':
        return this.change(data as MonthlyEntitlementChanged['data'], (user) => { user.monthly = (data as MonthlyEntitlementChanged['data']).monthly; });
      case 'UserSuspected.v1': return this.change(data as UserSuspected['data'], (user) => { user.suspicions += 1; });
      case 'SuspicionReset.v1': return this.trust((data as SuspicionReset['data']).user);
      case 'PersonalDataErased.v1':
        return this.change(data as PersonalDataErased['data'], (user) => { Object.assign(user, { erased: true, keyHash: null }); });
      case 'TrustGranted.v1': return this.change(data as TrustGranted['data'], ({ roles }) => { roles.add('trusted'); });
      default: // No other event is about a user alone.
    }
  }

  private change({ user }: { readonly user: number }, change: (user: ExpectedUser) => void): void {
    const known = this.users.get(user);
    if (known) change(known);
  }

  private settings(data: UserSettingsChanged['data']): void {
    this.change(data, (user) => {
      for (const name of ['concurrency', 'workerInvited', 'usageMultiplier'] as const) user[name] = data[name] ?? user[name];
      user.publicWorkers = data.publicWorkers ?? user.publicWorkers;
    });
  }

  private trust(owner: number): void {
    this.change({ user: owner }, (user) => { user.suspicions = 0; });
    for (const standing of this.standings.values()) if (standing.owner === owner) standing.suspicions = 0;
  }

  private aborted({ job, worker, selfTest, excused }: JobFaulted['data']): void {
    this.assignedAt.delete(job);
    const known = this.workers.get(worker);
    if (known && !selfTest && !excused) known.uncompleted += 1;
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
      case 'WorkerPaused.v1': {
        const data = event.data as WorkerPaused['data'];
        this.standing(data).paused = data.on;
        return;
      }
      case 'WorkerSuspected.v1':
        this.standing(event.data as WorkerSuspected['data']).suspicions += 1;
        return;
      case 'TeamJoined.v1':
      case 'TeamLeft.v1':
      case 'TeamDeleted.v1': return this.movedWorkers(event);
      case 'WorkerRenamed.v1':
      case 'WorkerDeleted.v1': return this.changedWorker(event);
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
        const { job, assignedAt, selfTest } = event.data as JobAssigned['data'];
        if (!selfTest) this.assignedAt.set(job, Date.parse(assignedAt));
        return;
      }
      case 'JobSubmitted.v1': return this.submitted(event.data as JobSubmitted['data']);
      case 'JobFaulted.v1':
      case 'JobExpired.v1': return this.aborted(event.data as JobFaulted['data']);
      case 'JobSettled.v1': {
        const { worker, price, things, selfTest } = event.data as JobSettled['data'];
        const known = this.workers.get(worker);
        if (!known || selfTest) return;
        known.fulfilled += 1;
        known.generated += price;
        known.things += Math.round(things);
        return;
      }
      default: // No other event is about a worker.
    }
  }

  private standing({ worker, owner }: { readonly worker: string; readonly owner: number }): ExpectedStanding {
    let standing = this.standings.get(worker);
    if (!standing) this.standings.set(worker, (standing = { owner, paused: false, suspicions: 0 }));
    return standing;
  }

  /** The latest of them all says where a worker is. */
  private movedWorkers({ type, data }: Recorded): void {
    if (type === 'TeamDeleted.v1') {
      for (const worker of this.workers.values()) if (worker.team === (data as TeamDeleted['data']).team) worker.team = null;
      return;
    }
    const { team, worker } = data as (TeamJoined | TeamLeft)['data'];
    const known = this.workers.get(worker);
    if (!known) return;
    if (type === 'TeamJoined.v1') known.team = team;
    else if (known.team === team) known.team = null;
  }

  private changedWorker({ type, data }: Recorded): void {
    const known = this.workers.get((data as { worker: string }).worker);
    if (!known) return;
    if (type === 'WorkerRenamed.v1') known.nameHash = (data as WorkerRenamed['data']).nameHash;
    else {
      this.workers.delete(known.id);
      this.change({ user: (data as WorkerDeleted['data']).owner }, (user) => { user.workers -= 1; });
    }
  }

  private registered({ worker: id, owner, nameHash }: WorkerRegistered['data']): void {
    this.workers.set(id, { id, owner, nameHash, team: null, maintenance: false, fulfilled: 0, generated: 0, things: 0, uncompleted: 0, uptimeMs: 0, uptimeKudos: 0, samples: [] });
    const user = this.users.get(owner);
    if (user) user.workers += 1;
  }

  private submitted({ job, worker, things, state, form, interrupted, submittedAt }: JobSubmitted['data']): void {
    const assignedAt = this.assignedAt.get(job);
    this.assignedAt.delete(job);
    const known = this.workers.get(worker);
    if (!known || assignedAt === undefined || state === 'cancelled' || interrupted) return;
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
