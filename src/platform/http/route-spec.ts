import { RouteConfig } from '@nestjs/platform-fastify';
import type { BodyClass } from './body/rules.js';
import type { RateLimitCode } from './limits/rate-limits.js';

/**
 * What a route declares about itself. Decorators of a controller's method fill it in; `route-hooks.ts` turns it into
 * Fastify hooks when the route is registered, so that nothing of it is looked up while requests are served.
 */
export interface RouteSpec {
  body?: { readonly mode: 'strict' | 'loose' | 'form'; readonly type: BodyClass };
  apiKey?: 'required' | 'optional';
  callers?: readonly Caller[];
  rateLimit?: RateLimitCode;
  bodyLimitBytes?: number;
  noMask?: true;
}

/**
 * Who may call a route: anyone; anyone who knows the id (`capability`); anybody's key; a registered user's key; the owner of
 * the thing; a moderator; an admin; the operator (user 1). Several mean any of them.
 */
export type Caller = 'anyone' | 'capability' | 'key' | 'user' | 'owner' | 'moderator' | 'admin' | 'operator';

declare module 'fastify' {
  interface FastifyContextConfig {
    spec?: RouteSpec;
  }
}

const specs = new WeakMap<object, RouteSpec>();

/** The spec of a controller's method, made at its first decorator and handed to Fastify as the route's config. */
export const specOf = (controller: object, method: string | symbol): RouteSpec => {
  const handler: unknown = Reflect.get(controller, method);
  if (typeof handler !== 'function') throw new TypeError(`${String(method)} is not a method`);
  const known = specs.get(handler);
  if (known) return known;
  const spec: RouteSpec = {};
  specs.set(handler, spec);
  RouteConfig({ spec })(controller, method, { value: handler });
  return spec;
};

const declaring =
  (declare: (spec: RouteSpec) => void): MethodDecorator =>
  (controller, method) => { declare(specOf(controller, method)); };

/** Who may call the route. The handler's feature enforces it; a test sees to it that no route forgets to say. */
export const Callers = (...callers: readonly [Caller, ...Caller[]]): MethodDecorator =>
  declaring((spec) => { spec.callers = callers; });

/** The row of the table of limits (horde-api B.6) that the route obeys. `none` is for heartbeats only. */
export const RateLimit = (code: RateLimitCode): MethodDecorator => declaring((spec) => { spec.rateLimit = code; });

/** A smaller limit than the application's for the bytes of the body; beyond it 413. */
export const BodyLimit = (bytes: number): MethodDecorator => declaring((spec) => { spec.bodyLimitBytes = bytes; });

/** The answer is never masked by `X-Fields`. */
export const NoMask = (): MethodDecorator => declaring((spec) => { spec.noMask = true; });
