import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../../kernel/clock.js';
import { isProblemPath } from '../answer-error.js';
import { PlainRefusal } from '../refusals.js';
import { clientIpOf, limitedAs, spokenFor, type ProxiedFor } from './client-ip.js';
import { FixedWindows } from './fixed-windows.js';
import { RATE_LIMITS, UNIT_MS, type Limit, type RateLimitCode } from './rate-limits.js';

/** Who gets the limits in brackets. A Set will do; a feature may put in something that learns. */
export interface IpWhitelist {
  has(ip: string): boolean;
}
export interface RateLimitOptions {
  readonly enabled: boolean;
  readonly whitelist?: IpWhitelist;
  readonly proxiedFor?: ProxiedFor | undefined;
}
export interface LimiterOptions extends RateLimitOptions {
  readonly clock: Clock;
  readonly proxyHops: 0 | 1;
}

export const ANONYMOUS_KEY = '0000000000';

interface Counter {
  readonly limit: Limit;
  readonly windows: FixedWindows;
}
interface Standing {
  readonly counter: Counter;
  readonly key: string;
  readonly max: number;
  readonly count: number;
}

/** In this process's memory only: behind a balancer each node counts for itself. */
export class RateLimiter {
  private readonly counters = new Map<RateLimitCode, readonly Counter[]>();
  private sweptMinute = -1;

  constructor(private readonly options: LimiterOptions) {}

  /** Counts one request of a route under its limits and says so in its headers. @throws PlainRefusal 429 */
  take(code: RateLimitCode, request: FastifyRequest, reply: FastifyReply): void {
    const nowMs = this.options.clock.now();
    this.sweep(nowMs);
    const standings = this.standings(code, request, nowMs);
    const tightest = standings.reduce((one, other) => (isTighter(other, one) ? other : one));
    if (tightest.count >= tightest.max) throw refusal(tightest, nowMs, request, reply);
    for (const { counter, key } of standings) counter.windows.add(key, nowMs);
    describe({ ...tightest, count: tightest.count + 1 }, nowMs, request, reply);
  }

  /** Keys in memory, of all limits. */
  get size(): number {
    return [...this.counters.values()].flat().reduce((sum, { windows }) => sum + windows.size, 0);
  }

  private standings(code: RateLimitCode, request: FastifyRequest, nowMs: number): readonly Standing[] {
    const ip = clientIpOf(request, this.options.proxyHops);
    const whitelisted = this.options.whitelist?.has(ip) ?? false;
    return this.countersOf(code).map((counter) => {
      const key = this.keyOf(counter.limit, ip, request);
      return { counter, key, max: maxOf(counter.limit, whitelisted, request), count: counter.windows.count(key, nowMs) };
    });
  }

  private countersOf(code: RateLimitCode): readonly Counter[] {
    let counters = this.counters.get(code);
    if (!counters) {
      counters = RATE_LIMITS[code].map((limit) => ({ limit, windows: new FixedWindows(UNIT_MS[limit.per]) }));
      this.counters.set(code, counters);
    }
    return counters;
  }

  private keyOf({ by }: Limit, ip: string, request: FastifyRequest): string {
    if (by === 'rule') return `${limitedAs(ip)} ${ruleOf(request)}`;
    const who = by === 'key' ? hashed(apiKeyOf(request) ?? '') : limitedAs(spokenFor(request, this.options.proxiedFor) ?? ip);
    return bounded(`${who} ${request.method} ${pathOf(request)}`);
  }

  /** Once a minute, so that windows that nobody asks for any more are dropped as well. */
  private sweep(nowMs: number): void {
    const minute = Math.floor(nowMs / UNIT_MS.minute);
    if (minute === this.sweptMinute) return;
    this.sweptMinute = minute;
    for (const { windows } of [...this.counters.values()].flat()) windows.turn(nowMs);
  }
}

const left = ({ max, count }: Standing): number => Math.max(0, max - count); // a whitelisted address may have used more

/** Fewer left; among equals the longer window, which is what a refused caller has to wait for. */
const isTighter = (one: Standing, other: Standing): boolean =>
  left(one) < left(other) || (left(one) === left(other) && lengthMs(one) > lengthMs(other));
const lengthMs = ({ counter }: Standing): number => counter.windows.lengthMs;

const maxOf = ({ max, whitelistedMax = max, anonymousMax = max }: Limit, whitelisted: boolean, request: FastifyRequest): number => {
  const key = apiKeyOf(request);
  const anonymous = key === undefined || key === ANONYMOUS_KEY;
  return Math.max(max, whitelisted ? whitelistedMax : max, anonymous ? anonymousMax : max);
};

const apiKeyOf = ({ headers }: FastifyRequest): string | undefined => {
  const key = headers['apikey'];
  return typeof key === 'string' && key !== '' ? key : undefined;
};

const ruleOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url ?? '';

/** The full path as the router understood it: its raw spelling is the caller's choice (`/asyn%63`, `http://any/async`). */
const pathOf = (request: FastifyRequest): string => {
  const params = request.params as Readonly<Record<string, string>>;
  let path = ruleOf(request);
  for (const name in params) path += ` ${params[name] ?? ''}`;
  return path;
};

const hashed = (text: string): string => createHash('sha256').update(text).digest('base64');

/** Callers choose the path: without a bound 50,000 of them could be 800 MB. */
const KEY_MAX = 200;
const bounded = (key: string): string => (key.length <= KEY_MAX ? key : hashed(key));

const refusal = (standing: Standing, nowMs: number, request: FastifyRequest, reply: FastifyReply): PlainRefusal => {
  describe(standing, nowMs, request, reply);
  const { counter: { limit, windows }, max } = standing;
  const retryAfter = Math.max(1, Math.ceil((windows.endMs(nowMs) - nowMs) / 1000));
  // No rc: that is how clients tell this from the 429 `TooManyPrompts`.
  return new PlainRefusal(429, `${max} per 1 ${limit.per}`, { 'retry-after': retryAfter });
};

const describe = (standing: Standing, nowMs: number, request: FastifyRequest, reply: FastifyReply): void => {
  const { counter: { limit, windows }, max } = standing;
  const endMs = windows.endMs(nowMs);
  const remaining = left(standing);
  void reply
    .header('x-ratelimit-limit', max)
    .header('x-ratelimit-remaining', remaining)
    .header('x-ratelimit-reset', Math.ceil(endMs / 1000));
  if (!isProblemPath(ruleOf(request))) return;
  // draft-ietf-httpapi-ratelimit-headers, for the API that no older client knows
  void reply
    .header('ratelimit-policy', `"default";q=${max};w=${UNIT_MS[limit.per] / 1000}`)
    .header('ratelimit', `"default";r=${remaining};t=${Math.max(1, Math.ceil((endMs - nowMs) / 1000))}`);
};
