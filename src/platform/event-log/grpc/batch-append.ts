import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ExpectedRevision } from '../event-log.js';
import type { Served } from './calls.js';
import type { Deadline } from './deadlines.js';
import { Draft, NOT_EXACT, nameOf, revisionOf, type Appended } from './draft.js';
import { APPENDS_BYTES_MAX, OPEN_APPENDS_MAX, WRITE_TIMEOUT_MS } from './limits.js';
import { asRpcError, exhausted, thrown } from './rpc-errors.js';
import { accessDeniedStatus, badRequestStatus, notReadyStatus, statusOf, timeoutStatus, unservedStatus } from './status-details.js';
import { structuredUuid, uuidOf } from './uuids.js';

type Options = BatchAppendReq.Options;

interface Append {
  readonly correlation: UUID;
  readonly draft: Draft;
  readonly deadline: Deadline;
  /** What of its bytes is accounted for. */
  bytes: number;
}

/** One call with many appends under way; each is answered when it is done, in whatever order that is. */
export class BatchAppend {
  /** Appends of which the last fragment is still to come. */
  private readonly open = new Map<string, Append>();
  private underWay = 0;
  private bytes = 0;
  private hasEnded = false;

  constructor(private readonly served: Served, private readonly call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>) {
    call.on('data', (request: BatchAppendReq) => {
      try {
        this.receive(request);
      } catch (error) {
        this.served.calls.fail(call, asRpcError(error));
      }
    });
    call.on('end', () => {
      this.hasEnded = true;
      this.endWhenDone();
    });
    served.calls.add(call, (error) => call.emit('error', error)).addEventListener('abort', () => this.forgetOpen(), { once: true });
  }

  private receive(request: BatchAppendReq): void {
    const correlation = request.getCorrelationId();
    const key = uuidOf(correlation);
    if (!correlation || key === undefined) throw thrown('A batch append needs a correlation id.');
    const options = request.getOptions();
    const append = this.open.get(key) ?? (options && this.begin(key, correlation, options));
    if (!append) return; // answered already
    try {
      for (const message of request.getProposedMessagesList()) append.draft.add(message);
    } catch (error) {
      this.abandon(key, append);
      this.refuse(correlation, append.draft.stream, statusOf(error));
      return;
    }
    this.account(append);
    if (request.getIsFinal()) this.write(key, append);
  }

  /** Undefined when the append was refused at once. */
  private begin(key: string, correlation: UUID, options: Options): Append | undefined {
    const stream = nameOf(options.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array());
    const timeoutMs = this.timeoutOf(options);
    const refusal = this.refusalOf(options, timeoutMs);
    const expected = expectedOf(options);
    if (refusal || expected === undefined) {
      this.refuse(correlation, stream, refusal ?? unservedStatus(NOT_EXACT));
      return undefined;
    }
    if (this.open.size >= OPEN_APPENDS_MAX) throw exhausted(`More than ${OPEN_APPENDS_MAX} unfinished appends in one call.`);
    const deadline = this.served.deadlines.add(timeoutMs, () => {
      this.abandon(key, append);
      this.refuse(structuredUuid(key), stream, timeoutStatus()); // in this form, whichever it came in: so does EventStoreDB
    });
    const append: Append = { correlation, draft: new Draft(stream, expected), deadline, bytes: 0 };
    this.open.set(key, append);
    return append;
  }

  private refusalOf(options: Options, timeoutMs: number): Status | undefined {
    if (!this.served.gate.mayWrite(this.call.metadata)) return accessDeniedStatus();
    if (!options.hasStreamIdentifier()) return badRequestStatus('Required field StreamIdentifier not set.');
    return timeoutMs > 0 ? undefined : timeoutStatus();
  }

  /** The deadline travels as absolute time: a client whose clock is behind by more than it gave itself times out at once. */
  private timeoutOf(options: Options): number {
    const deadline = options.getDeadline();
    if (!deadline) return WRITE_TIMEOUT_MS;
    return Math.min(WRITE_TIMEOUT_MS, deadline.getSeconds() * 1_000 + deadline.getNanos() / 1e6 - this.served.clock.now());
  }

  private write(key: string, append: Append): void {
    const { gate, deadlines, log } = this.served;
    const { correlation, draft: { stream }, deadline } = append;
    this.open.delete(key);
    deadlines.remove(deadline);
    gate.checkLeader(this.call.metadata);
    if (!gate.isReady) {
      this.release(append);
      this.refuse(correlation, stream, notReadyStatus());
      return;
    }
    this.underWay += 1;
    const timeout = deadlines.add(WRITE_TIMEOUT_MS, () => this.refuse(correlation, stream, timeoutStatus()));
    const settle = (respond: () => void): void => {
      const isInTime = deadlines.remove(timeout);
      this.underWay -= 1;
      this.release(append);
      if (isInTime) respond();
      this.endWhenDone();
    };
    append.draft.appendTo(log).then(
      (appended) => settle(() => this.respond(correlation, stream, new streams.BatchAppendResp().setSuccess(successOf(appended)))),
      (error: unknown) => settle(() => this.refuse(correlation, stream, statusOf(error))),
    );
  }

  private refuse(correlation: UUID, stream: string, status: Status): void {
    this.respond(correlation, stream, new streams.BatchAppendResp().setError(status));
  }

  /** The stream's name goes with every answer: the client throws without it. */
  private respond(correlation: UUID, stream: string, response: BatchAppendResp): void {
    if (!this.served.calls.has(this.call)) return;
    this.call.write(response.setCorrelationId(correlation).setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream))));
  }

  private account(append: Append): void {
    this.bytes += append.draft.bytes - append.bytes;
    append.bytes = append.draft.bytes;
    if (this.bytes > APPENDS_BYTES_MAX) this.call.pause();
  }

  private release(append: Append): void {
    this.bytes -= append.bytes;
    if (this.bytes <= APPENDS_BYTES_MAX && this.call.isPaused()) this.call.resume();
  }

  private abandon(key: string, append: Append): void {
    this.open.delete(key);
    this.served.deadlines.remove(append.deadline);
    this.release(append);
  }

  private forgetOpen(): void {
    for (const [key, append] of this.open) this.abandon(key, append);
  }

  private endWhenDone(): void {
    if (!this.hasEnded || this.underWay > 0 || !this.served.calls.has(this.call)) return;
    this.served.calls.done(this.call);
    this.call.end();
  }
}

/** Undefined for what the port has not: any, stream_exists, or nothing. */
const expectedOf = (options: Options): ExpectedRevision | undefined => {
  if (options.hasStreamPosition()) return revisionOf(options.getStreamPosition());
  return options.hasNoStream() ? 'no_stream' : undefined;
};

const successOf = ({ revision, position }: Appended): BatchAppendResp.Success => {
  const success = new streams.BatchAppendResp.Success();
  if (revision === undefined) success.setNoStream(new emptyPb.Empty());
  else success.setCurrentRevision(String(revision));
  if (position === undefined) return success.setNoPosition(new emptyPb.Empty());
  const text = String(position);
  return success.setPosition(new shared.AllStreamPosition().setCommitPosition(text).setPreparePosition(text));
};
