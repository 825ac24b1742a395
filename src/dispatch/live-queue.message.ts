import type { Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { ReferenceSnapshot } from '../reference/reference.js';
import type { RequestFacts } from '../requests/request.events.js';
import type { ImageNeeds, ImageWorkerFacts, TextNeeds, TextWorkerFacts } from './matching/facts.js';
import { imageMatcher } from './matching/image-match.js';
import { textMatch } from './matching/text-match.js';
import { LiveQueue as Queue } from './live-queue/live-queue.js';
import { matchFacets } from './live-queue/match-facets.js';
import type { QueueRow } from './live-queue/queue-row.js';

export type AnyWorkerFacts = ImageWorkerFacts | TextWorkerFacts;

export interface QueueRows {
  queue(): Promise<{ readonly position: Position; readonly rows: Iterable<QueueRow>; readonly handOuts: ReadonlyMap<number, number> }>;
}

/** This node's live queue: the unfinished requests of the whole horde, folded from the feed and from its own appends. */
export class LiveQueue extends Queue<AnyWorkerFacts> implements NodeFold {
  readonly name = 'live queue';

  constructor(private readonly source: QueueRows, reference: ReferenceSnapshot) {
    super({ match: matcher(reference), facets: matchFacets(reference) });
  }

  async open(): Promise<Position> {
    const { position, rows, handOuts } = await this.source.queue();
    this.load(rows, handOuts);
    return position;
  }

  override apply(event: Recorded): void {
    super.apply(event);
  }
}

/** The rules of image or text, by what the request asks for. */
const matcher = (reference: ReferenceSnapshot): ((facts: RequestFacts, worker: AnyWorkerFacts) => string | undefined) => {
  const matchImage = imageMatcher(reference);
  return (facts, worker) => (facts.kind === 'image'
    ? matchImage(facts as RequestFacts & ImageNeeds, worker as ImageWorkerFacts)
    : textMatch(facts as RequestFacts & TextNeeds, worker as TextWorkerFacts));
};
