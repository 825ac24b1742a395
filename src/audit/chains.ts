import type { Recorded } from '../kernel/event.js';
import { leafOf } from '../platform/event-log/codec.js';
import type { RecordedEvent } from '../platform/event-log/event-log.js';
import type { Violations } from './violations.js';

interface Head {
  revision: number;
  leaf: string;
}

/** Nothing comes after these in their stream, so its head is forgotten: memory follows what is open, not what was. */
const LAST_OF_STREAM: ReadonlySet<string> = new Set(['RequestCompleted.v1', 'RequestAbandoned.v1']);

/** I16: revisions without gaps, positions that only rise, every event naming the hash of the one before it in its stream. */
export class Chains {
  private readonly heads = new Map<string, Head>();
  private position = -1;

  constructor(private readonly violations: Violations) {}

  add(raw: RecordedEvent, { metadata }: Recorded): void {
    const { stream, revision, position, type } = raw;
    this.violations.unless(position > this.position, 'I16', raw, () => `position ${position} does not come after ${this.position}`);
    this.position = position;
    const head = this.heads.get(stream);
    const next = head ? head.revision + 1 : 0;
    this.violations.unless(revision === next, 'I16', raw, () => `revision ${revision} where ${next} was to come`);
    const before = head?.leaf ?? null;
    this.violations.unless(metadata.prevHash === before, 'I16', raw, () => `prevHash is ${String(metadata.prevHash)}, but the event before it hashes to ${String(before)}`);
    const leaf = leafOf(raw);
    if (LAST_OF_STREAM.has(type)) this.heads.delete(stream);
    else if (head) Object.assign(head, { revision, leaf });
    else this.heads.set(stream, { revision, leaf });
  }
}
