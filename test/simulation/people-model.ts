import { ledgerOf, plainText, type Personal, type Recorded } from '../../src/kernel/event.js';
import type { RequestKind } from '../../src/kernel/request-kind.js';
import type { DonationOffset } from '../../src/kudos/account.events.js';
import type { KudosGranted } from '../../src/kudos/grant.events.js';
import type { TeamRow } from '../../src/teams/teams.message.js';
import type { MonthlyDue } from '../../src/users/monthly-grants.reactor.js';
import type { MonthlyEntitlementChanged } from '../../src/users/user.events.js';

interface SimWorker {
  readonly id: string;
  readonly kind: RequestKind;
  readonly owner: number;
  name: string;
  nameHash: string;
  team: string | undefined;
}
type SimTeam = { -readonly [Part in keyof TeamRow]: TeamRow[Part] };

/** What nodes ask about people besides their money: workers, teams, shared keys, when they were last active, what they are still owed. */
export class PeopleModel {
  readonly workers = new Map<string, SimWorker>();
  readonly teams = new Map<string, SimTeam>();
  /** By their keyed hashes: whose they are. */
  readonly sharedKeys = new Map<string, number>();
  readonly activeAtMs = new Map<number, number>();
  /** Raised entitlements that are not credited yet. */
  readonly due = new Map<string, MonthlyDue>();
  /** Months of thanks that nobody has repaid yet, by their grant's key. */
  readonly unrepaid = new Set<string>();
  readonly thanked = new Set<number>();
  readonly erased = new Set<number>();
  /** Jobs that somebody works on → the worker. */
  readonly jobs = new Map<string, string>();

  fold(event: Recorded): void {
    const txId = ledgerOf(event)?.txId;
    if (txId !== undefined) this.due.delete(txId);
    (this.#handlers as Partial<Record<string, (data: object, event: Recorded) => void>>)[event.type]?.(event.data, event);
  }

  #activeAt(user: number, at: string): void {
    this.activeAtMs.set(user, Date.parse(at));
  }

  readonly #handlers = {
    'WorkerRegistered.v1': ({ worker, kind, owner, name, nameHash }: { worker: string; kind: RequestKind; owner: number; name: Personal; nameHash: string }): void => {
      this.workers.set(worker, { id: worker, kind, owner, name: plainText(name)!, nameHash, team: undefined });
    },
    'WorkerRenamed.v1': ({ worker, name, nameHash }: { worker: string; name: Personal; nameHash: string }): void => {
      Object.assign(this.workers.get(worker)!, { name: plainText(name)!, nameHash });
    },
    'WorkerDeleted.v1': ({ worker }: { worker: string }): void => { this.workers.delete(worker); },
    'TeamCreated.v1': ({ team, owner, name, nameHash }: { team: string; owner: number; name: Personal; nameHash: string }): void => {
      this.teams.set(team, { id: team, owner, name: plainText(name)!, nameHash, info: null, fulfilled: 0, kudos: 0 as TeamRow['kudos'], things: 0, uptimeS: 0, workers: [] });
    },
    'TeamChanged.v1': ({ team, name, nameHash }: { team: string; name?: Personal; nameHash?: string }): void => {
      if (name && nameHash !== undefined) Object.assign(this.teams.get(team)!, { name: plainText(name)!, nameHash });
    },
    'TeamDeleted.v1': ({ team }: { team: string }): void => {
      this.teams.delete(team);
      for (const worker of this.workers.values()) if (worker.team === team) worker.team = undefined;
    },
    'TeamJoined.v1': ({ team, worker }: { team: string; worker: string }): void => {
      const known = this.workers.get(worker);
      if (known) known.team = team;
    },
    'TeamLeft.v1': ({ team, worker }: { team: string; worker: string }): void => {
      const known = this.workers.get(worker);
      if (known?.team === team) known.team = undefined;
    },
    'SharedKeyCreated.v1': ({ key, user }: { key: string; user: number }): void => { this.sharedKeys.set(key, user); },
    'SharedKeyDeleted.v1': ({ key }: { key: string }): void => { this.sharedKeys.delete(key); },
    'RequestAccepted.v1': ({ payer, acceptedAt }: { payer: number; acceptedAt: string }): void => { this.#activeAt(payer, acceptedAt); },
    'JobAssigned.v1': ({ job, worker }: { job: string; worker: string }): void => { this.jobs.set(job, worker); },
    'JobSubmitted.v1': ({ job, owner, submittedAt }: { job: string; owner: number; submittedAt: string }): void => {
      this.jobs.delete(job);
      this.#activeAt(owner, submittedAt);
    },
    'JobFaulted.v1': ({ job }: { job: string }): void => { this.jobs.delete(job); },
    'JobExpired.v1': ({ job }: { job: string }): void => { this.jobs.delete(job); },
    'MonthlyEntitlementChanged.v1': ({ grant, user, added }: MonthlyEntitlementChanged['data']): void => {
      if (added > 0) this.due.set(grant, { grant, user, amount: added });
    },
    'KudosGranted.v1': ({ kind, user }: KudosGranted['data'], { stream }: Recorded): void => {
      if (kind !== 'monthly') return;
      this.unrepaid.add(stream.slice(stream.indexOf('-') + 1));
      this.thanked.add(user);
    },
    'DonationOffset.v1': ({ grant }: DonationOffset['data']): void => { this.unrepaid.delete(grant); },
    'PersonalDataErased.v1': ({ user }: { user: number }): void => {
      this.erased.add(user);
      for (const [id, { owner }] of this.teams) if (owner === user) this.teams.delete(id); // nobody finds them any more
    },
  };
}
