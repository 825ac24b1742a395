/** The table of rate limits (horde-api B.6), and nothing else. Fixed windows. */
export type RateLimitCode =
  | 'RL-D' | 'RL-90u' | 'RL-30' | 'RL-60s' | 'RL-10s' | 'RL-5m' | 'RL-10m' | 'RL-30m' | 'RL-60m'
  | 'RL-G' | 'RL-S' | 'RL-S20' | 'RL-K' | 'none';

export type Unit = 'second' | 'minute' | 'hour';
export const UNIT_MS: Readonly<Record<Unit, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000 };

/**
 * Whom a limit counts: the client's address per URL rule, all methods together (`rule`); the address, or the one it
 * speaks for, per method and full path (`path`); the key per method and full path (`key`).
 */
export type CountedBy = 'rule' | 'path' | 'key';

export interface Limit {
  readonly max: number;
  readonly per: Unit;
  readonly by: CountedBy;
  /** For whitelisted addresses; `max` where there is none. */
  readonly whitelistedMax?: number;
  /** Also for the anonymous key and for requests without a key. */
  readonly anonymousMax?: number;
}

const perMinute = (max: number, by: CountedBy, whitelistedMax?: number): Limit => limit(max, 'minute', by, whitelistedMax);
const perSecond = (max: number, by: CountedBy, whitelistedMax?: number): Limit => limit(max, 'second', by, whitelistedMax);
const perHour = (max: number, by: CountedBy, whitelistedMax?: number): Limit => limit(max, 'hour', by, whitelistedMax);
const limit = (max: number, per: Unit, by: CountedBy, whitelistedMax?: number): Limit =>
  ({ max, per, by, ...(whitelistedMax !== undefined && { whitelistedMax }) });

export const RATE_LIMITS: Readonly<Record<RateLimitCode, readonly Limit[]>> = {
  'RL-D': [perMinute(90, 'rule')],
  'RL-90u': [perMinute(90, 'rule')],
  'RL-30': [perMinute(30, 'rule')],
  'RL-60s': [perSecond(60, 'rule')],
  'RL-10s': [perSecond(10, 'path')],
  'RL-5m': [perMinute(5, 'path')],
  'RL-10m': [perMinute(10, 'path')],
  'RL-30m': [perMinute(30, 'path')],
  'RL-60m': [perMinute(60, 'path')],
  'RL-G': [perMinute(90, 'path', 300), perSecond(2, 'path', 10), { ...perSecond(2, 'key', 60), anonymousMax: 60 }],
  'RL-S': [perMinute(90, 'path', 300), perSecond(2, 'path', 10)],
  'RL-S20': [perHour(20, 'path'), perSecond(2, 'path', 10)],
  'RL-K': [perSecond(1, 'key'), perHour(90, 'key', 600)],
  none: [],
};
