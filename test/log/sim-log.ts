import { Clock } from '../../src/kernel/clock.js';
import { formatUuid, Ids } from '../../src/kernel/ids.js';
import { EmbeddedLog, type EmbeddedLogOptions } from '../../src/platform/event-log/embedded/embedded-log.js';
import type { ProcessTable } from '../../src/platform/event-log/embedded/lock.js';
import { BEGINNING, type EventLog, type NewEvent, type RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { seeded } from '../contract/contract-run.js';
import type { SimDisk } from './sim-disk.js';

export class SimClock extends Clock {
  private time = Date.UTC(2026, 0, 1);
  now(): number {
    return (this.time += 1);
  }
  monotonic(): number {
    return this.time;
  }
}

export class SimIds extends Ids {
  private readonly next: () => number;
  constructor(seed: number) {
    super();
    this.next = seeded(seed);
  }
  uuid(): string {
    return formatUuid(this.bytes(16));
  }
  bytes(size: number): Buffer {
    return Buffer.from(Uint8Array.from({ length: size }, () => Math.floor(this.next() * 256)));
  }
  random(): number {
    return this.next();
  }
}

/** A machine on which only this process runs: every lock that is found is of a dead one. */
export const alone: ProcessTable = { self: { pid: 1, started: '1', boot: 'simulated' }, startedAt: () => undefined };

export const DIRECTORY = '/log';

/** A small log on a simulated disk: it rotates and stores its index all the time. */
export const openOn = (files: SimDisk, parts: Partial<EmbeddedLogOptions> = {}): Promise<EmbeddedLog> =>
  EmbeddedLog.open({
    directory: DIRECTORY, mode: 'write', files, clock: new SimClock(), ids: new SimIds(1), processes: alone,
    segmentBytes: 8_192, snapshotEvents: 16, hotTail: { eventsMax: 8, bytesMax: 8_192 }, ...parts,
  });

/** Events whose content follows from their id, so that any reader can check it. */
export const eventOf = (ids: Ids, bytes: number): NewEvent => {
  const id = ids.uuid();
  return { id, type: 'Simulated.v1', data: contentOf(id, bytes), metadata: Buffer.from('{}') };
};

const contentOf = (id: string, bytes: number): Buffer => Buffer.from(JSON.stringify({ id, fill: id.repeat(Math.ceil(bytes / 36)).slice(0, bytes) }));

/** What is wrong with an event's content, or undefined. */
export const faultOf = ({ id, data }: RecordedEvent): string | undefined => {
  const { fill } = JSON.parse(data.toString()) as { fill: string };
  return contentOf(id, fill.length).equals(data) ? undefined : `the data of ${id} changed`;
};

export const everything = async (log: EventLog): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for (let from = BEGINNING; ; ) {
    const page = await log.readAll({ from });
    events.push(...page.events);
    if (page.end) return events;
    from = page.position;
  }
};

/** Checks what holds for every log (I16): positions rise, revisions have no gaps, contents are whole. Throws otherwise. */
export const checkWhole = (events: readonly RecordedEvent[]): void => {
  const heads = new Map<string, number>();
  let position = BEGINNING;
  for (const event of events) {
    if (event.position <= position) throw new Error(`position ${event.position} comes after ${position}`);
    if (event.revision !== (heads.get(event.stream) ?? -1) + 1) throw new Error(`${event.stream} has revision ${event.revision} after ${heads.get(event.stream)}`);
    const fault = faultOf(event);
    if (fault) throw new Error(fault);
    position = event.position;
    heads.set(event.stream, event.revision);
  }
};
