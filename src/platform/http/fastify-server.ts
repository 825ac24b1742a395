import { STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerError, answerPlainly, NO_SUCH_PATH } from './answer-error.js';
import { everyAnswer, type EdgeOptions } from './edge.js';

/** How long a caller may take. Each has a limit: a connection that drips bytes holds a socket and nothing else. */
export interface Timeouts {
  /** For the headers of a request. */
  readonly headersMs: number;
  /** For a whole request: 40 MB of image at 1 Mbit/s take five minutes. */
  readonly requestMs: number;
  /** For the next request on an idle connection; above the 60 s that balancers commonly keep theirs. */
  readonly keepAliveMs: number;
  /** How often overdue connections are looked for. */
  readonly checkEveryMs: number;
}
export const TIMEOUTS: Timeouts = { headersMs: 15_000, requestMs: 300_000, keepAliveMs: 72_000, checkEveryMs: 5_000 };

/** A base64 source image of 40 MB and its mask fit in (horde-api B.1). */
export const BODY_LIMIT_BYTES = 64 * 1024 * 1024;
/** A name of 255 characters, each percent-encoded as three bytes or more. */
const PATH_PARAMETER_MAX = 4_096;

export interface ServerOptions extends EdgeOptions {
  readonly bodyLimitBytes?: number;
  readonly timeouts?: Timeouts;
  readonly requestId: () => string;
}

/** Nest's adapter with our edge: bodies stay bytes until the route's hook reads them, errors leave by `answerError`. */
export class HordeAdapter extends FastifyAdapter {
  constructor(options: ServerOptions) {
    super(serverOptions(options));
  }

  override registerParserMiddleware(): void {
    const server = this.getInstance<FastifyInstance>();
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body); });
  }

  override setErrorHandler(): FastifyInstance {
    return this.getInstance<FastifyInstance>().setErrorHandler((error, request, reply) => { answerError(error, request, reply); });
  }

  override setNotFoundHandler(): FastifyInstance {
    return this.getInstance<FastifyInstance>().setNotFoundHandler((request, reply) => {
      answerPlainly(404, NO_SUCH_PATH, request, reply);
    });
  }
}

const serverOptions = ({ node, proxyHops, bodyLimitBytes = BODY_LIMIT_BYTES, timeouts = TIMEOUTS, requestId }: ServerOptions): FastifyHttpOptions<Server> & { readonly skipMiddie: true } => {
  const headers = everyAnswer(node);
  return {
    skipMiddie: true, // we have no middleware; its hook would cost every request
    bodyLimit: bodyLimitBytes,
    routerOptions: { maxParamLength: PATH_PARAMETER_MAX },
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    http: { headersTimeout: timeouts.headersMs, connectionsCheckingInterval: timeouts.checkEveryMs },
    return503OnClosing: false, // what was accepted is answered
    genReqId: requestId,
    // A number of hops would be ignored by Fastify, which cannot know who is a proxy. We do: the operator said so.
    trustProxy: proxyHops === 1 ? (_address: string, hop: number) => hop === 0 : false,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      answerError(error, request, reply.headers(headers));
    },
    clientErrorHandler: (error: Error & { code?: string }, socket: Socket) => { refuseConnection(error, socket, headers); },
  };
};

const CONNECTION_FAULTS: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431, HPE_CHUNK_EXTENSIONS_OVERFLOW: 413 };

/** What Node could not even read as HTTP still gets an answer with our headers. */
const refuseConnection = ({ code = '' }: { code?: string }, socket: Socket, headers: Readonly<Record<string, string>>): void => {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = CONNECTION_FAULTS[code] ?? 400;
  const body = JSON.stringify({ message: STATUS_CODES[status] });
  const head = { ...headers, 'content-type': 'application/json; charset=utf-8', 'content-length': String(body.length), connection: 'close' };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n${body}`, () => socket.destroy());
};
