import { accept, refuse, type Decider } from '../kernel/decider.js';
import type { WorkerKind, WorkerNameEvent } from './worker.events.js';

/** Who has a worker name; unique over all kinds (horde-rules §7.2). */
export interface NameHolder {
  readonly worker?: string;
  readonly kind?: WorkerKind;
  readonly owner?: number;
  readonly reservedAt?: string;
}
export interface ReserveWorkerName {
  readonly type: 'ReserveWorkerName';
  readonly worker: string;
  readonly kind: WorkerKind;
  readonly owner: number;
  readonly at: string;
}
/** If it is still this worker's. */
export interface ReleaseWorkerName {
  readonly type: 'ReleaseWorkerName';
  readonly worker: string;
  readonly at: string;
}
export type WorkerNameCommand = ReserveWorkerName | ReleaseWorkerName;
export type WorkerNameRc = 'PolymorphicNameConflict' | 'WrongCredentials';

export const workerNameDecider: Decider<NameHolder, WorkerNameCommand, WorkerNameEvent, WorkerNameRc> = {
  category: 'workername',
  stateVersion: 2,
  initialState: () => ({}),
  evolve: (_holder, event) => {
    if (event.type === 'WorkerNameReleased.v1') return {};
    const { worker, kind, owner, reservedAt } = event.data;
    return { worker, kind, owner, reservedAt };
  },
  decide: (command, holder) => {
    const { worker, at } = command;
    if (command.type === 'ReleaseWorkerName') return holder.worker === worker ? accept({ type: 'WorkerNameReleased.v1', data: { worker, releasedAt: at } }) : accept();
    const { kind, owner } = command;
    if (!holder.worker) return accept({ type: 'WorkerNameReserved.v1', data: { worker, kind, owner, reservedAt: at } });
    if (holder.kind !== kind) return refuse('PolymorphicNameConflict');
    if (holder.owner !== owner) return refuse('WrongCredentials');
    return accept(); // reserved before: the state says for which worker
  },
};
