import grpc from '@grpc/grpc-js';
import type { Metadata } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { Clock } from '../../../kernel/clock.js';
import type { EventLog } from '../event-log.js';
import type { Served } from './calls.js';
import { nameOf, revisionOf } from './draft.js';
import { EventFilter } from './event-filter.js';
import { SEARCH_WINDOW } from './limits.js';
import { afterOf, fromOfAll, fromOfStream } from './positions.js';
import { pagesOfAll, pagesOfStream, type Direction } from './read-pages.js';
import { Reader, type ReadCall } from './reader.js';
import { asRpcError, thrown } from './rpc-errors.js';
import { followAll } from './subscribe-all.js';
import { followStream } from './subscribe-stream.js';

/** Reads and subscriptions, of `$all` and of streams: all of them are the same call. */
export const serveRead = (served: Served) => (call: ReadCall): void => {
  const { calls, gate, clock } = served;
  const end = (error: Error): unknown => call.emit('error', error);
  const serve = async (): Promise<void> => {
    gate.admitReader(call.metadata);
    call.sendMetadata(dated(clock));
    const options = call.request.getOptions();
    if (!options) throw thrown('A read has options.');
    const reader = new Reader(call, { signal: calls.addReader(call, end), hasStructuredIds: options.getUuidOption()?.hasString() !== true, clock });
    if (options.hasSubscription()) await subscribe(served, options, reader);
    else await read(served.log, options, reader);
    if (!calls.has(call)) return;
    calls.done(call);
    call.end();
  };
  serve().catch((error: unknown) => {
    const rpcError = asRpcError(error);
    if (calls.has(call)) calls.fail(call, rpcError);
    else if (!call.cancelled) end(rpcError);
  });
};

/** Clients compare their clock with ours. */
const dated = (clock: Clock): Metadata => {
  const headers = new grpc.Metadata();
  headers.set('date', new Date(clock.now()).toUTCString());
  return headers;
};

const read = async (log: EventLog, options: ReadReq.Options, reader: Reader): Promise<void> => {
  const count = revisionOf(options.getCount());
  if (!options.hasCount() || count < 1) throw thrown('A read has a count of at least 1.');
  const direction: Direction = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS ? 'backwards' : 'forwards';
  const all = options.getAll();
  if (all) await readAll(log, { direction, from: fromOfAll(all), count, filter: filterOf(options) }, reader);
  else await readStream(log, { ...streamOf(options), direction, count }, reader);
};

const readAll = async (log: EventLog, request: Parameters<typeof pagesOfAll>[1], reader: Reader): Promise<void> => {
  for await (const events of pagesOfAll(log, request)) {
    for (const event of events) reader.event(event);
    await reader.drained();
    if (reader.signal.aborted) return;
  }
};

interface StreamRequest {
  readonly stream: string;
  readonly from: number | 'start' | 'end';
  readonly direction: Direction;
  readonly count: number;
}

const readStream = async (log: EventLog, { stream, from, direction, count }: StreamRequest, reader: Reader): Promise<void> => {
  for await (const events of pagesOfStream(log, { stream, direction, from: firstOf(from, direction), count })) {
    if (!events) reader.message(notFound(stream));
    else for (const event of events) reader.event(event);
    await reader.drained();
    if (reader.signal.aborted) return;
  }
};

const firstOf = (from: number | 'start' | 'end', direction: Direction): number | undefined => {
  if (from === 'start') return 0;
  if (from === 'end') return direction === 'forwards' ? Number.MAX_SAFE_INTEGER : undefined;
  return from;
};

const notFound = (stream: string): InstanceType<typeof streams.ReadResp> => {
  const identifier = new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
  return new streams.ReadResp().setStreamNotFound(new streams.ReadResp.StreamNotFound().setStreamIdentifier(identifier));
};

const subscribe = async (served: Served, options: ReadReq.Options, reader: Reader): Promise<void> => {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(served.ids.uuid());
  const confirm = (): void => reader.message(new streams.ReadResp().setConfirmation(confirmation));
  const all = options.getAll();
  if (!all) {
    confirm();
    await followStream(served.log, streamOf(options), reader);
    return;
  }
  const filter = filterOf(options);
  const after = await afterOf(served.log, fromOfAll(all));
  confirm();
  await followAll(served.log, { after, filter, checkpointEvery: checkpointEveryOf(options) }, reader);
};

const streamOf = (options: ReadReq.Options): { stream: string; from: number | 'start' | 'end' } => {
  const stream = options.getStream();
  if (!stream) throw thrown('A read names a stream or $all.');
  return { stream: nameOf(stream.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array()), from: fromOfStream(stream) };
};

const filterOf = (options: ReadReq.Options): EventFilter | undefined => {
  const filter = options.getFilter();
  return filter && EventFilter.of(filter);
};

const checkpointEveryOf = (options: ReadReq.Options): number => {
  const filter = options.getFilter();
  if (!filter) return Infinity;
  const multiplier = filter.getCheckpointintervalmultiplier();
  if (multiplier < 1) throw thrown('The checkpoint interval of a filter is at least 1.');
  return multiplier * (filter.hasMax() ? Math.max(1, filter.getMax()) : SEARCH_WINDOW);
};
