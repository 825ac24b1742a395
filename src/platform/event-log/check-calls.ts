import { parseUuid } from '../../kernel/ids.js';
import { AppendTooLarge, APPEND_BYTES_MAX, APPEND_EVENTS_MAX, InvalidAppend, type ExpectedRevision, type NewEvent } from './event-log.js';

/** Characters of a stream's or type's name: in UTF-8 it then has at most 65,535 bytes, which stores count in 16 bits. */
const NAME_MAX = 21_845;
const LONE_SURROGATE = /[\uD800-\uDFFF]/u;

/** The events as they will be stored (ids in lower case). Throws InvalidAppend or AppendTooLarge. */
export const validated = (stream: string, events: readonly NewEvent[]): readonly NewEvent[] => {
  checkName('stream', stream);
  if (events.length === 0) throw new InvalidAppend('an append needs at least one event');
  if (events.length > APPEND_EVENTS_MAX) throw new AppendTooLarge(`${events.length} events in one append, at most ${APPEND_EVENTS_MAX}`);
  let bytes = 0;
  let areLowerCase = true;
  for (const { id, type, data, metadata } of events) {
    const uuid = parseUuid(id);
    if (uuid === undefined) throw new InvalidAppend(`${JSON.stringify(id)} is not a UUID`);
    areLowerCase &&= uuid === id;
    checkName('type', type);
    bytes += type.length + data.length + metadata.length;
  }
  if (bytes > APPEND_BYTES_MAX) throw new AppendTooLarge(`${bytes} bytes in one append, at most ${APPEND_BYTES_MAX}`);
  return areLowerCase ? events : events.map((event) => ({ ...event, id: event.id.toLowerCase() }));
};

/** Names beginning with `$` belong to the store; a lone surrogate has no UTF-8 and would come back as another name. */
const checkName = (what: string, name: string): void => {
  if (name === '') throw new InvalidAppend(`the ${what} is empty`);
  if (name.startsWith('$')) throw new InvalidAppend(`the ${what} ${name} begins with $, which belongs to the store`);
  if (name.length > NAME_MAX) throw new InvalidAppend(`the ${what} is longer than ${NAME_MAX} characters`);
  if (LONE_SURROGATE.test(name)) throw new InvalidAppend(`the ${what} is not well-formed Unicode`);
};

/** Throws InvalidAppend for a revision that no stream can have. */
export const checkExpected = (expected: ExpectedRevision): void => {
  if (expected !== 'no_stream' && !(Number.isSafeInteger(expected) && expected >= 0)) throw new InvalidAppend(`${String(expected)} is not a revision`);
};

const PAGE_DEFAULT = 512;
const PAGE_MAX = 4_096;
/** How many events a page may have. Throws RangeError for what cannot be. */
export const checkedLimit = (limit = PAGE_DEFAULT): number => {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > PAGE_MAX) throw new RangeError(`a page has 1 to ${PAGE_MAX} events, not ${limit}`);
  return limit;
};

/** Throws RangeError for what cannot be a revision to read from. */
export const checkFrom = (from: number | undefined): void => {
  if (from !== undefined && !(Number.isSafeInteger(from) && from >= 0)) throw new RangeError(`${from} is not a revision`);
};
