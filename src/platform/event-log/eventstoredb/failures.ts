import { status, type ServiceError } from '@grpc/grpc-js';
import { LogUnavailable } from '../event-log.js';

/** How a call to the store can fail, as far as it matters for what to do next. */
export type Failure =
  /** No connection, or none any more; the server is not ready, or is not the leader: wait until it answers again. */
  | { readonly kind: 'away'; readonly unsent: boolean; readonly error: Error }
  /** It answered, with something that may pass: try again soon. */
  | { readonly kind: 'passing'; readonly error: Error }
  /** It read too slowly for the server, which dropped it: normal, resume at once (spec/eventstore.md §8). */
  | { readonly kind: 'too slow'; readonly error: Error }
  /** It will not do this, however often it is asked: a user without the right, a setting that is wrong. */
  | { readonly kind: 'refused'; readonly error: Error };

/** The store is there, but this did not work out; it may the next time. Nobody else has to wait for that. */
export class Passing extends Error {
  override readonly name = 'Passing';
}
/** Asking again is no use. */
export class StoreRefuses extends LogUnavailable {}

const AWAY = new Set<number>([status.UNAVAILABLE, status.CANCELLED, status.DEADLINE_EXCEEDED]);
const REFUSED = new Set<number>([
  status.PERMISSION_DENIED, status.UNAUTHENTICATED, status.UNIMPLEMENTED, status.INVALID_ARGUMENT, status.FAILED_PRECONDITION,
]);
/** The one case in which a message surely never left us. */
const NEVER_CONNECTED = /^(No connection established|Name resolution failed|Failed to discover)/;

export const failureOf = (thrown: unknown): Failure => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (error instanceof Passing) return { kind: 'passing', error };
  if (error instanceof StoreRefuses) return { kind: 'refused', error };
  return failureOfCall(error);
};

const failureOfCall = (error: Partial<ServiceError> & Error): Failure => {
  const { code, details = error.message, metadata } = error;
  // One append that met a node which leads no more ends the call for all, of which some were written while it still led.
  if (metadata?.get('exception')[0] === 'not-leader') return { kind: 'away', unsent: false, error };
  if (code === status.ABORTED && /slow|resubscription/i.test(details)) return { kind: 'too slow', error };
  if (code === undefined || AWAY.has(code)) return { kind: 'away', unsent: NEVER_CONNECTED.test(details), error };
  return { kind: REFUSED.has(code) ? 'refused' : 'passing', error };
};

/** What we say when nothing was heard in time; the client takes it for a lost connection and makes another. */
export const silence = (text: string, metadata: ServiceError['metadata']): ServiceError =>
  Object.assign(new Error(text), { code: status.UNAVAILABLE, details: text, metadata });

/** What the library says of a call that we ended ourselves. */
export const isOwnCancel = (error: Partial<ServiceError>): boolean => error.code === status.CANCELLED && error.details === 'Cancelled on client';
