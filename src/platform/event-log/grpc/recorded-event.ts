import streams from '@eventstore/db-client/generated/streams_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { RecordedEvent } from '../event-log.js';
import { stringUuid, structuredUuid } from './uuids.js';

/** EventStoreDB counts time in 100 ns. */
const TICKS_PER_MS = 10_000n;

const [OBJECT_OPEN, OBJECT_CLOSE, ARRAY_OPEN, ARRAY_CLOSE, QUOTE] = Buffer.from('{}[]"');
/** The longest of `true`, `false`, `null` and the numbers that JSON.stringify writes. */
const SCALAR_BYTES_MAX = 32;

/**
 * The embedded log keeps no content type, because all that a ledger writes is JSON; so it is told from the first and last byte.
 * Bytes of others that look like JSON and are none reach a client as text, and lose nothing.
 */
export const looksLikeJson = (data: Buffer): boolean => {
  const first = data[0];
  const last = data[data.length - 1];
  if (first === undefined) return false;
  if (first === OBJECT_OPEN) return last === OBJECT_CLOSE;
  if (first === ARRAY_OPEN) return last === ARRAY_CLOSE;
  if (first === QUOTE && data.length > 1) return last === QUOTE;
  return data.length <= SCALAR_BYTES_MAX && isJson(data.toString('utf8'));
};
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** A stored event as a message of a read. */
export const readEventOf = (event: RecordedEvent, hasStructuredIds: boolean): ReadResp => {
  const position = String(event.position);
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(hasStructuredIds ? structuredUuid(event.id) : stringUuid(event.id))
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(event.stream)))
    .setStreamRevision(String(event.revision))
    .setPreparePosition(position)
    .setCommitPosition(position)
    .setCustomMetadata(event.metadata)
    .setData(event.data);
  recorded.getMetadataMap()
    .set('type', event.type)
    .set('created', String(BigInt(event.created) * TICKS_PER_MS))
    .set('content-type', looksLikeJson(event.data) ? 'application/json' : 'application/octet-stream');
  return new streams.ReadResp().setEvent(new streams.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(position));
};
