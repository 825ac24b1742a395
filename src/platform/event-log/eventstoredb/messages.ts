import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import emptyMessages from 'google-protobuf/google/protobuf/empty_pb.js';
import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendReq, ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { formatUuid } from '../../../kernel/ids.js';
import { BEGINNING, type ExpectedRevision, type NewEvent, type Position, type RecordedEvent } from '../event-log.js';

/** Between the port's words and the protocol's messages, which are the official client's own. */

type Direction = 'forwards' | 'backwards';

export const batchAppend = (correlationId: string, { stream, expected, events }: { stream: string; expected: ExpectedRevision; events: readonly NewEvent[] }): BatchAppendReq => {
  const options = new streams.BatchAppendReq.Options();
  options.setStreamIdentifier(identifierOf(stream));
  if (expected === 'no_stream') options.setNoStream(new emptyMessages.Empty());
  else options.setStreamPosition(String(expected));
  // No deadline: it would travel as a time of our clock, and a clock that is slow would fail every append. The server takes its own (2 s).
  const request = new streams.BatchAppendReq();
  request.setOptions(options);
  request.setCorrelationId(uuidOf(correlationId));
  request.setProposedMessagesList(events.map(proposed));
  request.setIsFinal(true);
  return request;
};

const proposed = ({ id, type, data, metadata }: NewEvent): BatchAppendReq.ProposedMessage => {
  const message = new streams.BatchAppendReq.ProposedMessage();
  message.setId(uuidOf(id));
  message.getMetadataMap().set('type', type).set('content-type', 'application/json');
  message.setData(data); // the very bytes that were hashed: the client's own call would parse and print them again
  message.setCustomMetadata(metadata);
  return message;
};

const uuidOf = (text: string): UUID => {
  const uuid = new shared.UUID();
  uuid.setString(text);
  return uuid;
};

const identifierOf = (stream: string): InstanceType<typeof shared.StreamIdentifier> => {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  return identifier;
};

export interface StreamRead {
  readonly stream: string;
  readonly direction: Direction;
  /** Inclusive. */
  readonly from: number | 'start' | 'end';
  readonly count: number;
}
export const readOfStream = ({ stream, direction, from, count }: StreamRead): ReadReq => {
  const place = new streams.ReadReq.Options.StreamOptions();
  place.setStreamIdentifier(identifierOf(stream));
  if (from === 'start') place.setStart(new shared.Empty());
  else if (from === 'end') place.setEnd(new shared.Empty());
  else place.setRevision(String(from));
  return reading(direction, (options) => options.setStream(place).setCount(String(count)).setNoFilter(new shared.Empty()));
};

export interface AllRead {
  readonly direction: Direction;
  /** Forwards inclusive, backwards exclusive, as the server has it. */
  readonly from: Position | 'end';
  readonly count: number;
}
export const readOfAll = ({ direction, from, count }: AllRead): ReadReq =>
  reading(direction, (options) => options.setAll(placeInAll(from)).setCount(String(count)).setNoFilter(new shared.Empty()));

/** Events, as history counts them, between two checkpoints of the filter; we do without checkpoints, so rarely. */
const CHECKPOINT_EVERY_WINDOWS = 64;
/** What the store writes for itself, and its statistics, would otherwise come to every follower. */
const NOT_THE_STORES_OWN = '^[^$].*';

/** Everything after `from`, for ever; only what the store writes for itself is left out. */
export const subscriptionToAll = (from: Position): ReadReq => {
  const expression = new streams.ReadReq.Options.FilterOptions.Expression();
  expression.setRegex(NOT_THE_STORES_OWN);
  const filter = new streams.ReadReq.Options.FilterOptions();
  filter.setEventType(expression).setCount(new shared.Empty()).setCheckpointintervalmultiplier(CHECKPOINT_EVERY_WINDOWS);
  return reading('forwards', (options) => options.setAll(placeInAll(from)).setSubscription(new streams.ReadReq.Options.SubscriptionOptions()).setFilter(filter));
};

const placeInAll = (from: Position | 'end'): InstanceType<typeof streams.ReadReq.Options.AllOptions> => {
  const place = new streams.ReadReq.Options.AllOptions();
  if (from === 'end') return place.setEnd(new shared.Empty());
  if (from === BEGINNING) return place.setStart(new shared.Empty());
  const position = new streams.ReadReq.Options.Position();
  position.setCommitPosition(String(from)).setPreparePosition(String(from));
  return place.setPosition(position);
};

const directions = streams.ReadReq.Options.ReadDirection;

const reading = (direction: Direction, set: (options: ReadReq.Options) => void): ReadReq => {
  const options = new streams.ReadReq.Options();
  const ids = new streams.ReadReq.Options.UUIDOption();
  ids.setString(new shared.Empty());
  options.setUuidOption(ids).setResolveLinks(false).setReadDirection(directions[direction === 'forwards' ? 'FORWARDS' : 'BACKWARDS']);
  set(options);
  return new streams.ReadReq().setOptions(options);
};

/** An event as the store has it: the stream's name with its namespace. Undefined for answers that carry none. */
export const eventOf = (response: ReadResp): RecordedEvent | undefined => {
  const event = response.getEvent()?.getEvent();
  if (!event) return undefined;
  const facts = event.getMetadataMap();
  return {
    stream: Buffer.from(event.getStreamIdentifier()!.getStreamName_asU8()).toString(),
    revision: Number(event.getStreamRevision()),
    position: Number(event.getCommitPosition()),
    id: textOf(event.getId()!),
    type: facts.get('type') ?? '',
    data: bufferOf(event.getData_asU8()),
    metadata: bufferOf(event.getCustomMetadata_asU8()),
    created: createdOf(facts.get('created')),
  };
};

/** Ticks of 100 ns since 1970, as text; the last four digits are below a millisecond. */
const createdOf = (ticks: string | undefined): number => (ticks === undefined ? 0 : Number(ticks.slice(0, -4)));

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Both spellings: the server answers some time-outs with the other one than it was asked in. */
export const textOf = (uuid: UUID): string => {
  const structured = uuid.getStructured();
  if (!structured) return uuid.getString().toLowerCase();
  const bytes = Buffer.alloc(16);
  bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(structured.getMostSignificantBits())), 0);
  bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(structured.getLeastSignificantBits())), 8);
  return formatUuid(bytes);
};
