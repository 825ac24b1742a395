import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { answerPlainly, NO_SUCH_PATH } from './answer-error.js';
import type { ProxiedFor } from './limits/client-ip.js';
import { PathTable } from './path-table.js';

/**
 * What holds for every request before anything reads it: the headers of every answer, errors included (horde-api B.1), and
 * the answers for what is no route: OPTIONS, a wrong method, an unknown path.
 */
export interface EdgeOptions {
  /** `host:port:version`, informational. */
  readonly node: string;
  /** Proxies in front of this server whose X-Forwarded-For is believed; the public horde has exactly one. */
  readonly proxyHops: 0 | 1;
  /** Whose word on their callers' addresses is taken. */
  readonly proxiedFor?: ProxiedFor | undefined;
}

export interface EdgeState extends Pick<EdgeOptions, 'proxyHops' | 'proxiedFor'> {
  /** All that was registered, in order, without what Fastify adds by itself. */
  readonly routes: RouteOptions[];
  readonly paths: PathTable;
}

declare module 'fastify' {
  interface FastifyInstance {
    hordeEdge: EdgeState;
  }
}

const REQUEST_HEADERS =
  'Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, apikey, Client-Agent, X-Fields, X-Forwarded-For, ' +
  'Proxied-For, Proxy-Authorization, Idempotency-Key, Kudos-Position, Last-Event-ID';
const EXPOSED_HEADERS =
  'Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, RateLimit, RateLimit-Policy, Kudos-Position, ' +
  'Idempotency-Replayed, Horde-Node';

export const everyAnswer = (node: string): Readonly<Record<string, string>> => ({
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE, PATCH',
  'access-control-allow-headers': REQUEST_HEADERS,
  'access-control-expose-headers': EXPOSED_HEADERS,
  'horde-node': node,
});

/** Installs the edge on a Fastify instance. Before any route is registered. */
export const installEdge = (server: FastifyInstance, { node, proxyHops, proxiedFor }: EdgeOptions): void => {
  const state: EdgeState = { proxyHops, proxiedFor, routes: [], paths: new PathTable() };
  server.decorate('hordeEdge', state);
  server.addHook('onRoute', (route) => { remember(route, state); });
  closeConnectionsOnClosing(server);
  const headers = everyAnswer(node);
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headers);
    // Before the body is read: a wrong method is a 405, whatever was sent along.
    if (request.is404) answerNoRoute(request, reply); // and done() is never called: it goes no further
    else done();
  });
};

/**
 * Fastify closes the connections that are idle when closing begins, and tells those whose next request comes. A connection
 * that was being answered would be kept alive, and the process with it, for as long as its client likes.
 */
const closeConnectionsOnClosing = (server: FastifyInstance): void => {
  let isClosing = false;
  server.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done(null, payload);
  });
};

const remember = (route: RouteOptions, { routes, paths }: EdgeState): void => {
  const methods = Array.isArray(route.method) ? route.method : [route.method];
  paths.add(route.url, methods);
  // Fastify serves HEAD wherever GET is; those are not routes of anybody's.
  if (!(methods.length === 1 && methods[0] === 'HEAD' && routes.some(({ url, method }) => url === route.url && method === 'GET'))) {
    routes.push(route);
  }
};

const answerNoRoute = (request: FastifyRequest, reply: FastifyReply): void => {
  const methods = request.server.hordeEdge.paths.methodsAt(request.url);
  if (methods.length === 0) {
    answerPlainly(404, NO_SUCH_PATH, request, reply);
    return;
  }
  void reply.header('allow', [...methods, 'OPTIONS'].join(', '));
  if (request.method === 'OPTIONS') void reply.code(200).send('');
  else answerPlainly(405, 'The method is not allowed for this path.', request, reply);
};
