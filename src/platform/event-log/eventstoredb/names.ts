import { InvalidAppend, LogUnavailable, type RecordedEvent } from '../event-log.js';

/** With or without a full stop at its end, and none within: else one namespace could be the beginning of another. */
const NAMESPACE = /^(?:[a-z0-9_]{1,40}\.?)?$/;
/** A name in a namespace. None of a ledger's own streams is like that: they begin with a category and `-`. */
const NAMESPACED = /^[a-z0-9_]{1,40}\./;

/**
 * Several ledgers may share a store: each then has a namespace, put before every stream's name on the way in and taken off
 * on the way out. Hashes are made of the names without it, so that a ledger may move to a store of its own.
 */
export class Names {
  private readonly prefix: string;

  /** @throws LogUnavailable for what is no namespace */
  constructor(namespace: string) {
    if (!NAMESPACE.test(namespace)) throw new LogUnavailable('a namespace has at most 40 lower-case letters, digits and _, and maybe a full stop at its end');
    this.prefix = namespace === '' || namespace.endsWith('.') ? namespace : `${namespace}.`;
  }

  /** Whether there are likely to be other ledgers in the same store. */
  get isShared(): boolean {
    return this.prefix !== '';
  }
  stored(stream: string): string {
    return this.prefix + stream;
  }
  /** @throws InvalidAppend the stream would be taken for another ledger's */
  storedForAppend(stream: string): string {
    if (!this.isShared && NAMESPACED.test(stream)) throw new InvalidAppend(`the stream ${stream} begins as those of a ledger with a namespace do`);
    return this.stored(stream);
  }
  isOurs({ stream }: RecordedEvent): boolean {
    return this.isShared ? stream.startsWith(this.prefix) : !NAMESPACED.test(stream);
  }
  shown(event: RecordedEvent): RecordedEvent {
    return this.isShared ? { ...event, stream: event.stream.slice(this.prefix.length) } : event;
  }
}
