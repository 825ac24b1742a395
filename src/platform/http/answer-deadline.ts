import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock, Timers } from '../../kernel/clock.js';
import { RetryLater } from '../retry-later.js';
import { answerError } from './answer-error.js';

/**
 * A call ends within ten seconds, whatever the stores behind it do. Each store has limits of its own, but a call may need
 * several answers, one after another, of a store that is slow and not away.
 */
const ANSWER_MAX_MS = 9_000;
/** Calls are looked at so often; one timer for all of them. */
const SWEEP_MS = 250;

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller was told to come back: what the handler still finds out is nobody's any more. */
    isGivenUp: boolean;
    /** Set while the call is under way. */
    answerDeadline: AnswerDeadline | null;
  }
}

/** The limit on the duration of one call. */
export interface AnswerDeadline {
  /** It waits for something that is not this server's work: a job to come, a stream to end. */
  suspend(): void;
  /** Its time begins anew. */
  resume(): void;
}

/** Answers 503 with Retry-After for a handler that takes too long. What it has begun goes on, and an idempotent retry finds it. */
export const installAnswerDeadline = (server: FastifyInstance, { clock, timers }: { readonly clock: Clock; readonly timers: Timers }): void => {
  /** In the order in which they came, so the overdue are the first. */
  const underWay = new Map<FastifyRequest, { readonly reply: FastifyReply; readonly since: number }>();
  const closed = new AbortController();
  let sweeping = false;
  const giveUpOverdue = (): void => {
    const limit = clock.monotonic() - ANSWER_MAX_MS;
    for (const [request, { reply, since }] of underWay) {
      if (since > limit) return;
      underWay.delete(request);
      if (reply.sent) continue;
      answerError(new RetryLater('the ledger is slow'), request, reply);
      request.isGivenUp = true;
    }
  };
  const sweep = async (): Promise<void> => {
    sweeping = true;
    while (underWay.size > 0 && !closed.signal.aborted) {
      await timers.sleep(SWEEP_MS, closed.signal).catch(() => undefined);
      giveUpOverdue();
    }
    sweeping = false;
  };
  const begin = (request: FastifyRequest, reply: FastifyReply): void => {
    underWay.set(request, { reply, since: clock.monotonic() });
    if (!sweeping) void sweep();
  };
  server.decorateRequest('isGivenUp', false);
  server.decorateRequest('answerDeadline', null);
  server.addHook('preHandler', (request, reply, done) => {
    begin(request, reply);
    request.answerDeadline = {
      suspend: () => void underWay.delete(request),
      resume: () => {
        if (!reply.raw.destroyed && !reply.sent) begin(request, reply);
      },
    };
    done();
  });
  server.addHook('onResponse', (request, _reply, done) => {
    underWay.delete(request);
    done();
  });
  server.addHook('onClose', (_server, done) => {
    closed.abort();
    done();
  });
};
