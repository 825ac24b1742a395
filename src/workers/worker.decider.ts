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
  uptime: Uptime;
}

export type WorkerCommand =
  | {
    readonly type: 'RegisterWorker'; readonly kind: WorkerKind; readonly owner: number; readonly name: Personal; readonly nameHash: string;
    readonly declaration: Declaration; readonly at: string;
  }
  | { readonly type: 'DeclareWorker'; readonly declaration: Declaration; readonly at: string }
  | { readonly type: 'ChangeMaintenance'; readonly on: boolean; readonly message: Personal | null; readonly at: string }
  | AccrueUptime;

export type WorkerRc = 'WorkerNotFound';

const decide = (command: WorkerCommand, worker: Worker): Decision<WorkerEvent, WorkerRc> => {
  switch (command.type) {
    case 'RegisterWorker': {
      if (worker.kind) return accept();
      const { kind, owner, name, nameHash, declaration, at } = command;
      return accept<WorkerEvent>(
        { type: 'WorkerRegistered.v1', data: { worker: worker.id, kind, owner, name, nameHash, registeredAt: at } },
        { type: 'WorkerDeclared.v1', data: { worker: worker.id, declaration, declaredAt: at } },
      );
    }
    case 'DeclareWorker': {
      if (!worker.kind) return refuse('WorkerNotFound');
      if (isDeepStrictEqual(worker.declaration, command.declaration)) return accept();
      return accept({ type: 'WorkerDeclared.v1', data: { worker: worker.id, declaration: command.declaration, declaredAt: command.at } });
    }
    case 'ChangeMaintenance': {
      if (!worker.kind) return refuse('WorkerNotFound');
      if (worker.maintenance === command.on && !command.on) return accept();
      return accept({ type: 'MaintenanceChanged.v1', data: { worker: worker.id, on: command.on, message: command.message, changedAt: command.at } });
    }
    case 'AccrueUptime': return accrueUptime(command, worker);
    default:
      return unreachable(command);
  }
};

const accrueUptime = (command: AccrueUptime, { id, kind, owner, maintenance, uptime }: Worker): Decision<WorkerEvent, WorkerRc> => {
  if (!kind || owner === undefined) return refuse('WorkerNotFound');
  return maintenance ? accept() : accrue(command, { id, kind, owner, uptime });
};

const evolve = (worker: Worker, event: WorkerEvent): Worker => {
  switch (event.type) {
    case 'WorkerRegistered.v1':
      worker.kind = event.data.kind;
      worker.owner = event.data.owner;
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
    default:
      return unreachable(event);
  }
};

export const workerDecider: Decider<Worker, WorkerCommand, WorkerEvent, WorkerRc> = {
  category: 'worker', stateVersion: 2, decide, evolve,
  initialState: (id) => ({ id, kind: undefined, owner: undefined, declaration: undefined, maintenance: false, uptime: { countedMs: 0, carriedMs: 0, throughMs: 0, rewards: 0 } }),
};
