import { Injectable } from '@nestjs/common';
import { LiveQueue } from '../dispatch/live-queue.message.js';
import { HordeModes } from '../operations/horde-modes.message.js';
import { Refused } from '../platform/http/refusals.js';
import { RetryLater } from '../platform/retry-later.js';
import { Cancel } from './cancel.js';

/** Cancellations a round at most, so that a long queue does not starve the workers that still deliver. */
const ROUND_MAX = 200;

/**
 * An admin who puts the horde into maintenance empties the queue of images (horde-rules §6.2): what waits is withdrawn and costs nothing,
 * what is at workers is delivered and paid. Due is what the mode and the queue say, so a restart forgets nothing, and of two nodes one finds
 * it done.
 */
@Injectable()
export class Maintenance {
  constructor(private readonly modes: HordeModes, private readonly queue: LiveQueue, private readonly cancel: Cancel) {}

  /** Returns how many requests were looked at. */
  async round(): Promise<number> {
    if (!this.modes.maintenance || this.queue.totals('image').jobs === 0) return 0;
    const due: string[] = [];
    for (const { facts: { kind, request }, waiting, closed } of this.queue.rows()) {
      if (kind === 'image' && waiting > 0 && !closed) due.push(request);
      if (due.length >= ROUND_MAX) break;
    }
    for (const id of due) await this.#withdraw(id);
    return due.length;
  }

  async #withdraw(id: string): Promise<void> {
    try {
      await this.cancel.cancel({ id });
    } catch (error) {
      const isOverSoon = error instanceof RetryLater || (error instanceof Refused && error.rc === 'RequestNotFound'); // the next round looks again
      if (!isOverSoon) throw error;
    }
  }
}
