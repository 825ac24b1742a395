import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Clock } from '../../../kernel/clock.js';
import type { RecordedEvent } from '../event-log.js';
import { readEventOf } from './recorded-event.js';

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

export interface ReaderOptions {
  /** Aborted when the client is gone, or the front closes. */
  readonly signal: AbortSignal;
  readonly hasStructuredIds: boolean;
  readonly clock: Clock;
}

/** Where a read or a subscription writes to: without waiting for each event, and not faster than the client takes them. */
export class Reader {
  readonly signal = this.options.signal;
  private isFull = false;

  constructor(private readonly call: ReadCall, private readonly options: ReaderOptions) {}

  event(event: RecordedEvent): void {
    this.message(readEventOf(event, this.options.hasStructuredIds));
  }

  message(message: ReadResp): void {
    if (!this.signal.aborted) this.isFull = !this.call.write(message);
  }

  /** Resolves once the client has taken nearly all that was written, or is gone; with the milliseconds that it took. */
  async drained(): Promise<number> {
    if (!this.isFull || this.signal.aborted) return 0;
    this.isFull = false;
    const begun = this.options.clock.monotonic();
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.call.off('drain', done);
        this.signal.removeEventListener('abort', done);
        resolve();
      };
      this.call.on('drain', done);
      this.signal.addEventListener('abort', done);
    });
    return this.options.clock.monotonic() - begun;
  }

  /** Resolves when the client is gone, or the front closes. */
  async gone(): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise((resolve) => this.signal.addEventListener('abort', resolve, { once: true }));
  }
}
