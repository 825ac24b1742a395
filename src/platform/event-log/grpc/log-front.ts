import grpc from '@grpc/grpc-js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import gossipServices from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import featuresServices from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streamsServices from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Clock, Timers } from '../../../kernel/clock.js';
import type { Ids } from '../../../kernel/ids.js';
import type { EventLog } from '../event-log.js';
import { serveAppend } from './append.js';
import { BatchAppend } from './batch-append.js';
import { Calls, type Served } from './calls.js';
import { Deadlines } from './deadlines.js';
import { Gate } from './gate.js';
import { clusterOf } from './gossip.js';
import { CONNECTION_CALLS_MAX, GOODBYE_MS, KEEPALIVE_MS, KEEPALIVE_TIMEOUT_MS, RECEIVE_BYTES_MAX } from './limits.js';
import { serveRead } from './read.js';
import { asRpcError } from './rpc-errors.js';
import { supportedMethods } from './supported-methods.js';

export interface FrontOptions {
  readonly log: EventLog;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Appends are refused without it. */
  readonly writable: boolean;
  /** PEM. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  readonly credentials?: { readonly user: string; readonly password: string };
  readonly clock: Clock;
  readonly ids: Ids;
  readonly timers: Timers;
  /** Where the leader is, when this node is none; for tests of clients. */
  readonly notLeader?: () => { readonly host: string; readonly port: number } | undefined;
  readonly isReady?: () => boolean;
}

/** The front refuses to listen where it would show the ledger to whoever asks. */
export class UnsafeListener extends Error {
  override readonly name = 'UnsafeListener';
}

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/i;

/** A log, served over EventStoreDB's own protocol (docs/decisions/0013-serve-the-log-over-eventstoredbs-protocol.md). */
export class LogFront {
  /** @throws UnsafeListener not on loopback, without TLS and credentials; Error the address is in use, or none of ours */
  static async listen(options: FrontOptions): Promise<LogFront> {
    const { host, tls, credentials, clock, timers } = options;
    if (!LOOPBACK.test(host) && !(tls && credentials)) {
      throw new UnsafeListener(`The log is not served on ${host} without TLS and credentials: whoever reaches that address could read every event. Use 127.0.0.1, or give both.`);
    }
    const server = new grpc.Server({
      'grpc.max_receive_message_length': RECEIVE_BYTES_MAX,
      'grpc.max_concurrent_streams': CONNECTION_CALLS_MAX,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    });
    const calls = new Calls();
    const served = { log: options.log, gate: new Gate(options), clock, ids: options.ids, deadlines: new Deadlines(clock, timers), calls };
    const front = new LogFront(options, server, calls);
    front.serve(served);
    front.boundTo = await bind(server, host, options.port, tls);
    return front;
  }

  private boundTo = 0;
  private closed: Promise<void> | undefined;
  private readonly instanceId = this.options.ids.uuid();

  private constructor(private readonly options: FrontOptions, private readonly server: grpc.Server, private readonly calls: Calls) {}

  get port(): number {
    return this.boundTo;
  }

  /** What a client connects with, but for its credentials. */
  get url(): string {
    return `esdb://${authorityOf(this.options.host, this.boundTo)}${this.options.tls ? '' : '?tls=false'}`;
  }

  /** Ends every subscription with UNAVAILABLE and stops listening. The log stays open. */
  close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private async shutDown(): Promise<void> {
    this.calls.close();
    const isShut = new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    const patience = new AbortController();
    await Promise.race([isShut, this.options.timers.sleep(GOODBYE_MS, patience.signal).catch(() => undefined)]);
    patience.abort();
    this.server.forceShutdown();
  }

  private serve(served: Served): void {
    const { host, clock } = this.options;
    this.server.addService(streamsServices.StreamsService, {
      read: serveRead(served),
      append: serveAppend(served),
      batchAppend: (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>) => serveBatchAppend(served, call),
    });
    this.server.addService(featuresServices.ServerFeaturesService, {
      getSupportedMethods: (_call: grpc.ServerUnaryCall<Empty, SupportedMethods>, callback: grpc.sendUnaryData<SupportedMethods>) => callback(null, supportedMethods()),
    });
    this.server.addService(gossipServices.GossipService, {
      read: (_call: grpc.ServerUnaryCall<Empty, ClusterInfo>, callback: grpc.sendUnaryData<ClusterInfo>) => (
        callback(null, clusterOf({ instanceId: this.instanceId, host, port: this.boundTo, nowMs: clock.now() }))
      ),
    });
  }
}

const serveBatchAppend = (served: Served, call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void => {
  try {
    served.gate.isKnown(call.metadata); // wrong credentials end the call; without any, or without leave to write, each append is answered so
    new BatchAppend(served, call);
  } catch (error) {
    call.emit('error', asRpcError(error));
  }
};

const authorityOf = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

const bind = (server: grpc.Server, host: string, port: number, tls: FrontOptions['tls']): Promise<number> => {
  const credentials = tls
    ? grpc.ServerCredentials.createSsl(null, [{ cert_chain: tls.cert, private_key: tls.key }])
    : grpc.ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => server.bindAsync(authorityOf(host, port), credentials, (error, bound) => (error ? reject(error) : resolve(bound))));
};
