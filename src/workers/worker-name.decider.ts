import { accept, refuse, type Decider } from '../kernel/decider.js';
import type { WorkerKind, WorkerNameReserved } from './worker.events.js';

/** Who has a worker name; unique over all kinds (horde-rules §7.2). */
export interface NameHolder {
  worker: string | undefined;
  kind: WorkerKind | undefined;
  owner: number | undefined;
}
export interface WorkerNameCommand {
  readonly type: 'ReserveWorkerName';
  readonly worker: string;
  readonly kind: WorkerKind;
  readonly owner: number;
  readonly at: string;
}
export type WorkerNameRc = 'PolymorphicNameConflict' | 'WrongCredentials';

export const workerNameDecider: Decider<NameHolder, WorkerNameCommand, WorkerNameReserved, WorkerNameRc> = {
  category: 'workername',
  stateVersion: 1,
  initialState: () => ({ worker: undefined, kind: undefined, owner: undefined }),
  evolve: (_holder, { data: { worker, kind, owner } }) => ({ worker, kind, owner }),
  decide: ({ worker, kind, owner, at }, holder) => {
    if (!holder.worker) return accept({ type: 'WorkerNameReserved.v1', data: { worker, kind, owner, reservedAt: at } });
    if (holder.kind !== kind) return refuse('PolymorphicNameConflict');
    if (holder.owner !== owner) return refuse('WrongCredentials');
    return accept(); // reserved before: the state says for which worker
  },
};
