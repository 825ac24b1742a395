import grpc from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import gossipServices from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import streamsServices from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendReq, BatchAppendResp, ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ExpectedRevision, NewEvent, RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { clusterOf } from '../../src/platform/event-log/grpc/gossip.js';
import { readEventOf } from '../../src/platform/event-log/grpc/recorded-event.js';
import { uuidOf } from '../../src/platform/event-log/grpc/uuids.js';
import { SystemClock } from '../../src/platform/system/system.js';
import { refusalOf, replyTo } from './answers.js';
import { MemoryStore, type Outcome } from './memory-store.js';

type AppendCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;
type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

/** How a call ends that does not end well. */
export interface CallError {
  readonly code: grpc.status;
  readonly details: string;
  readonly trailers?: Readonly<Record<string, string>>;
}
const failed = ({ code, details, trailers = {} }: CallError): Error => {
  const metadata = new grpc.Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(new Error(details), { code, details, metadata });
};
const nameOf = (identifier: InstanceType<typeof shared.StreamIdentifier> | undefined): string => Buffer.from(identifier?.getStreamName_asU8() ?? '').toString();

/** One append as it came in, and everything that a server may do about it, in any order and as often as it likes. */
export class ReceivedAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
  /** The message as it was on the wire, without its correlation id, which is another one each time. */
  readonly bytes: string;

  constructor(private readonly request: BatchAppendReq, private readonly call: AppendCall, private readonly store: MemoryStore) {
    const options = request.getOptions()!;
    this.stream = nameOf(options.getStreamIdentifier());
    this.expected = options.hasStreamPosition() ? Number(options.getStreamPosition()) : 'no_stream';
    this.events = request.getProposedMessagesList().map((message) => ({
      id: uuidOf(message.getId())!, type: message.getMetadataMap().get('type')!, data: message.getData_asU8(), metadata: message.getCustomMetadata_asU8(),
    }));
    const copy = request.cloneMessage();
    copy.clearCorrelationId();
    this.bytes = Buffer.from(copy.serializeBinary()).toString('base64');
  }

  /** Writes it, or not, as an honest server would. */
  write(): Outcome {
    return this.store.append(this.stream, this.expected, this.events);
  }
  reply(response: BatchAppendResp, correlation = this.request.getCorrelationId()): void {
    if (!this.call.cancelled) this.call.write(response.setCorrelationId(correlation).setStreamIdentifier(this.request.getOptions()!.getStreamIdentifier()));
  }
  /** Honest. */
  serve(): void {
    this.reply(replyTo(this.write()));
  }
  refuse(status: Status): void {
    this.reply(refusalOf(status));
  }
  /** Ends the call, and with it every append that is under way on it. */
  breakCall(error: CallError): void {
    this.call.emit('error', failed(error));
  }
  endCall(): void {
    this.call.end();
  }
}

/** A read of a stream or of all as it came in. */
export class ReceivedRead {
  readonly options: ReadReq.Options;
  /** Undefined for all. */
  readonly stream: string | undefined;
  readonly isBackwards: boolean;
  readonly count: number;

  constructor(private readonly call: ReadCall, private readonly server: ScriptedServer) {
    this.options = call.request.getOptions()!;
    this.stream = this.options.hasStream() ? nameOf(this.options.getStream()!.getStreamIdentifier()) : undefined;
    this.isBackwards = this.options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
    this.count = Number(this.options.getCount());
  }

  /** Honest, unless it breaks after some of the events. */
  serve({ atMost = Infinity, error }: { readonly atMost?: number; readonly error?: CallError } = {}): void {
    this.begin();
    const found = this.stream === undefined ? this.ofAll() : this.ofStream(this.stream);
    if (!found) this.call.write(notFound(this.options));
    for (const event of (found ?? []).slice(0, Math.min(this.count, atMost))) this.call.write(this.server.shown(event, this.stream === undefined));
    if (error) this.fail(error);
    else this.call.end();
  }
  fail(error: CallError): void {
    this.call.emit('error', failed(error));
  }

  private begin(): void {
    const headers = new grpc.Metadata();
    if (this.server.date !== undefined) headers.set('date', this.server.date);
    this.call.sendMetadata(headers);
  }

  private ofAll(): RecordedEvent[] {
    const all = this.options.getAll()!;
    const { all: events } = this.server.store;
    const from = Number(all.getPosition()?.getCommitPosition() ?? (this.isBackwards ? Infinity : 0));
    return this.isBackwards ? events.filter(({ position }) => position < from).reverse() : events.filter(({ position }) => position >= from);
  }

  private ofStream(name: string): RecordedEvent[] | undefined {
    const place = this.options.getStream()!;
    const events = this.server.store.stream(name);
    const from = place.hasRevision() ? Number(place.getRevision()) : this.isBackwards ? Infinity : 0;
    return this.isBackwards ? events?.filter(({ revision }) => revision <= from).reverse() : events?.filter(({ revision }) => revision >= from);
  }
}

const notFound = (options: ReadReq.Options): ReadResp => {
  const missing = new streams.ReadResp.StreamNotFound().setStreamIdentifier(options.getStream()!.getStreamIdentifier());
  return new streams.ReadResp().setStreamNotFound(missing);
};

/** A subscription to all as it came in. */
export class Subscription {
  /** Nothing is delivered any more, and nobody is told. */
  isMute = false;
  /** Positions that were delivered. */
  readonly delivered: number[] = [];
  private readonly filter: RegExp;
  private last = -1;
  private stopWatching = (): void => undefined;

  constructor(private readonly call: ReadCall, private readonly server: ScriptedServer) {
    this.filter = new RegExp(call.request.getOptions()!.getFilter()!.getEventType()!.getRegex());
    call.on('cancelled', () => this.over());
  }

  /** The position that it asks to begin after; undefined for the very start. */
  get start(): number | undefined {
    const position = this.call.request.getOptions()!.getAll()!.getPosition();
    return position && Number(position.getCommitPosition());
  }

  /**
   * As EventStoreDB: it reads one event at the start position, takes it for the one that is known, and goes on behind it. When
   * that event is gone it is the next one, which is left out in silence.
   */
  serve(): void {
    const { start } = this;
    if (start !== undefined) this.last = this.server.store.all.find(({ position }) => position >= start)?.position ?? start;
    this.server.subscriptions.add(this);
    this.call.write(new streams.ReadResp().setConfirmation(new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId('scripted')));
    this.deliver();
    this.stopWatching = this.server.store.watch(() => this.deliver());
  }
  fail(error: CallError): void {
    this.over();
    this.call.emit('error', failed(error));
  }
  end(): void {
    this.over();
    this.call.end();
  }
  /** Once more, as a server in disorder would. */
  repeat(event: RecordedEvent): void {
    this.call.write(this.server.shown(event, true));
  }

  private deliver(): void {
    const { all } = this.server.store;
    if (this.isMute) return;
    for (const event of all.slice(all.findLastIndex(({ position }) => position <= this.last) + 1)) {
      this.last = event.position;
      if (!this.filter.test(event.type)) continue;
      this.delivered.push(event.position);
      this.call.write(this.server.shown(event, true));
    }
  }
  private over(): void {
    this.stopWatching();
    this.server.subscriptions.delete(this);
  }
}

export const TOO_SLOW: CallError = {
  code: grpc.status.ABORTED, details: 'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.',
};
/** What old servers put for positions that they do not look up. */
const INSTANCE = '0f1e2d3c-4b5a-4968-8776-655443322110';
const NO_POSITION = '18446744073709551615';

/** An EventStoreDB that does as it is told: honest by itself, and for each call whatever a test wants. */
export class ScriptedServer {
  static async start(store = new MemoryStore(), port = 0): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(store);
    await scripted.listen(port);
    return scripted;
  }

  /** What happens to the next appends, one each. */
  readonly script: ((append: ReceivedAppend) => void)[] = [];
  /** To those after them. */
  onAppend: (append: ReceivedAppend) => void = (append) => append.serve();
  onRead: (read: ReceivedRead) => void = (read) => read.serve();
  onSubscribe: (subscription: Subscription) => void = (subscription) => subscription.serve();
  /** Whether it tells who is in the cluster, which is it alone. */
  onGossip: (answer: () => void, fail: (error: CallError) => void) => void = (answer) => answer();
  /** The header of answers to reads; a web server puts its own when it is undefined. */
  date: string | undefined;
  /** Reads of a stream do not tell where in the log its events are. */
  hidesPositions = false;
  readonly appends: ReceivedAppend[] = [];
  readonly subscriptions = new Set<Subscription>();
  /** Calls of the protocol that were begun for appends. */
  appendCalls = 0;
  port = 0;
  private readonly server = new grpc.Server();

  private constructor(readonly store: MemoryStore) {
    this.server.addService(streamsServices.StreamsService, {
      batchAppend: (call: AppendCall) => this.serveAppends(call),
      read: (call: ReadCall) => {
        if (call.request.getOptions()!.hasSubscription()) this.onSubscribe(new Subscription(call, this));
        else this.onRead(new ReceivedRead(call, this));
      },
    });
    this.server.addService(gossipServices.GossipService, {
      read: (_call: grpc.ServerUnaryCall<InstanceType<typeof shared.Empty>, ClusterInfo>, callback: grpc.sendUnaryData<ClusterInfo>) => this.serveGossip(callback),
    });
  }

  private serveGossip(callback: grpc.sendUnaryData<ClusterInfo>): void {
    const nowMs = new SystemClock().now();
    const answer = (): void => callback(null, clusterOf({ instanceId: INSTANCE, host: '127.0.0.1', port: this.port, nowMs }));
    this.onGossip(answer, (error) => callback(failed(error)));
  }

  get url(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  /** What came in for one stream, in order. */
  appendsTo(stream: string): ReceivedAppend[] {
    return this.appends.filter((append) => append.stream === stream);
  }

  shown(event: RecordedEvent, hasPosition: boolean): ReadResp {
    const message = readEventOf(event, false);
    if (this.hidesPositions && !hasPosition) message.getEvent()!.getEvent()!.setCommitPosition(NO_POSITION).setPreparePosition(NO_POSITION);
    return message;
  }

  /** Every connection is cut, and nobody answers any more. */
  stop(): void {
    this.server.forceShutdown();
    this.subscriptions.clear();
  }

  private serveAppends(call: AppendCall): void {
    this.appendCalls += 1;
    call.on('error', () => undefined);
    call.on('data', (request: BatchAppendReq) => {
      const append = new ReceivedAppend(request, call, this.store);
      this.appends.push(append);
      (this.script.shift() ?? this.onAppend)(append);
    });
    call.on('end', () => call.end());
  }

  private async listen(port: number): Promise<void> {
    this.port = await new Promise((resolve, reject) => {
      this.server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
    });
  }
}
