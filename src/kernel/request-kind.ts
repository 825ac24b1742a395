/** What can be asked for. The API calls an alchemy request an interrogation, and its jobs forms. */
export type RequestKind = 'image' | 'text' | 'alchemy';
/** Who serves it: alchemists bear the API's old name. */
export type WorkerKind = 'image' | 'text' | 'interrogation';

const WORKER_KINDS = { image: 'image', text: 'text', alchemy: 'interrogation' } as const satisfies Record<RequestKind, WorkerKind>;
const REQUEST_KINDS = { image: 'image', text: 'text', interrogation: 'alchemy' } as const satisfies Record<WorkerKind, RequestKind>;

export const workerKindOf = (kind: RequestKind): WorkerKind => WORKER_KINDS[kind];
export const requestKindOf = (kind: WorkerKind): RequestKind => REQUEST_KINDS[kind];
