import { status, type ServiceError } from '@grpc/grpc-js';

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

const AWAY = new Set<number>([status.UNAVAILABLE, status.CANCELLED, status.DEADLINE_EXCEEDED]);
const REFUSED = new Set<number>([status.PERMISSION_DENIED, status.UNAUTHENTICATED, status.UNIMPLEMENTED, status.INVALID_ARGUMENT]);
/** The one case in which a message surely never left us. */
const NEVER_CONNECTED = /^(No connection established|Name resolution failed|Failed to discover)/;

export const failureOf = (thrown: unknown): Failure => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { code, details = error.message, metadata } = error as Partial<ServiceError> & Error;
  if (metadata?.get('exception')[0] === 'not-leader') return { kind: 'away', unsent: true, error };
  if (code === status.ABORTED && /slow|resubscription/i.test(details)) return { kind: 'too slow', error };
  if (code === undefined || AWAY.has(code)) return { kind: 'away', unsent: NEVER_CONNECTED.test(details), error };
  return { kind: REFUSED.has(code) ? 'refused' : 'passing', error };
};

/** What we say when nothing was heard in time; the client takes it for a lost connection and makes another. */
export const silence = (text: string, metadata: ServiceError['metadata']): ServiceError =>
  Object.assign(new Error(text), { code: status.UNAVAILABLE, details: text, metadata });
