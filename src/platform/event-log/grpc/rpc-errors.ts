import grpc from '@grpc/grpc-js';
import { APPEND_BYTES_MAX, LogUnavailable, OutcomeUnknown } from '../event-log.js';

const { Metadata, status } = grpc;

/** Ends a call with a gRPC status; clients choose their error by the trailers, or else by the code. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly metadata = new Metadata();
  constructor(readonly code: grpc.status, readonly details: string, trailers: Readonly<Record<string, string>> = {}) {
    super(details);
    for (const [key, value] of Object.entries(trailers)) this.metadata.set(key, value);
  }
}

export const accessDenied = (): RpcError => new RpcError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
export const unauthenticated = (): RpcError => new RpcError(status.UNAUTHENTICATED, 'Bad credentials.');
export const notReady = (): RpcError => new RpcError(status.UNAVAILABLE, 'Server Is Not Ready');
export const unavailable = (reason: string): RpcError => new RpcError(status.UNAVAILABLE, reason);
export const unimplemented = (what: string): RpcError => new RpcError(status.UNIMPLEMENTED, what);
export const unknown = (reason: string): RpcError => new RpcError(status.UNKNOWN, reason);
export const exhausted = (what: string): RpcError => new RpcError(status.RESOURCE_EXHAUSTED, what);
/** What EventStoreDB answers where its code threw; the reason is ours, for the person who looks. */
export const thrown = (reason: string): RpcError => unknown(`Exception was thrown by handler. ${reason}`);
export const timedOut = (what: string): RpcError => new RpcError(status.ABORTED, `Operation timed out: ${what}`);

export const notLeader = ({ host, port }: { readonly host: string; readonly port: number }): RpcError => (
  new RpcError(status.NOT_FOUND, 'Leader info available', { exception: 'not-leader', 'leader-endpoint-host': host, 'leader-endpoint-port': String(port) })
);
export const appendTooLarge = (): RpcError => (
  new RpcError(status.INVALID_ARGUMENT, `Maximum Append Size of ${APPEND_BYTES_MAX} Exceeded.`, {
    exception: 'maximum-append-size-exceeded', 'maximum-append-size': String(APPEND_BYTES_MAX),
  })
);
export const metadataMissing = (property: string): RpcError => (
  new RpcError(status.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property', 'required-metadata-properties': 'type,content-type',
  })
);

/** Any error of ours as the status that ends a call. */
export const asRpcError = (error: unknown): RpcError => {
  if (error instanceof RpcError) return error;
  if (error instanceof LogUnavailable) return unavailable(error.message);
  if (error instanceof OutcomeUnknown) return timedOut(error.message);
  return thrown(error instanceof Error ? error.message : String(error));
};
