import { categoryOf, idOf, type Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { ReferenceSnapshot } from '../reference/reference.js';
import type { RequestFacts, RequestKind } from '../requests/request.events.js';
import type { PayerId } from '../requests/rules/payer-id.js';
import { alchemyMatch } from './matching/alchemy-match.js';
import type { AlchemyNeeds, AlchemyWorkerFacts, Encounter, ImageNeeds, ImageWorkerFacts, SkipReason, TextNeeds, TextWorkerFacts } from './matching/facts.js';
import { imageMatcher } from './matching/image-match.js';
import { textMatch } from './matching/text-match.js';
import { fairnessPolicyOf, type FairnessSettings } from './live-queue/fairness-policy.js';
import { LiveQueue as Queue, type Reservation } from './live-queue/live-queue.js';
import { matchFacets } from './live-queue/match-facets.js';
import type { LastServed } from './live-queue/payer.js';
import type { QueueRow } from './live-queue/queue-row.js';

export type AnyWorkerFacts = ImageWorkerFacts | TextWorkerFacts | AlchemyWorkerFacts;

export interface QueueRows {
  queue(): Promise<{ readonly position: Position; readonly rows: Iterable<QueueRow>; readonly served: ReadonlyMap<PayerId, LastServed> }>;
}

/** Events after which a request has more jobs to hand out. */
const FREEING: ReadonlySet<string> = new Set(['RequestAccepted.v1', 'JobFaulted.v1', 'JobExpired.v1']);

/** This node's live queue: the unfinished requests of the whole horde, folded from the feed and from its own appends. */
export class LiveQueue extends Queue<AnyWorkerFacts> implements NodeFold {
  readonly name = 'live queue';
  readonly #listeners: ((request: string, isRenewed: boolean) => void)[] = [];

  constructor(private readonly source: QueueRows, reference: ReferenceSnapshot, fairness: FairnessSettings) {
    super({ match: matcherOf(reference), facets: matchFacets(reference), policy: fairnessPolicyOf(fairness) });
  }

  async open(): Promise<Position> {
    const { position, rows, served } = await this.source.queue();
    this.load(rows, served);
    return position;
  }

  override apply(event: Recorded): void {
    super.apply(event);
    if (FREEING.has(event.type) && categoryOf(event.stream) === 'request') this.#freed(idOf(event.stream), event.type !== 'RequestAccepted.v1');
  }

  /** Slots that come back without having been used are free for others. */
  override reserve(request: string, count: number, jobs: readonly string[] = []): Reservation | undefined {
    const reservation = super.reserve(request, count, jobs);
    return reservation && {
      ...reservation,
      release: () => {
        const before = this.find(request)?.reserved ?? 0;
        reservation.release();
        if ((this.find(request)?.reserved ?? 0) < before) this.#freed(request, true);
      },
    };
  }

  /** Tells of requests with jobs that a worker may take now and could not before; `isRenewed`: it may have seen them already, and lost them to another. */
  onFree(listener: (request: string, isRenewed: boolean) => void): void {
    this.#listeners.push(listener);
  }

  #freed(request: string, isRenewed: boolean): void {
    for (const listen of this.#listeners) listen(request, isRenewed);
  }
}

type Match = (facts: RequestFacts, worker: AnyWorkerFacts, encounter?: Encounter) => SkipReason | undefined;

/** The rules of each kind, by what the request asks for. */
export const matcherOf = (reference: ReferenceSnapshot): Match => {
  const matchImage = imageMatcher(reference);
  const byKind: Readonly<Record<RequestKind, Match>> = {
    image: (facts, worker, encounter) => matchImage(facts as RequestFacts & ImageNeeds, worker as ImageWorkerFacts, encounter),
    text: (facts, worker, encounter) => textMatch(facts as RequestFacts & TextNeeds, worker as TextWorkerFacts, encounter),
    alchemy: (facts, worker, encounter) => alchemyMatch(facts as RequestFacts & AlchemyNeeds, worker as AlchemyWorkerFacts, encounter),
  };
  return (facts, worker, encounter) => byKind[facts.kind](facts, worker, encounter);
};
