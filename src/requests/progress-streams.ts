import { Injectable } from '@nestjs/common';
import { Availability } from '../dispatch/availability.message.js';
import { parseUuid } from '../kernel/ids.js';
import { Timers } from '../kernel/clock.js';
import { refusedBy, Refused } from '../platform/http/refusals.js';
import { RetryLater } from '../platform/retry-later.js';
import { ProgressStream } from './progress-stream.js';
import { RequestHistory, RequestWatch } from './request-watch.js';
import { jobRefusals, progressRefusals } from './request.refusals.js';

/** Of one process: each holds a connection, and is looked at once a second. */
export const STREAMS_MAX = 2_000;
/** Of one address (of a /64, where addresses are long): as many requests as one may well watch at once. */
export const STREAMS_OF_ADDRESS_MAX = 20;
const RETRY_AFTER_S = 10;
/** Places in the queue change all the time; once a second is enough for anybody. */
const TICK_MS = 1_000;
/** Balancers commonly give up on a connection that is silent for 30 s or 60 s. */
const TICKS_A_BEAT = 15;

/** Shows clients how their requests proceed, as it happens. Whoever knows the id may watch. */
@Injectable()
export class ProgressStreams {
  readonly #open = new Set<ProgressStream>();
  readonly #ofAddress = new Map<string, number>();
  #isTicking = false;
  #isStopped = false;

  constructor(
    private readonly watch: RequestWatch, private readonly history: RequestHistory, private readonly availability: Availability, private readonly timers: Timers,
  ) {}

  get size(): number {
    return this.#open.size;
  }

  /**
   * Undefined when the request is over and the client knows all of it: an EventSource would ask for ever.
   * @throws Refused RequestNotFound, TooManyStreams; RetryLater
   */
  async open(text: string, { seen, address }: { readonly seen: number; readonly address: string }): Promise<ProgressStream | undefined> {
    const id = parseUuid(text);
    if (id === undefined) throw refusedBy(jobRefusals, 'RequestNotFound');
    this.#admit(address);
    const stream = new ProgressStream(id, seen);
    // Watched before its history is read, so that nothing falls between the two.
    const unwatch = this.watch.watch(id, (event) => { stream.deliver(event); });
    const close = this.#count(stream, address);
    const leave = (): void => {
      unwatch();
      close();
    };
    stream.body.once('close', leave);
    try {
      const history = await this.history.of(id);
      if (history[0]?.type !== 'RequestAccepted.v1') throw refusedBy(jobRefusals, 'RequestNotFound');
      const isNews = stream.begin(history);
      if (stream.isEnded && !isNews) {
        stream.body.destroy();
        return undefined;
      }
      this.#tell(stream);
    } catch (error) {
      stream.body.destroy();
      throw error;
    }
    if (!this.#isTicking) void this.#tick();
    return stream;
  }

  /** The server stops: clients come back, to another node or to the next life of this one. */
  stop(): void {
    this.#isStopped = true;
    for (const stream of this.#open) stream.end();
  }

  #admit(address: string): void {
    if (this.#isStopped || this.#open.size >= STREAMS_MAX) throw new RetryLater('there are too many streams of progress', RETRY_AFTER_S);
    if ((this.#ofAddress.get(address) ?? 0) < STREAMS_OF_ADDRESS_MAX) return;
    const [status, message] = progressRefusals.TooManyStreams;
    throw new Refused('TooManyStreams', status, String(message), { 'retry-after': RETRY_AFTER_S });
  }

  /** Returns how to count it no more. */
  #count(stream: ProgressStream, address: string): () => void {
    this.#open.add(stream);
    this.#ofAddress.set(address, (this.#ofAddress.get(address) ?? 0) + 1);
    return () => {
      this.#open.delete(stream);
      const left = (this.#ofAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#ofAddress.set(address, left);
      else this.#ofAddress.delete(address);
    };
  }

  #tell(stream: ProgressStream, isNowAndThen = false): void {
    if (!this.availability.queued(stream.request)) return;
    const { position, waitS } = this.availability.outlook(stream.request);
    stream.place({ queue_position: position, wait_time: waitS }, isNowAndThen);
  }

  /** One timer for all of them, and none while nobody watches. */
  async #tick(): Promise<void> {
    this.#isTicking = true;
    for (let tick = 1; this.#open.size > 0 && !this.#isStopped; tick += 1) {
      await this.timers.sleep(TICK_MS);
      for (const stream of this.#open) {
        const isBeat = tick % TICKS_A_BEAT === 0;
        this.#tell(stream, isBeat);
        if (isBeat) stream.beat();
      }
    }
    this.#isTicking = false;
  }
}
