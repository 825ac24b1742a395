import { describe, expect, it } from '@jest/globals';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { LogUnavailable } from '../event-log.js';
import { failureOf, isOwnCancel, Passing, silence, StoreRefuses, type Failure } from './failures.js';

const failed = (code: status, details: string, trailers: Readonly<Record<string, string>> = {}): ServiceError => {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(new Error(`${code} ${status[code]}: ${details}`), { code, details, metadata });
};
const TOO_SLOW = 'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.';

describe('a failed call', () => {
  it.each<[Failure['kind'], ServiceError]>([
    ['away', failed(status.UNAVAILABLE, 'Server Is Not Ready')],
    ['away', failed(status.UNAVAILABLE, 'Server Is Too Busy')],
    ['away', failed(status.CANCELLED, 'Call canceled by the server')],
    ['away', failed(status.DEADLINE_EXCEEDED, 'Deadline exceeded')],
    ['away', failed(status.NOT_FOUND, 'Leader info available', { exception: 'not-leader', 'leader-endpoint-host': 'b', 'leader-endpoint-port': '2113' })],
    ['too slow', failed(status.ABORTED, TOO_SLOW)],
    ['passing', failed(status.ABORTED, 'Operation timed out: Commit Timeout')],
    ['passing', failed(status.INTERNAL, 'Received RST_STREAM with code 2 (Internal server error)')],
    ['passing', failed(status.RESOURCE_EXHAUSTED, 'Received message exceeds the maximum configured message size.')],
    ['passing', failed(status.UNKNOWN, 'No leader info available in response')],
    ['passing', failed(status.NOT_FOUND, 'Something else')],
    ['refused', failed(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' })],
    ['refused', failed(status.UNAUTHENTICATED, 'Bad credentials.')],
    ['refused', failed(status.UNIMPLEMENTED, 'Not served.')],
    ['refused', failed(status.INVALID_ARGUMENT, 'Not understood.')],
    ['refused', failed(status.FAILED_PRECONDITION, "Event stream 's' is deleted.", { exception: 'stream-deleted' })],
  ])('is %s: %s', (kind, error) => {
    expect(failureOf(error)).toMatchObject({ kind, error });
  });

  it.each<[string, unknown]>([
    ['no node was found', new LogUnavailable('no node of the event store was found in time')],
    ['an error of the library without a code', new Error('Channel has been shut down')],
    ['something that is no error', 'gone'],
  ])('without a code means that nobody was there: %s', (_what, thrown) => {
    expect(failureOf(thrown).kind).toBe('away');
  });

  it('of our own making is what it says', () => {
    expect(failureOf(new Passing('not yet')).kind).toBe('passing');
    expect(failureOf(new StoreRefuses('never')).kind).toBe('refused');
    expect(new StoreRefuses('never')).toMatchObject({ name: 'LogUnavailable' });
    expect(failureOf(silence('nothing', new Metadata())).kind).toBe('away');
  });
});

describe('that a message surely never left', () => {
  it.each([
    ['is known where there was no connection', true, failed(status.UNAVAILABLE, 'No connection established. Last error: ECONNREFUSED')],
    ['is known where there was no such name', true, failed(status.UNAVAILABLE, 'Name resolution failed for target dns:nowhere:2113')],
    ['is known where no cluster was found', true, new Error('Failed to discover after 10 attempts.')],
    ['is not known when the connection broke', false, failed(status.UNAVAILABLE, 'Connection dropped')],
    ['is not known when the call was ended', false, failed(status.CANCELLED, 'Cancelled on client')],
    // One append among many met the node that leads no more; the others it may have written while it led.
    ['is not known when the node leads no more', false, failed(status.NOT_FOUND, 'Leader info available', { exception: 'not-leader' })],
  ])('%s', (_what, unsent, error) => {
    expect(failureOf(error)).toMatchObject({ kind: 'away', unsent });
  });
});

it('a call that we ended ourselves is told from one that the server ended', () => {
  expect([failed(status.CANCELLED, 'Cancelled on client'), failed(status.CANCELLED, 'Call canceled by the server'), failed(status.UNAVAILABLE, 'Cancelled on client')].map(isOwnCancel))
    .toEqual([true, false, false]);
});
