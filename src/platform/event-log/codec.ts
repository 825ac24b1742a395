import { leafHash } from '../../kernel/leaf-hash.js';
import type { AnyEvent, EventMetadata, Recorded } from '../../kernel/event.js';
import { upcast } from './upcasts.js';
import type { NewEvent, RecordedEvent } from './event-log.js';

/** Where an event will stand, and what is known of why it was written. */
export interface Placement {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly metadata: EventMetadata;
}

export interface Encoded {
  readonly event: NewEvent;
  /** Leaf hash of the encoded event: the `prevHash` of its successor. */
  readonly leaf: string;
  readonly bytes: number;
}

/** Serialises an event once; these very bytes are hashed, sent, resent and stored. */
export const encode = (event: AnyEvent, { stream, revision, id, metadata }: Placement): Encoded => {
  const data = Buffer.from(JSON.stringify(event.data));
  const meta = Buffer.from(JSON.stringify(metadata));
  const leaf = leafHash({ stream, revision, id, type: event.type, data, metadata: meta });
  return { event: { id, type: event.type, data, metadata: meta }, leaf, bytes: data.length + meta.length };
};

/** What was found out about a stored event, however many folds look at the same object. */
interface Known {
  decoded?: Recorded;
  leaf?: string;
}
const knowledge = new WeakMap<RecordedEvent, Known>();

const knownOf = (event: RecordedEvent): Known => {
  let known = knowledge.get(event);
  if (!known) knowledge.set(event, (known = {}));
  return known;
};

/** Parses and upcasts a stored event. */
export const decode = (event: RecordedEvent): Recorded => {
  const known = knownOf(event);
  return (known.decoded ??= parsed(event));
};

export const leafOf = (event: RecordedEvent): string => {
  const known = knownOf(event);
  return (known.leaf ??= leafHash(event));
};

const parsed = (event: RecordedEvent): Recorded => {
  const { type, data } = upcast({ type: event.type, data: parse(event, event.data) as object });
  return {
    stream: event.stream, revision: event.revision, position: event.position, id: event.id,
    type, data, metadata: parse(event, event.metadata) as EventMetadata,
  };
};

const parse = (event: RecordedEvent, bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    throw new Error(`event ${event.revision} of ${event.stream} (position ${event.position}) is not JSON`, { cause: error });
  }
};
