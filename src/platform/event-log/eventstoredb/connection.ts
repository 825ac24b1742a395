import { EventStoreDBClient } from '@eventstore/db-client';
import grpcStubs from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq, BatchAppendResp, ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { Metadata, type CallOptions, type ClientDuplexStream, type ClientReadableStream } from '@grpc/grpc-js';
import type { Clock, Timers } from '../../../kernel/clock.js';
import { LogUnavailable } from '../event-log.js';
import { checkConnectionString, unreadable } from './connection-string.js';
import { silence } from './failures.js';
import { Overdue } from './overdue.js';

/**
 * The part of the official client that we stand on: its connection strings, discovery, TLS, credentials, reconnects and
 * messages. It keeps them for its own calls, which we do without (docs/decisions/0015): they parse and print every event
 * anew, share one table of pending appends between all clients of a process, and have no deadline of their own.
 */
interface ClientInternals {
  getGRPCClient(client: unknown, name: string): Promise<StreamsClient>;
  handleError(client: StreamsClient, error: Error): Promise<void>;
  callArguments(options: { readonly requiresLeader: boolean }, callOptions: CallOptions): [Metadata, CallOptions];
}

export type AppendCall = ClientDuplexStream<BatchAppendReq, BatchAppendResp>;
export type ReadCall = ClientReadableStream<ReadResp>;

/** One call, and the channel that it runs on. */
export interface Running<Call> {
  readonly call: Call;
  /** The call is over: lets the client decide whether it needs another connection. */
  readonly failed: (error: Error) => void;
}

/** A read with a limit of time, unless it turns out to be one that lives on. */
export interface Reading extends Running<ReadCall> {
  readonly lives: () => void;
}

/** The library's deadlines are times of the wall clock, which may be set while we wait; ours are not. */
const NO_DEADLINE: CallOptions = { deadline: Infinity };
/** Without any answer for so long, while one was due, the connection is taken for dead and replaced. */
export const SILENCE_MAX_MS = 2_500;

/** The one connection of a process to the store, whichever node of it that is at the time. */
export class Connection {
  private readonly client: EventStoreDBClient;
  private readonly internals: ClientInternals;
  private readonly calls = new Map<StreamsClient, Set<{ cancel(): void }>>();
  private readonly overdue = new Overdue(this.clock, this.timers);
  /** Of the channel in use; asking for it each time would cost a timer each time. */
  private current: StreamsClient | undefined;
  private heardAt = -Infinity;
  private closed = false;

  /** @throws LogUnavailable for a connection string that cannot be read */
  constructor(url: string, private readonly clock: Clock, private readonly timers: Timers) {
    checkConnectionString(url);
    try {
      this.client = EventStoreDBClient.connectionString(url);
    } catch (thrown) {
      throw unreadable(thrown); // the client's own words may quote the string, and the password in it
    }
    this.internals = this.client as unknown as ClientInternals;
  }

  appends(): Promise<Running<AppendCall>> {
    return this.start((client, metadata, options) => client.batchAppend(metadata, options));
  }

  /** A read that is over after `withinMs` at the latest, unless it is said to live. */
  async read(request: ReadReq, withinMs: number): Promise<Reading> {
    const running = await this.start((client, metadata, options) => client.read(request, metadata, options));
    this.overdue.add(running.call, withinMs);
    return { ...running, lives: () => this.overdue.remove(running.call) };
  }

  /** Something came from the store: it is there. */
  heard(): void {
    this.heardAt = this.clock.monotonic();
  }

  /** Nothing has come since then, although something was due. */
  isSilentSince(monotonicMs: number): boolean {
    return this.heardAt < monotonicMs;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const calls of this.calls.values()) for (const call of calls) call.cancel();
    await this.client.dispose();
    const client = await this.grpcClient(CLOSING_MAX_MS).catch(() => undefined);
    client?.close();
  }

  private async start<Call extends ReadCall | AppendCall>(begin: (client: StreamsClient, metadata: Metadata, options: CallOptions) => Call): Promise<Running<Call>> {
    if (this.closed) throw new LogUnavailable('the event log is closed');
    const client = this.current ?? (this.current = await this.grpcClient(SILENCE_MAX_MS));
    // A follower may be behind: what we decide on must come from the leader (spec/ledger.md §4.2).
    const call = begin(client, ...this.internals.callArguments({ requiresLeader: true }, NO_DEADLINE));
    const calls = this.calls.get(client) ?? new Set();
    this.calls.set(client, calls.add(call));
    const forget = (): void => {
      this.overdue.remove(call);
      calls.delete(call);
      if (calls.size === 0) this.calls.delete(client);
    };
    call.on('end', forget).on('error', forget);
    return { call, failed: (error) => void this.failed(client, error) };
  }

  private async failed(client: StreamsClient, error: Error): Promise<void> {
    this.current = undefined; // the client may be about to take another channel
    try {
      await this.internals.handleError(client, error);
    } catch {
      // It waits for the next connection, which could not be made either: whoever calls next makes another, and hears of it.
    }
  }

  /** Gives the connection up that `call` ran on, and with it whatever else runs on it. */
  replace({ failed }: Running<unknown>): void {
    failed(silence('the event store has not answered in time', new Metadata()));
    for (const calls of this.calls.values()) for (const call of [...calls]) call.cancel();
  }

  /** The client of the current channel; discovery in a cluster that is away may take its time, a call may not. */
  private async grpcClient(withinMs: number): Promise<StreamsClient> {
    const isFound = new AbortController();
    const late = this.timers.sleep(withinMs, isFound.signal).then(() => {
      throw new LogUnavailable('no node of the event store was found in time');
    });
    late.catch(() => undefined); // when it comes second, nobody waits for it any more
    try {
      return await Promise.race([this.internals.getGRPCClient(grpcStubs.StreamsClient, 'horde-ledger'), late]);
    } finally {
      isFound.abort();
    }
  }
}

const CLOSING_MAX_MS = 1_000;
