import type { RecordedEvent } from '../event-log.js';

/**
 * Several ledgers may share a store: each then has a namespace, put before every stream's name on the way in and taken off
 * on the way out. Hashes are made of the names without it, so that a ledger may move to a store of its own.
 */
export class Names {
  constructor(private readonly namespace: string) {}

  /** Whether there may be other ledgers in the same store. */
  get isShared(): boolean {
    return this.namespace !== '';
  }
  stored(stream: string): string {
    return this.namespace + stream;
  }
  isOurs({ stream }: RecordedEvent): boolean {
    return stream.startsWith(this.namespace);
  }
  shown(event: RecordedEvent): RecordedEvent {
    return this.isShared ? { ...event, stream: event.stream.slice(this.namespace.length) } : event;
  }
}
