import type { RequestKind } from '../kernel/request-kind.js';
import type { WorkerKind } from './worker.events.js';

const WORKER_KINDS = { image: 'image', text: 'text', alchemy: 'interrogation' } as const satisfies Record<RequestKind, WorkerKind>;
const REQUEST_KINDS = { image: 'image', text: 'text', interrogation: 'alchemy' } as const satisfies Record<WorkerKind, RequestKind>;

/** Who serves requests of a kind, and what a worker of a kind serves: alchemists bear the API's old name. */
export const workerKindOf = (kind: RequestKind): WorkerKind => WORKER_KINDS[kind];
export const requestKindOf = (kind: WorkerKind): RequestKind => REQUEST_KINDS[kind];
