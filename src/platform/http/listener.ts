import type { FastifyReply } from 'fastify';

/** Whoever waits for an answer that may take a while. */
export interface Listener {
  /** Aborted as the connection closes, answered or not. */
  readonly gone: AbortSignal;
  /** The limit on the duration of a call does not count while this waits. */
  resting(wait: Promise<void>): Promise<void>;
}

export const listenerOf = ({ raw, request }: FastifyReply): Listener => {
  const closed = new AbortController();
  if (raw.destroyed) closed.abort();
  else raw.once('close', () => { closed.abort(); });
  return {
    gone: closed.signal,
    resting: async (wait) => {
      request.answerDeadline?.suspend();
      try {
        await wait;
      } finally {
        request.answerDeadline?.resume();
      }
    },
  };
};
