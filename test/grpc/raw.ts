import grpc from '@grpc/grpc-js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import streamsServices from '@eventstore/db-client/generated/streams_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { BatchAppendReq, BatchAppendResp, ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { NewEvent } from '../../src/platform/event-log/event-log.js';
import { uuidOf } from '../../src/platform/event-log/grpc/uuids.js';

/** More than the client sends at most, so that the server's limit is what is met. */
const SEND_BYTES_MAX = 64 * 1_048_576;

/** The bare protocol, for what the official client hides. */
export class RawStreams {
  readonly stub: InstanceType<typeof streamsServices.StreamsClient>;

  constructor(address: string, credentials: grpc.ChannelCredentials = grpc.credentials.createInsecure(), options: grpc.ClientOptions = {}) {
    this.stub = new streamsServices.StreamsClient(address, credentials, { 'grpc.max_send_message_length': SEND_BYTES_MAX, ...options });
  }

  close(): void {
    this.stub.close();
  }

  batch(headers: Readonly<Record<string, string>> = {}): RawBatch {
    return new RawBatch(this.stub.batchAppend(metadataOf(headers)));
  }

  read(options: ReadReq.Options, headers: Readonly<Record<string, string>> = {}): grpc.ClientReadableStream<ReadResp> {
    return this.stub.read(new streams.ReadReq().setOptions(options), metadataOf(headers));
  }

  /** Every message of a read. */
  async messages(options: ReadReq.Options): Promise<ReadResp[]> {
    const messages: ReadResp[] = [];
    for await (const message of this.read(options)) messages.push(message as ReadResp);
    return messages;
  }
}

export const metadataOf = (headers: Readonly<Record<string, string>>): grpc.Metadata => {
  const metadata = new grpc.Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  return metadata;
};

/** One call with many appends; answers come in any order. */
export class RawBatch {
  /** How the call ended: resolves with the error, or with undefined. */
  readonly ended: Promise<grpc.ServiceError | undefined>;
  private readonly answers = new Map<string, BatchAppendResp[]>();
  private readonly waiting = new Map<string, (answer: BatchAppendResp) => void>();

  constructor(readonly call: grpc.ClientDuplexStream<BatchAppendReq, BatchAppendResp>) {
    call.on('data', (answer: BatchAppendResp) => {
      const correlation = uuidOf(answer.getCorrelationId())!;
      this.answers.set(correlation, [...this.answersTo(correlation), answer]);
      this.waiting.get(correlation)?.(answer);
    });
    this.ended = new Promise((resolve) => {
      call.on('error', (error: grpc.ServiceError) => resolve(error));
      call.on('end', () => resolve(undefined));
    });
  }

  send(request: BatchAppendReq): void {
    this.call.write(request);
  }

  answersTo(correlation: string): readonly BatchAppendResp[] {
    return this.answers.get(correlation) ?? [];
  }

  answer(correlation: string): Promise<BatchAppendResp> {
    const [known] = this.answersTo(correlation);
    return known ? Promise.resolve(known) : new Promise((resolve) => this.waiting.set(correlation, resolve));
  }

  /** Sends and waits for the answer. */
  async ask(request: BatchAppendReq): Promise<BatchAppendResp> {
    this.send(request);
    return this.answer(request.getCorrelationId()!.getString());
  }
}

export const uuid = (id: string): InstanceType<typeof shared.UUID> => new shared.UUID().setString(id);
export const streamId = (name: string): InstanceType<typeof shared.StreamIdentifier> => new shared.StreamIdentifier().setStreamName(Buffer.from(name));

/** A fragment of an append. `stream` opens it; `expected` is a revision, or no_stream. */
export interface Fragment {
  readonly correlation: string;
  readonly stream?: string;
  readonly expected?: number | 'no_stream' | 'any' | 'stream_exists';
  readonly deadlineMs?: number;
  readonly events?: readonly NewEvent[];
  /** More of the append is to come. */
  readonly more?: boolean;
}

export const fragment = ({ correlation, stream, expected = 'no_stream', deadlineMs, events = [], more = false }: Fragment): BatchAppendReq => {
  const request = new streams.BatchAppendReq().setCorrelationId(uuid(correlation)).setIsFinal(!more).setProposedMessagesList(events.map(proposed));
  if (stream === undefined) return request;
  const options = new streams.BatchAppendReq.Options().setStreamIdentifier(streamId(stream));
  if (expected === 'no_stream') options.setNoStream(new emptyPb.Empty());
  else if (expected === 'any') options.setAny(new emptyPb.Empty());
  else if (expected === 'stream_exists') options.setStreamExists(new emptyPb.Empty());
  else options.setStreamPosition(String(expected));
  if (deadlineMs !== undefined) options.setDeadline(timestampPb.Timestamp.fromDate(new Date(deadlineMs)));
  return request.setOptions(options);
};

export const proposed = ({ id, type, data, metadata }: NewEvent): BatchAppendReq.ProposedMessage => {
  const message = new streams.BatchAppendReq.ProposedMessage().setId(uuid(id)).setData(data).setCustomMetadata(metadata);
  message.getMetadataMap().set('type', type).set('content-type', 'application/json');
  return message;
};

/** What an error of a batch is called, and its packed detail. */
export const errorOf = (answer: BatchAppendResp): { code: number; message: string; type: string } => {
  const error = answer.getError()!;
  return { code: error.getCode(), message: error.getMessage(), type: error.getDetails()!.getTypeName() };
};

/** `$all`, forwards from the start, all of it, ids as text: to be changed as a test needs. */
export const allOptions = (count = '18446744073709551615'): ReadReq.Options => (
  new streams.ReadReq.Options()
    .setAll(new streams.ReadReq.Options.AllOptions().setStart(new shared.Empty()))
    .setCount(count)
    .setNoFilter(new shared.Empty())
    .setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(new shared.Empty()))
);
