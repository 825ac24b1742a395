import { Readable } from 'node:stream';
import type { Recorded } from '../kernel/event.js';
import { Progress } from './progress.js';
import type { RequestEvent } from './request.events.js';

/** Waits in this process for a client that reads too slowly; a request's whole story is some kilobytes. More, and the client has to come back. */
export const UNREAD_BYTES_MAX = 64 * 1024;
/** After a broken connection an EventSource asks again so much later. */
const RETRY_MS = 3_000;

/** Where a request stands in the queue. */
export interface Place {
  readonly queue_position: number;
  readonly wait_time: number;
}

/** The events of one request as Server-Sent Events for one client. `id` is the revision in the request's stream, by which a client resumes. */
export class ProgressStream {
  readonly body = new Readable({ read: () => undefined, highWaterMark: UNREAD_BYTES_MAX });
  readonly #progress = new Progress();
  /** What came while the history was read. */
  #early: Recorded[] | undefined = [];
  #nextRevision = 0;
  #place: Place | undefined;

  /** Events up to and including revision `seen` are known to the client. */
  constructor(readonly request: string, private readonly seen: number) {}

  get isEnded(): boolean {
    return this.#progress.isEnded;
  }

  /** What happened so far. Returns whether any of it is news. */
  begin(history: readonly Recorded[]): boolean {
    this.body.push(`retry: ${RETRY_MS}\n\n`);
    const early = this.#early!;
    this.#early = undefined;
    const told = [...history, ...early].map((event) => this.deliver(event));
    return told.includes(true);
  }

  /**
   * In the order of the stream: an event that overtook another comes again, behind that one. Returns whether the client was told.
   */
  deliver(event: Recorded): boolean {
    if (this.#early) {
      this.#early.push(event);
      return false;
    }
    if (event.revision !== this.#nextRevision) return false;
    this.#nextRevision += 1;
    const told = this.#progress.tell(event as unknown as RequestEvent);
    const isNews = told !== undefined && event.revision > this.seen;
    if (isNews) this.#write(`id: ${event.revision}\nevent: ${told.event}\ndata: ${JSON.stringify(told.data)}\n\n`);
    if (this.isEnded) this.end();
    return isNews;
  }

  /** Told when the place is another; the wait goes down by itself, and what has become of it is told now and then. It is not of the stream, so it has no id. */
  place(place: Place, isNowAndThen = false): void {
    if (this.#early || this.isEnded) return;
    const known = this.#place;
    const isMoved = known?.queue_position !== place.queue_position;
    if (!isMoved && !(isNowAndThen && known.wait_time !== place.wait_time)) return;
    this.#place = place;
    this.#write(`event: position\ndata: ${JSON.stringify(place)}\n\n`);
  }

  /** So that nobody on the way takes the connection for dead, and so that a dead one shows. */
  beat(): void {
    this.#write(': still here\n\n');
  }

  end(): void {
    if (!this.body.readableEnded && !this.body.destroyed) this.body.push(null);
  }

  #write(text: string): void {
    if (this.body.destroyed) return;
    if (this.body.readableLength > UNREAD_BYTES_MAX) this.body.destroy(); // it resumes by the last id that it has read
    else this.body.push(text);
  }
}
