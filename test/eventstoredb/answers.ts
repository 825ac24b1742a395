import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import codePb from '@eventstore/db-client/generated/code_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Code } from '@eventstore/db-client/generated/code_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ExpectedRevision } from '../../src/platform/event-log/event-log.js';
import type { Outcome } from './memory-store.js';

interface Packable {
  serializeBinary(): Uint8Array;
}

/** What EventStoreDB can say instead of success, as its own source packs it. */
const errorOf = (code: Code, message: string, detail: Packable, typeName: string): Status => {
  const details = new anyPb.Any();
  details.pack(detail.serializeBinary(), typeName);
  return new statusPb.Status().setCode(code).setMessage(message).setDetails(details);
};
const named = (code: Code, name: string, detail: Packable): Status => errorOf(code, name, detail, `event_store.client.${name}`);
const bare = (message: string): Status => errorOf(codePb.Code.OK, message, new emptyPb.Empty(), 'google.protobuf.Empty');

export const timeout = (): Status => named(codePb.Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());
export const unknown = (): Status => named(codePb.Code.UNKNOWN, 'Unknown', new shared.Unknown());
export const notReady = (): Status => bare('Server Is Not Ready');
export const busy = (): Status => bare('Server Is Busy');
export const noLeaderInfo = (): Status => bare('No leader info available in response');
export const accessDenied = (): Status => named(codePb.Code.PERMISSION_DENIED, 'AccessDenied', new shared.AccessDenied());
export const streamDeleted = (): Status => named(codePb.Code.NOT_FOUND, 'StreamDeleted', new shared.StreamDeleted());
export const tooLarge = (): Status => named(codePb.Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', new shared.MaximumAppendSizeExceeded().setMaxappendsize(1_048_576));
export const badRequest = (message: string): Status => named(codePb.Code.INVALID_ARGUMENT, 'BadRequest', new shared.BadRequest().setMessage(message));
export const conflict = (actual: ExpectedRevision): Status => {
  const detail = new shared.WrongExpectedVersion();
  if (actual === 'no_stream') detail.setCurrentNoStream(new emptyPb.Empty());
  else detail.setCurrentStreamRevision(String(actual));
  return named(codePb.Code.ALREADY_EXISTS, 'WrongExpectedVersion', detail);
};
/** The right name around bytes that are no message. */
export const garbled = (): Status => {
  const details = new anyPb.Any();
  details.pack(Uint8Array.of(0x0a, 0xff, 0xff), 'event_store.client.WrongExpectedVersion');
  return new statusPb.Status().setCode(codePb.Code.ALREADY_EXISTS).setMessage('WrongExpectedVersion').setDetails(details);
};

export const successOf = (revision: number, position: number | undefined): BatchAppendResp => {
  const success = new streams.BatchAppendResp.Success().setCurrentRevision(String(revision));
  if (position === undefined) success.setNoPosition(new emptyPb.Empty());
  else success.setPosition(new shared.AllStreamPosition().setCommitPosition(String(position)).setPreparePosition(String(position)));
  return new streams.BatchAppendResp().setSuccess(success);
};
export const refusalOf = (status: Status): BatchAppendResp => new streams.BatchAppendResp().setError(status);
export const replyTo = (outcome: Outcome): BatchAppendResp => (
  outcome.kind === 'appended' ? successOf(outcome.revision, outcome.position) : refusalOf(conflict(outcome.actual))
);
