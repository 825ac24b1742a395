import { isDeepStrictEqual } from 'node:util';
import { accept, refuse, type Decider, type Decision } from '../kernel/decider.js';
import type { Personal } from '../kernel/event.js';
import { unreachable } from '../kernel/unreachable.js';
import { accrue, restarted, type AccrueUptime, type Uptime } from './accrue-uptime.js';
import type { Declaration, WorkerEvent, WorkerKind } from './worker.events.js';

export interface Worker {
  readonly id: string;
  kind: WorkerKind | undefined;
  owner: number | undefined;
  declaration: Declaration | undefined;
  maintenance: boolean;
  nameHash: string | undefined;
  deleted: boolean;
  uptime: Uptime;
}

export type WorkerCommand =
  | {
    readonly type: 'RegisterWorker'; readonly kind: WorkerKind; readonly owner: number; readonly name: Personal; readonly nameHash: string;
    readonly declaration: Declaration; readonly at: string;
  }
  | { readonly type: 'DeclareWorker'; readonly declaration: Declaration; readonly at: string }
  | { readonly type: 'ChangeMaintenance'; readonly on: boolean; readonly message: Personal | null; readonly at: string }
  | AccrueUptime
  /** Of itself, as a consequence: whoever is in maintenance already stays there, with the message that it has. */
  | { readonly type: 'EnterMaintenance'; readonly message: Personal; readonly at: string }
  | ChangeWorker
  | { readonly type: 'DeleteWorker'; readonly by: number; readonly at: string }
  /** Changes nothing: the answer is in the state, which is confirmed at the head of the log. */
  | { readonly type: 'ReadWorker' };

/** What a PUT may change of a worker: one append. The name has been reserved. */
export interface ChangeWorker {
  readonly type: 'ChangeWorker';
  readonly by: number;
  readonly maintenance?: { readonly on: boolean; readonly message: Personal | null };
  readonly info?: Personal;
  readonly name?: { readonly name: Personal; readonly nameHash: string };
  readonly at: string;
}

export type WorkerRc = 'WorkerNotFound';

type Decided = Decision<WorkerEvent, WorkerRc>;

const decide = (command: WorkerCommand, worker: Worker): Decided => {
  if (command.type === 'RegisterWorker') return register(command, worker);
  if (command.type === 'ReadWorker') return accept();
  if (!worker.kind || worker.deleted) return refuse('WorkerNotFound');
  switch (command.type) {
    case 'DeclareWorker':
      if (isDeepStrictEqual(worker.declaration, command.declaration)) return accept();
      return accept({ type: 'WorkerDeclared.v1', data: { worker: worker.id, declaration: command.declaration, declaredAt: command.at } });
    case 'ChangeMaintenance': return accept(...maintenanceChanged(worker, command, command.at));
    case 'EnterMaintenance': return worker.maintenance ? accept() : accept(...maintenanceChanged(worker, { on: true, message: command.message }, command.at));
    case 'AccrueUptime': return accrueUptime(command, worker);
    case 'ChangeWorker': return change(command, worker);
    case 'DeleteWorker':
      return accept({ type: 'WorkerDeleted.v1', data: { worker: worker.id, owner: worker.owner!, by: command.by, nameHash: worker.nameHash!, deletedAt: command.at } });
    default: return unreachable(command);
  }
};

const register = ({ kind, owner, name, nameHash, declaration, at }: Extract<WorkerCommand, { type: 'RegisterWorker' }>, worker: Worker): Decided => {
  if (worker.kind) return accept();
  return accept<WorkerEvent>(
    { type: 'WorkerRegistered.v1', data: { worker: worker.id, kind, owner, name, nameHash, registeredAt: at } },
    { type: 'WorkerDeclared.v1', data: { worker: worker.id, declaration, declaredAt: at } },
  );
};

const maintenanceChanged = ({ id, maintenance }: Worker, { on, message }: { readonly on: boolean; readonly message: Personal | null }, at: string): WorkerEvent[] =>
  on || maintenance ? [{ type: 'MaintenanceChanged.v1', data: { worker: id, on, message, changedAt: at } }] : [];

const change = ({ by, maintenance, info, name, at }: ChangeWorker, worker: Worker): Decided => accept(
  ...(maintenance ? maintenanceChanged(worker, maintenance, at) : []),
  ...(info ? [{ type: 'WorkerInfoChanged.v1', data: { worker: worker.id, by, info, changedAt: at } } as const] : []),
  ...(name ? [{ type: 'WorkerRenamed.v1', data: { worker: worker.id, by, ...name, renamedAt: at } } as const] : []),
);

const accrueUptime = (command: AccrueUptime, { id, kind, owner, maintenance, uptime }: Worker): Decided =>
  maintenance ? accept() : accrue(command, { id, kind: kind!, owner: owner!, uptime });

const evolve = (worker: Worker, event: WorkerEvent): Worker => {
  switch (event.type) {
    case 'WorkerRegistered.v1':
      worker.kind = event.data.kind;
      worker.owner = event.data.owner;
      worker.nameHash = event.data.nameHash;
      worker.uptime = restarted(worker.uptime, event.data.registeredAt);
      return worker;
    case 'WorkerDeclared.v1':
      worker.declaration = event.data.declaration;
      return worker;
    case 'MaintenanceChanged.v1':
      worker.maintenance = event.data.on;
      worker.uptime = restarted(worker.uptime, event.data.changedAt);
      return worker;
    case 'UptimeAccrued.v1': {
      const { uptimeMs, carriedMs, through } = event.data;
      worker.uptime = { ...worker.uptime, countedMs: uptimeMs, carriedMs, throughMs: Date.parse(through) };
      return worker;
    }
    case 'UptimeRewarded.v1':
      worker.uptime = { ...worker.uptime, rewards: event.data.number };
      return worker;
    case 'WorkerRenamed.v1':
      worker.nameHash = event.data.nameHash;
      return worker;
    case 'WorkerDeleted.v1':
      worker.deleted = true;
      return worker;
    case 'WorkerInfoChanged.v1': // no rule asks for it
      return worker;
    default:
      return unreachable(event);
  }
};

export const workerDecider: Decider<Worker, WorkerCommand, WorkerEvent, WorkerRc> = {
  category: 'worker', stateVersion: 2, decide, evolve,
  initialState: (id) => ({
    id, kind: undefined, owner: undefined, declaration: undefined, maintenance: false, nameHash: undefined, deleted: false,
    uptime: { countedMs: 0, carriedMs: 0, throughMs: 0, rewards: 0 },
  }),
};
