import { AppendTooLarge, APPEND_BYTES_MAX, APPEND_EVENTS_MAX, InvalidAppend, type AppendResult, type NewEvent } from '../event-log.js';
import { parseUuid } from '../../../kernel/ids.js';
import { encodeFrame, NAME_BYTES_MAX } from './frame.js';

/** An append on its way to the disk. */
export class PendingAppend {
  readonly frame: Buffer;
  readonly result: Promise<AppendResult>;
  resolve!: (result: AppendResult) => void;
  reject!: (error: Error) => void;
  /** The pending append of the same stream before this one, while that is on its way. */
  previous: PendingAppend | undefined;

  constructor(readonly stream: string, readonly firstRevision: number, readonly events: readonly NewEvent[]) {
    this.frame = encodeFrame(stream, firstRevision, events);
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get lastRevision(): number {
    return this.firstRevision + this.events.length - 1;
  }
}

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
  if (name.length > NAME_BYTES_MAX / 3) throw new InvalidAppend(`the ${what} is longer than ${Math.floor(NAME_BYTES_MAX / 3)} characters`);
  if (LONE_SURROGATE.test(name)) throw new InvalidAppend(`the ${what} is not well-formed Unicode`);
};
