import type { FastifyReply } from 'fastify';

/** Whoever waits for an answer that may take a while. */
export interface Listener {
  /** Nobody would hear the answer. */
  readonly isGone: boolean;
  /** Aborted as the connection closes, answered or not. */
  readonly gone: AbortSignal;
  /** The limit on the duration of a call does not count while this waits. */
  resting(wait: Promise<void>): Promise<void>;
  /** Calls `act`, once, when the call has ended without its answer: the connection closed first, or something else was answered than success. */
  ifUnheard(act: () => void): void;
}

/** Made once, because its stack costs more than all else about a call that ends. */
const GONE = new Error('the connection is closed');

const ERROR_STATUS = 400;

/** Whoever is answered at once, as most are, costs no signal. */
class ReplyListener implements Listener {
  #closed: AbortController | undefined;

  constructor(private readonly reply: FastifyReply) {}

  get isGone(): boolean {
    return this.reply.raw.destroyed;
  }

  get gone(): AbortSignal {
    return (this.#closed ??= this.#whenClosed()).signal;
  }

  async resting(wait: Promise<void>): Promise<void> {
    const { answerDeadline } = this.reply.request;
    answerDeadline?.suspend();
    try {
      await wait;
    } finally {
      answerDeadline?.resume();
    }
  }

  ifUnheard(act: () => void): void {
    const { raw } = this.reply;
    if (raw.destroyed || raw.writableEnded) { // told to come back meanwhile, at best
      act();
      return;
    }
    let isHeard = false;
    // Only the event tells: to a connection that is broken everything seems to be written.
    raw.once('finish', () => { isHeard = raw.statusCode < ERROR_STATUS; });
    raw.once('close', () => {
      if (!isHeard) act();
    });
  }

  #whenClosed(): AbortController {
    const { raw } = this.reply;
    const closed = new AbortController();
    if (raw.destroyed) closed.abort(GONE);
    else raw.once('close', () => { closed.abort(GONE); });
    return closed;
  }
}

/** With whatever else is known of how long it waits. */
export const listenerOf = <Wish extends object>(reply: FastifyReply, wish: Wish): Listener & Wish => Object.assign(new ReplyListener(reply), wish);
