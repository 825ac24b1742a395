import type { FastifyRequest } from 'fastify';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Clock } from '../../kernel/clock.js';

/**
 * Structured logs: one JSON object a line. Bodies, prompts, keys and cookies never get here: requests are described by
 * route, status and duration only, and errors by name, code and frames.
 */
export type Log = Logger;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LogOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Where lines go; standard output unless given. */
  readonly destination?: DestinationStream | undefined;
}

// A second fence: even a careless `log.info({ request })` shows no secret.
const SECRETS = ['apikey', 'authorization', 'proxy-authorization', 'cookie', 'set-cookie'];
const REDACTED = SECRETS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.headers["${name}"]`, `headers["${name}"]`]);

export const createLog = ({ level, clock, destination }: LogOptions): Log => {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '…' },
  };
  return destination ? pino(options, destination) : pino(options);
};

const MESSAGE_MAX = 300;
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`/g; // parsers and databases quote the input that they choke on
const KEY_LIKE = /(?<![\w-])[\w-]{22}(?![\w-])/g; // the form of an API key (horde-api B.3)

/** What may be written about an error: no quoted input, nothing that looks like a key, and the frames of its stack. */
export const loggable = (error: unknown): object => {
  if (!(error instanceof Error)) return { name: 'NotAnError', type: typeof error };
  const { code } = error as Error & { code?: unknown };
  return {
    name: error.name,
    message: withoutInput(error.message),
    ...(typeof code === 'string' && { code }),
    frames: (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)).map((line) => line.trim()),
    ...(error.cause !== undefined && { cause: loggable(error.cause) }),
  };
};

const withoutInput = (message: string): string =>
  message.slice(0, 10 * MESSAGE_MAX).replace(QUOTED, '"…"').replace(KEY_LIKE, '…').slice(0, MESSAGE_MAX);

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The W3C trace context that the caller sent, if it is valid; goes into the metadata of events. */
export const traceparentOf = ({ headers }: FastifyRequest): string | undefined => {
  const sent = headers['traceparent'];
  return typeof sent === 'string' && TRACEPARENT.test(sent) ? sent : undefined;
};

/** The application's log, once `configureHttp` has hung it on the server. */
export const logOfServer = (server: FastifyRequest['server']): Log => server.hordeLog;

/** A child that names the request. Made on demand: most requests log nothing. */
export const logOf = (request: FastifyRequest): Log => {
  const traceparent = traceparentOf(request);
  return logOfServer(request.server).child({ request: request.id, ...(traceparent && { traceparent }) });
};

declare module 'fastify' {
  interface FastifyInstance {
    hordeLog: Log;
  }
}
