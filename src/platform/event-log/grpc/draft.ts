import type { Map as ProtobufMap } from 'google-protobuf';
import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import {
  APPEND_BYTES_MAX, AppendTooLarge, InvalidAppend, WrongExpectedRevision, type EventLog, type ExpectedRevision, type NewEvent,
} from '../event-log.js';
import { metadataMissing } from './rpc-errors.js';
import { uuidOf } from './uuids.js';

/** What both kinds of append call an event. */
export interface ProposedMessage {
  getId(): UUID | undefined;
  getMetadataMap(): ProtobufMap<string, string>;
  getData_asU8(): Uint8Array;
  getCustomMetadata_asU8(): Uint8Array;
}

/** Revision and position as answered; an append of no events has neither on a stream that does not exist, and never a position. */
export interface Appended {
  readonly revision: number | undefined;
  readonly position: number | undefined;
}

/** An append that is being received. */
export class Draft {
  private readonly events: NewEvent[] = [];
  private size = 0;

  constructor(readonly stream: string, readonly expected: ExpectedRevision) {}

  /** As EventStoreDB counts what an append takes on disk. */
  get bytes(): number {
    return this.size;
  }

  /** @throws RpcError a required property is missing; InvalidAppend the id is none, the type is empty; AppendTooLarge */
  add(message: ProposedMessage): void {
    const properties = message.getMetadataMap();
    const type = properties.get('type');
    if (type === undefined) throw metadataMissing('type');
    if (!properties.has('content-type')) throw metadataMissing('content-type');
    const id = uuidOf(message.getId());
    if (id === undefined) throw new InvalidAppend(`the event's id is not a UUID`);
    if (type === '') throw new InvalidAppend('Empty eventType provided.');
    const data = message.getData_asU8();
    const metadata = message.getCustomMetadata_asU8();
    this.size += data.length + metadata.length + 2 * type.length;
    if (this.size > APPEND_BYTES_MAX) throw new AppendTooLarge(`more than ${APPEND_BYTES_MAX} bytes in one append`);
    this.events.push({ id, type, data, metadata });
  }

  async appendTo(log: EventLog): Promise<Appended> {
    return this.events.length > 0 ? log.append(this.stream, this.expected, this.events) : this.appendNothing(log);
  }

  /** EventStoreDB takes an append of no events: it checks the revision and writes nothing. */
  private async appendNothing(log: EventLog): Promise<Appended> {
    const { events: [last] } = await log.readStream(this.stream, { direction: 'backwards', limit: 1 });
    const expected = this.expected === 'no_stream' ? -1 : this.expected;
    if (expected > (last?.revision ?? -1)) throw new WrongExpectedRevision(this.stream, this.expected, last?.revision ?? 'no_stream');
    return { revision: expected < 0 ? undefined : expected, position: undefined };
  }
}

/** A revision of the wire, an unsigned 64-bit number; those beyond all that can be are one that never is. */
export const revisionOf = (text: string): number => {
  const revision = Number(text);
  return Number.isSafeInteger(revision) ? revision : Number.MAX_SAFE_INTEGER;
};

export const nameOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** The port appends at exact revisions only; what asks for less would be promised what the log does not keep. */
export const NOT_EXACT = 'This server appends at an exact revision or at no_stream only: any and stream_exists are not served.';
