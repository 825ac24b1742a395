import type {
  FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction, preHandlerHookHandler, preSerializationHookHandler, RouteOptions,
} from 'fastify';
import { isProblemPath } from './answer-error.js';
import { compileBody } from './body/compile-body.js';
import { masked, parseMask } from './field-mask.js';
import { POSITION_HEADER, POSITION_WAIT_MS, positionNotReached, type PositionWaiter } from './kudos-position.js';
import type { RateLimiter } from './limits/rate-limiter.js';
import { apiKeyOf, positionOf } from './parameters.js';
import { readForm, readLoose, readStrict, type ReadBody } from './read-body.js';
import { InvalidInput, missingHeader, nulByte, PlainRefusal, Refused } from './refusals.js';
import type { RouteSpec } from './route-spec.js';

/**
 * Turns what routes declare into Fastify hooks, once per route. Order: rate limit → body → headers → NUL → position → handler
 * → mask (horde-api F.1, B.5). Plain functions: a Nest interceptor would cost each request ten times as much.
 */
export interface RouteHookOptions {
  /** Undefined: limits are switched off. */
  readonly limiter: RateLimiter | undefined;
  readonly positions: () => PositionWaiter | undefined;
}

/** A route that declares no body ignores what is sent; a web form's or a tool's stray bytes fit in here. */
const IGNORED_BODY_BYTES_MAX = 64 * 1024;
const FORM_BYTES_MAX = 64 * 1024;

export const installRouteHooks = (server: FastifyInstance, options: RouteHookOptions): void => {
  server.decorateRequest('checkedBody', null);
  server.addHook('onRoute', (route) => {
    const spec = route.config?.spec;
    if (spec) hook(route, spec, options);
  });
};

const hook = (route: RouteOptions, spec: RouteSpec, { limiter, positions }: RouteHookOptions): void => {
  assertCoherent(route, spec);
  const limit = bodyLimit(spec);
  if (limit !== undefined) route.bodyLimit = limit;
  route.onRequest = beforeBody(spec, limiter);
  route.preHandler = beforeHandler(spec, route.url, positions);
  if (!spec.noMask) route.preSerialization = mask;
};

const assertCoherent = ({ method, url }: RouteOptions, { callers, apiKey }: RouteSpec): void => {
  const open = !callers || callers.includes('anyone') || callers.includes('capability');
  if (!open && !apiKey) throw new Error(`${String(method)} ${url} is for ${callers.join(' or ')} but takes no key`);
};

const bodyLimit = ({ body, bodyLimitBytes }: RouteSpec): number | undefined => {
  if (bodyLimitBytes !== undefined) return bodyLimitBytes;
  if (!body) return IGNORED_BODY_BYTES_MAX;
  return body.mode === 'form' ? FORM_BYTES_MAX : undefined;
};

const beforeBody = ({ rateLimit = 'none' }: RouteSpec, limiter: RateLimiter | undefined) => {
  const limited = rateLimit !== 'none' && limiter;
  return (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    if (limited) limited.take(rateLimit, request, reply);
    const encoding = request.headers['content-encoding'];
    // A megabyte of gzip is a gigabyte of zeros; no client of the horde compresses what it sends.
    if (encoding !== undefined && encoding !== 'identity') throw new PlainRefusal(400, 'Compressed request bodies are not accepted.');
    done();
  };
};

const beforeHandler = (spec: RouteSpec, url: string, positions: RouteHookOptions['positions']): preHandlerHookHandler => {
  const read = spec.body && readerOf(spec.body, url);
  const needsKey = spec.apiKey === 'required';
  return (request, _reply, done) => {
    const nul = read ? checkBody(read, request) : false;
    if (needsKey && apiKeyOf(request) === undefined) throw withoutKey(url);
    if (nul || request.url.includes('%00')) throw nulByte();
    if (request.headers[POSITION_HEADER] === undefined || !isRead(request)) done();
    else waitForPosition(request, positions(), done);
  };
};

const readerOf = ({ mode, type }: NonNullable<RouteSpec['body']>, url: string): ReadBody => {
  if (mode === 'strict') return readStrict(compileBody(type, isProblemPath(url) ? 'exact' : 'strict'));
  return mode === 'loose' ? readLoose(compileBody(type, mode)) : readForm(compileBody(type, mode));
};

const checkBody = (read: ReadBody, request: FastifyRequest): boolean => {
  const { value, errors, nul } = read(request);
  if (errors) throw new InvalidInput(errors, 'body');
  request.checkedBody = value;
  request.body = undefined; // the bytes may be megabytes; the handler has no use for them
  return nul;
};

const withoutKey = (url: string): Error =>
  isProblemPath(url) ? new Refused('InvalidAPIKey', 401, 'The header apikey is missing.') : missingHeader('apikey');

const isRead = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD';

const waitForPosition = (request: FastifyRequest, waiter: PositionWaiter | undefined, done: HookHandlerDoneFunction): void => {
  const position = positionOf(request);
  if (position === undefined) {
    done();
    return;
  }
  const waiting = waiter ? waiter.waitFor(position, POSITION_WAIT_MS) : Promise.resolve(false);
  waiting.then(
    (reached) => { done(reached ? undefined : positionNotReached()); },
    (error: unknown) => { done(error instanceof Error ? error : new Error('waiting for a position failed', { cause: error })); },
  );
};

const mask: preSerializationHookHandler = (request, reply, payload, done) => {
  const fields = request.headers['x-fields'];
  if (typeof fields === 'string' && fields.trim() !== '' && reply.statusCode < 400) done(null, masked(payload, parseMask(fields)));
  else done(null, payload);
};
