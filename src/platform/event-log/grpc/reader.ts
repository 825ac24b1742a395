import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { RecordedEvent } from '../event-log.js';
import { readEventOf } from './recorded-event.js';

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

/** Where a read or a subscription writes to: without waiting for each event, and not faster than the client takes them. */
export class Reader {
  private isFull = false;

  constructor(private readonly call: ReadCall, readonly signal: AbortSignal, private readonly hasStructuredIds: boolean) {}

  event(event: RecordedEvent): void {
    this.message(readEventOf(event, this.hasStructuredIds));
  }

  message(message: ReadResp): void {
    if (!this.signal.aborted) this.isFull = !this.call.write(message);
  }

  /** Resolves once the client has taken nearly all that was written, or is gone. */
  async drained(): Promise<void> {
    if (!this.isFull || this.signal.aborted) return;
    this.isFull = false;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.call.off('drain', done);
        this.signal.removeEventListener('abort', done);
        resolve();
      };
      this.call.on('drain', done);
      this.signal.addEventListener('abort', done);
    });
  }

  /** Resolves when the client is gone, or the front closes. */
  async gone(): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise((resolve) => this.signal.addEventListener('abort', resolve, { once: true }));
  }
}
