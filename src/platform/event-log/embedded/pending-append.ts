import type { AppendResult, NewEvent } from '../event-log.js';
import { encodeFrame } from './frame.js';

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
