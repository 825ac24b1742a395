import { setMaxListeners } from 'node:events';
import type { Clock, Timers } from '../../../kernel/clock.js';
import type { Ids } from '../../../kernel/ids.js';

/** While the store is away, one question at a time goes there to see whether it is back. */
const PROBE_EVERY_MS = 50;
/** A wait is lengthened by up to as much again, so that many processes do not come back in step. */
const jittered = (ms: number, ids: Ids): number => ms * (1 + ids.random());

export interface AvailabilityOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  /** Asks the store for something small; rejects while it cannot answer. */
  readonly probe: () => Promise<unknown>;
  readonly onChange: (isUp: boolean, downMs: number) => void;
}

/** Whether the store answers, known once for all who want something of it: a store that is away is not asked by everybody. */
export class Availability {
  private readonly waiting = new Set<() => void>();
  private downSince: number | undefined;
  private readonly closed = new AbortController();

  constructor(private readonly options: AvailabilityOptions) {
    setMaxListeners(0, this.closed.signal); // as many as pause at the same time; Node would take more than ten for a leak
  }

  get isUp(): boolean {
    return this.downSince === undefined;
  }

  /** Nobody waits for the store any more. */
  get isClosed(): boolean {
    return this.closed.signal.aborted;
  }

  /** A call failed because nobody was there. */
  lost(): void {
    if (!this.isUp || this.closed.signal.aborted) return;
    this.downSince = this.options.clock.monotonic();
    this.options.onChange(false, 0);
    void this.probing();
  }

  /** True once the store answers, false after `ms` without that. */
  async whenUp(ms: number): Promise<boolean> {
    if (this.isUp) return true;
    const isOver = new AbortController();
    await new Promise<void>((resolve) => {
      this.waiting.add(resolve);
      void this.options.timers.sleep(ms, isOver.signal).catch(() => undefined).then(() => {
        this.waiting.delete(resolve); // an outage may be long, and those who gave up many
        resolve();
      });
    });
    isOver.abort();
    return this.isUp;
  }

  /** A short pause before another try, longer with every attempt. */
  async pause(attempt: number): Promise<void> {
    const ms = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** (attempt - 1));
    await this.options.timers.sleep(jittered(ms, this.options.ids), this.closed.signal).catch(() => undefined);
  }

  close(): void {
    this.closed.abort();
    this.wake();
  }

  private async probing(): Promise<void> {
    const { timers, ids, probe, clock, onChange } = this.options;
    while (!this.closed.signal.aborted) {
      await timers.sleep(jittered(PROBE_EVERY_MS, ids), this.closed.signal).catch(() => undefined);
      try {
        await probe();
      } catch {
        continue; // still away, whatever the reason
      }
      const downMs = clock.monotonic() - (this.downSince ?? 0);
      this.downSince = undefined;
      onChange(true, downMs);
      this.wake();
      return;
    }
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

const PAUSE_MIN_MS = 5;
const PAUSE_MAX_MS = 200;
