import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { BEGINNING, type EventLog, type Position } from '../event-log.js';
import { revisionOf } from './draft.js';
import { unknown } from './rpc-errors.js';

/** Where to begin in `$all`: the start, the end, or a position. */
export type From = Position | 'start' | 'end';

export const fromOfAll = (options: ReadReq.Options.AllOptions): From => {
  if (options.hasEnd()) return 'end';
  const position = options.getPosition();
  const commit = position ? revisionOf(position.getCommitPosition()) : 0;
  return commit === 0 ? 'start' : commit; // the first checkpoint of a filter is 0
};

export const fromOfStream = (options: ReadReq.Options.StreamOptions): number | 'start' | 'end' => {
  if (options.hasEnd()) return 'end';
  return options.hasRevision() ? revisionOf(options.getRevision()) : 'start';
};

/** What EventStoreDB answers to a position in the log at which no event begins. */
export const notAPosition = (): Error => unknown('Unexpected ReadAllResult: Error');

/**
 * The position itself, if an event is there or the log has not got so far; clients hand back only what they were given.
 * @throws RpcError it never was one
 */
export const checkedPosition = async (log: EventLog, position: Position): Promise<Position> => {
  const { events: [event] } = await log.readAll({ from: position - 1, limit: 1 });
  if (event && event.position !== position) throw notAPosition();
  return position;
};

/** A subscription's start as the port wants it: the last position that was seen. */
export const afterOf = async (log: EventLog, from: From): Promise<Position> => {
  if (from === 'start') return BEGINNING;
  return from === 'end' ? log.head() : checkedPosition(log, from);
};
