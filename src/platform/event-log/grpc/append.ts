import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { AppendReq, AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { AppendTooLarge, WrongExpectedRevision, type ExpectedRevision } from '../event-log.js';
import type { Served } from './calls.js';
import { Draft, NOT_EXACT, nameOf, revisionOf, type Appended } from './draft.js';
import { WRITE_TIMEOUT_MS } from './limits.js';
import { appendTooLarge, asRpcError, thrown, timedOut, unimplemented } from './rpc-errors.js';

type AppendCall = ServerReadableStream<AppendReq, AppendResp>;

/** One append in one call: what to append to, then a message for each event. */
export const serveAppend = (served: Served) => (call: AppendCall, callback: sendUnaryData<AppendResp>): void => {
  let draft: Draft | undefined;
  const fail = (error: unknown): void => served.calls.fail(call, error instanceof AppendTooLarge ? appendTooLarge() : asRpcError(error));
  call.on('data', (request: AppendReq) => {
    if (!served.calls.has(call)) return;
    try {
      if (draft) draft.add(proposed(request));
      else draft = begin(served, call, request);
    } catch (error) {
      fail(error);
    }
  });
  call.on('end', () => {
    if (!served.calls.has(call)) return;
    if (!draft) return fail(thrown('An append begins with its options.'));
    const timeout = served.deadlines.add(WRITE_TIMEOUT_MS, () => fail(timedOut('Commit Timeout')));
    const { expected } = draft;
    draft.appendTo(served.log).then(successOf, (error: unknown) => conflictOf(expected, error)).then((response) => {
      if (!served.deadlines.remove(timeout) || !served.calls.has(call)) return;
      served.calls.done(call);
      callback(null, response);
    }).catch((error: unknown) => {
      if (served.deadlines.remove(timeout)) fail(error);
    });
  });
  served.calls.add(call, (error) => {
    call.resume(); // what else is sent is read and dropped, so that the client gets to see the answer
    callback(error);
  });
};

const begin = ({ gate }: Served, call: AppendCall, request: AppendReq): Draft => {
  const options = request.getOptions();
  if (!options) throw thrown('An append begins with its options.');
  gate.admitWriter(call.metadata);
  const expected = expectedOf(options);
  if (expected === undefined) throw unimplemented(NOT_EXACT);
  return new Draft(nameOf(options.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array()), expected);
};

const expectedOf = (options: AppendReq.Options): ExpectedRevision | undefined => {
  if (options.hasRevision()) return revisionOf(options.getRevision());
  return options.hasNoStream() ? 'no_stream' : undefined;
};

const proposed = (request: AppendReq): AppendReq.ProposedMessage => {
  const message = request.getProposedMessage();
  if (!message) throw thrown('After its options an append has events only.');
  return message;
};

const successOf = ({ revision, position }: Appended): AppendResp => {
  const success = new streams.AppendResp.Success();
  if (revision === undefined) success.setNoStream(new shared.Empty());
  else success.setCurrentRevision(String(revision));
  if (position === undefined) success.setNoPosition(new shared.Empty());
  else success.setPosition(new streams.AppendResp.Position().setCommitPosition(String(position)).setPreparePosition(String(position)));
  return new streams.AppendResp().setSuccess(success);
};

/** A conflict is an answer, not an error. */
const conflictOf = (expected: ExpectedRevision, error: unknown): AppendResp => {
  if (!(error instanceof WrongExpectedRevision)) throw error;
  const conflict = new streams.AppendResp.WrongExpectedVersion();
  if (error.actual === 'no_stream') conflict.setCurrentNoStream(new shared.Empty());
  else conflict.setCurrentRevision(String(error.actual));
  if (expected === 'no_stream') conflict.setExpectedNoStream(new shared.Empty());
  else conflict.setExpectedRevision(String(expected));
  return new streams.AppendResp().setWrongExpectedVersion(conflict);
};
