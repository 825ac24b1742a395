import { skip, type CommonNeeds, type MatchRule, type WorkerFacts } from './facts.js';

type CommonRule = MatchRule<CommonNeeds, WorkerFacts>;

const isOwners = ({ payer }: CommonNeeds, { owner }: WorkerFacts): boolean => payer === owner;

/** Nothing but the worker's own requests while it is in maintenance, and nothing while it is away; neither is told. */
export const SILENT_RULES: readonly CommonRule[] = [
  skip('maintenance', (request, worker) => worker.maintenance && !isOwners(request, worker)),
  skip('stale', (_request, { stale }) => stale),
];

/** A requested model that it has, or none requested and none of its models reserved for others (horde-rules §6.5). */
const sharesModel = ({ models }: CommonNeeds, worker: WorkerFacts): boolean =>
  models.length === 0 ? worker.takesAnyModel : models.some((model) => worker.models.has(model));

/** A deny-list excludes whom it names; an allow-list all others; an empty list nobody (horde-rules §6.7). */
export const isTargeted = ({ workers, workerBlacklist }: Pick<CommonNeeds, 'workers' | 'workerBlacklist'>, { worker }: Pick<WorkerFacts, 'worker'>): boolean =>
  workers.length === 0 || workers.includes(worker) !== workerBlacklist;

const containsBlacklisted = ({ blacklist }: WorkerFacts, prompt: string): boolean => {
  if (blacklist.length === 0) return false;
  const text = prompt.toLowerCase();
  return blacklist.some((word) => text.includes(word));
};

/** In the order of horde-rules §6.5, 3 to 7, with the filters of the queue that images and texts share. */
export const COMMON_RULES: readonly CommonRule[] = [
  ...SILENT_RULES,
  skip('models', (request, worker) => !sharesModel(request, worker)),
  skip('nsfw', (request, { nsfw }) => request.nsfw && !nsfw),
  skip('untrusted', (request, { ownerTrusted }) => request.trustedWorkers && !ownerTrusted),
  skip('secret', (_request, _worker, encounter) => encounter?.tricked === true),
  skip('blacklist', (_request, worker, encounter) => encounter?.prompt !== undefined && containsBlacklisted(worker, encounter.prompt)),
  skip('worker_id', (request, worker) => !isTargeted(request, worker)),
  skip('performance', (request, { fast }) => !fast && !request.slowWorkers),
];

/** Under matched targeting the worker must also put the requester first (horde-rules §6.7). */
export const TARGETING_RULE: MatchRule<CommonNeeds & { readonly features: { readonly matchedTargeting?: true } }, WorkerFacts> = skip(
  'worker_id',
  (request, worker) => request.features.matchedTargeting === true && !isOwners(request, worker) && !worker.prioritised.has(request.payer),
);

/** Requests from unsafe addresses: only where the worker allows it, and never from one stranger to another. */
export const UNSAFE_IP_RULE: CommonRule = skip('unsafe_ip', (_request, worker, encounter) => encounter?.unsafeIp === true && !worker.allowUnsafeIp);
export const STRANGERS_RULE: CommonRule = skip(
  'untrusted',
  (request, worker, encounter) => encounter?.unsafeIp === true && !worker.ownerTrusted && !request.payerTrusted,
);

/** A worker may ask that the payer has what one job earns, unless it trusts or prioritises the payer. */
export const asksForKudos = (request: CommonNeeds, worker: WorkerFacts): boolean =>
  worker.requireUpfrontKudos && !request.payerTrusted && !isOwners(request, worker) && !worker.prioritised.has(request.payer);
export const KUDOS_RULE: CommonRule = skip('kudos', (request, worker, encounter) =>
  encounter !== undefined && asksForKudos(request, worker) && encounter.payerAvailable < encounter.price);
