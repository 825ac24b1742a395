import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Clock, Timers } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import { logOf, type Log } from '../telemetry/logger.js';
import { NestLog } from '../telemetry/nest-log.js';
import { installAnswerDeadline } from './answer-deadline.js';
import { installEdge, type EdgeOptions } from './edge.js';
import { HordeAdapter, type Timeouts } from './fastify-server.js';
import type { PositionWaiter } from './kudos-position.js';
import { RateLimiter, type RateLimitOptions } from './limits/rate-limiter.js';
import type { RateLimitCode } from './limits/rate-limits.js';
import { RefusalFilter } from './refusal.filter.js';
import { installRouteHooks } from './route-hooks.js';
import type { Caller, RouteSpec } from './route-spec.js';

/** What every controller stands on, and no feature. Hooks into features are functions, so that they may be made later. */
export interface HttpOptions extends EdgeOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly log: Log;
  /** Most bytes of a body; 64 MiB unless given. Routes may set less with `@BodyLimit`. */
  readonly bodyLimitBytes?: number;
  readonly timeouts?: Timeouts;
  readonly rateLimits: RateLimitOptions;
  /** Without one, a read that names a position is answered 425. */
  readonly positions?: () => PositionWaiter;
}

/** An application on Fastify with the whole edge; not yet listening. Rejects when the module cannot be built. */
export const createHttpApp = async (module: Type | DynamicModule, options: HttpOptions): Promise<NestFastifyApplication> => {
  const adapter = new HordeAdapter({ ...options, requestId: requestIds(options.ids) });
  const behaviour = { abortOnError: false, logger: new NestLog(options.log) };
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class and takes any object
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, behaviour);
  return configureHttp(app, options);
};

/** Puts edge, hooks and filter on an application whose adapter is a `HordeAdapter`. Before `init`. */
export const configureHttp = (app: NestFastifyApplication, options: HttpOptions): NestFastifyApplication => {
  const server = app.getHttpAdapter().getInstance();
  server.decorate('hordeLog', options.log);
  installEdge(server, options);
  installAnswerDeadline(server, options);
  const { rateLimits, positions } = options;
  installRouteHooks(server, {
    limiter: rateLimits.enabled ? new RateLimiter({ ...options, ...rateLimits }) : undefined,
    positions: () => positions?.(),
  });
  logRequests(server, options.log);
  app.useGlobalFilters(new RefusalFilter());
  return app;
};

/** One line a request, at debug: the route's pattern, never its path, headers or body. */
const logRequests = (server: FastifyInstance, log: Log): void => {
  server.addHook('onResponse', (request, reply, done) => {
    if (log.isLevelEnabled('debug')) {
      const { method, routeOptions: { url: route } } = request;
      logOf(request).debug({ method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
    }
    done();
  });
};

/** Unique across restarts by its prefix, in this process by its count. */
const requestIds = (ids: Ids): (() => string) => {
  const prefix = ids.uuid().slice(0, 8);
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
};

export interface DeclaredRoute {
  readonly method: string;
  readonly path: string;
  /** Undefined: the route forgot to say. */
  readonly callers: readonly Caller[] | undefined;
  readonly rateLimit: RateLimitCode | undefined;
  readonly spec: RouteSpec | undefined;
}

/** Every route that was registered, with what it declares. After `init`. */
export const declaredRoutes = (app: INestApplication): readonly DeclaredRoute[] => {
  const server = (app as NestFastifyApplication).getHttpAdapter().getInstance();
  return server.hordeEdge.routes.flatMap(({ method, url, config }) =>
    (Array.isArray(method) ? method : [method]).map((one) => ({
      method: one, path: url, callers: config?.spec?.callers, rateLimit: config?.spec?.rateLimit, spec: config?.spec,
    })));
};
