import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import codePb from '@eventstore/db-client/generated/code_pb.js';
import type { Code } from '@eventstore/db-client/generated/code_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import { APPEND_BYTES_MAX, AppendTooLarge, InvalidAppend, LogUnavailable, OutcomeUnknown, WrongExpectedRevision } from '../event-log.js';
import { RpcError } from './rpc-errors.js';

interface Packable {
  serializeBinary(): Uint8Array;
}

/** A google.rpc.Status; clients choose their error by the name of what is packed. */
const statusWith = (code: Code, message: string, detail: Packable, typeName: string): Status => {
  const details = new anyPb.Any();
  details.pack(detail.serializeBinary(), typeName);
  return new statusPb.Status().setCode(code).setMessage(message).setDetails(details);
};
const named = (code: Code, name: string, detail: Packable): Status => statusWith(code, name, detail, `event_store.client.${name}`);
const EMPTY_TYPE = 'google.protobuf.Empty';

export const accessDeniedStatus = (): Status => named(codePb.Code.PERMISSION_DENIED, 'AccessDenied', new shared.AccessDenied());
export const timeoutStatus = (): Status => named(codePb.Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());
/** Without a code, as EventStoreDB sends it. */
export const notReadyStatus = (): Status => statusWith(codePb.Code.OK, 'Server Is Not Ready', new emptyPb.Empty(), EMPTY_TYPE);
export const unservedStatus = (message: string): Status => statusWith(codePb.Code.UNIMPLEMENTED, message, new emptyPb.Empty(), EMPTY_TYPE);
export const badRequestStatus = (message: string): Status => (
  named(codePb.Code.INVALID_ARGUMENT, 'BadRequest', new shared.BadRequest().setMessage(message))
);
const tooLargeStatus = (): Status => (
  named(codePb.Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', new shared.MaximumAppendSizeExceeded().setMaxappendsize(APPEND_BYTES_MAX))
);
const unknownStatus = (): Status => named(codePb.Code.UNKNOWN, 'Unknown', new shared.Unknown());

const conflictStatus = ({ expected, actual }: WrongExpectedRevision): Status => {
  const detail = new shared.WrongExpectedVersion();
  if (actual === 'no_stream') detail.setCurrentNoStream(new emptyPb.Empty());
  else detail.setCurrentStreamRevision(String(actual));
  if (expected === 'no_stream') detail.setExpectedNoStream(new emptyPb.Empty());
  else detail.setExpectedStreamPosition(String(expected));
  return named(codePb.Code.ALREADY_EXISTS, 'WrongExpectedVersion', detail);
};

/** Why an append was not done, or may or may not have been, as a batch answers it. */
export const statusOf = (error: unknown): Status => {
  if (error instanceof WrongExpectedRevision) return conflictStatus(error);
  if (error instanceof AppendTooLarge) return tooLargeStatus();
  if (error instanceof InvalidAppend) return badRequestStatus(error.message);
  if (error instanceof RpcError) return badRequestStatus(error.details);
  if (error instanceof OutcomeUnknown) return timeoutStatus();
  if (error instanceof LogUnavailable) return notReadyStatus();
  return unknownStatus();
};
