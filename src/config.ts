import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { kudos, type Kudos } from './kernel/kudos.js';
import { parseNetwork, type Network } from './platform/networks.js';

/** What a process does: `api` serves the horde, `projector` keeps the read models up to date, `notary` signs the state of the ledger. */
export const PROCESS_ROLES = ['api', 'projector', 'notary'] as const;
export type ProcessRole = (typeof PROCESS_ROLES)[number];

/** Everything that can be set from outside, read once, here and nowhere else. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly blobsDir: string;
  readonly roles: ReadonlySet<ProcessRole>;
  readonly profile: 'public' | 'private';
  readonly eventstoreUrl: string | undefined;
  readonly eventstoreNamespace: string;
  readonly logListen: Address | undefined;
  readonly databaseUrl: string | undefined;
  readonly masterKey: string | undefined;
  readonly notaryKey: string | undefined;
  readonly publicUrl: string | undefined;
  readonly admins: readonly number[];
  readonly anonymous: boolean;
  readonly anonymousLimits: boolean;
  /** One claim in so many goes to the payer who has waited longest; 0: none. */
  readonly fairShare: number;
  /** Whether what a payer was handed out takes from the age of what it has waiting. */
  readonly fairAges: boolean;
  readonly fairBatches: boolean;
  readonly registration: boolean;
  readonly escrow: boolean;
  readonly kudosCap: Kudos;
  /** Undefined: nobody is trusted by what was earned. */
  readonly trustThreshold: Kudos | undefined;
  /** Undefined: nothing is fetched from there. Always undefined on a private horde. */
  readonly patreon: { readonly url: string; readonly token: string } | undefined;
  readonly stripe: { readonly url: string; readonly key: string } | undefined;
  readonly donationSource: number | undefined;
  /** Undefined: nobody is asked about anybody's address. Always undefined on a private horde. */
  readonly addressChecker: { readonly url: string; readonly allowed: readonly Network[] } | undefined;
  /** Of source images and webhooks: beside public addresses, or, on a private horde, instead of them. */
  readonly outboundOrigins: ReadonlySet<string>;
  /** A file (PEM) of an authority that their certificates may be signed by. */
  readonly outboundCa: string | undefined;
  readonly promptFilters: boolean;
  readonly upfrontOnWorkerList: boolean;
  readonly matchedTargeting: boolean;
  readonly testApiKeys: boolean;
  readonly rateLimits: boolean;
  readonly speedLimits: boolean;
  readonly rateLimitWhitelist: readonly string[];
  readonly trustProxyHops: number;
  readonly bodyLimitBytes: number;
  readonly blobLimitBytes: number;
  readonly logLevel: string;
  readonly node: string;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

interface Key<Value> {
  readonly key: string;
  readonly help: string;
  /** Shown by --help. */
  readonly default: string;
  readonly read: (text: string) => Value;
}

const flag = (text: string): boolean => {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)?$/i.test(text)) return false;
  throw new ConfigError('is neither on nor off (1, true, yes, on / 0, false, no, off)');
};
const whole = (min: number, max: number) => (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) throw new ConfigError(`is not a whole number from ${min} to ${max}`);
  return value;
};
const oneOf = <Choice extends string>(...choices: readonly Choice[]) => (text: string): Choice => {
  const found = choices.find((choice) => choice === text);
  if (!found) throw new ConfigError(`is none of ${choices.join(', ')}`);
  return found;
};
const optional = (text: string): string | undefined => (text === '' ? undefined : text);
const url = (...protocols: readonly string[]) => (text: string): string | undefined => {
  if (text === '') return undefined;
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) throw new ConfigError(`is not a URL that starts with ${protocols.join(' or ')}`);
  return text;
};
/** Not a URL in the strict sense: it may name several hosts. The client reads the rest. */
const esdbUrl = (text: string): string | undefined => {
  if (text === '') return undefined;
  if (!/^esdb(\+discover)?:\/\/[^/]/.test(text)) throw new ConfigError('is not a connection string that starts with esdb:// or esdb+discover://');
  return text;
};
/** `host:port`, an IPv6 host in brackets; undefined when it is none. */
export const parseAddress = (text: string): Address | undefined => {
  const match = /^(?:\[([0-9a-f:]+)\]|([^:]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  return match && port <= 65_535 ? { host: (match[1] ?? match[2])!, port } : undefined;
};
const address = (text: string): Address | undefined => {
  const parsed = parseAddress(text);
  if (text !== '' && !parsed) throw new ConfigError('is not an address such as 127.0.0.1:2113');
  return parsed;
};
const namespace = (text: string): string => {
  if (!/^([a-z0-9_]{1,40}\.?)?$/.test(text)) throw new ConfigError('has other characters than a-z 0-9 _ (and one full stop at its end) or more than 40');
  return text;
};
const list = (text: string): readonly string[] => text.split(',').map((item) => item.trim()).filter(Boolean);
/** `scheme://host` or `scheme://host:port`, in the form in which URLs are compared. */
const origins = (text: string): ReadonlySet<string> => new Set(list(text).map((item) => {
  const parsed = URL.canParse(item) ? new URL(item) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.href !== `${parsed.origin}/`) throw new ConfigError('names what is not an origin such as https://hooks.example.org:8443');
  return parsed.origin;
}));

/** With the place where the address goes. */
const checkerUrl = (text: string): string | undefined => {
  const parsed = url('http:', 'https:')(text);
  if (parsed !== undefined && !parsed.includes('{ip}')) throw new ConfigError('does not say with {ip} where the address goes');
  return parsed;
};
const networks = (text: string): readonly Network[] => list(text).map((item) => {
  const network = parseNetwork(item);
  if (!network) throw new ConfigError(`names ${item}, which is neither an address nor a network such as 203.0.113.0/24`);
  return network;
});

/** An empty text, as compose files pass what is not set, means all of them. */
const roles = (text: string): ReadonlySet<ProcessRole> => {
  const named = text === '' ? [...PROCESS_ROLES] : list(text);
  return new Set(named.map(oneOf(...PROCESS_ROLES)));
};

/** Aliases `name#id` as upstream writes them; only the id counts, so that a rename neither gains nor loses it (Q04). */
const admins = (text: string): readonly number[] => {
  const parsed: unknown = text === '' ? [] : text.trimStart().startsWith('[') ? JSON.parse(text) : list(text);
  if (!Array.isArray(parsed)) throw new ConfigError('is not a list of aliases such as ["name#7"]');
  return parsed.map((alias) => {
    const id = Number(String(alias).split('#').at(-1));
    if (!Number.isInteger(id) || id <= 0) throw new ConfigError(`names ${String(alias)}, which is not an alias such as name#7`);
    return id;
  });
};

/** One alias `name#id`, or the number alone. */
const account = (text: string): number | undefined => {
  const [id] = text === '' ? [] : admins(JSON.stringify([text]));
  return id;
};

const KEYS = {
  port: { key: 'PORT', default: '7001', help: 'TCP port of the HTTP API', read: whole(0, 65_535) },
  host: { key: 'HOST', default: '127.0.0.1', help: 'address to listen on; 0.0.0.0 opens the horde to the network', read: String },
  dataDir: { key: 'DATA_DIR', default: './data', help: 'event log, embedded PostgreSQL, blobs and keys live here', read: (text) => resolve(text) },
  blobsDir: {
    key: 'BLOBS_DIR', default: '', read: (text) => (text === '' ? undefined : resolve(text)),
    help: 'images lie here; several nodes share one directory; default: DATA_DIR/blobs',
  },
  roles: {
    key: 'ROLES', default: PROCESS_ROLES.join(), read: roles,
    help: 'what this process does: api serves the horde, projector keeps the read models, notary signs the ledger\'s state; several processes share one EVENTSTORE_URL and DATABASE_URL',
  },
  profile: {
    key: 'HORDE_PROFILE', default: 'public', read: oneOf('public', 'private'),
    help: 'public: everybody may register, anonymous use is on, balances are capped; private: none of it',
  },
  eventstoreUrl: {
    key: 'EVENTSTORE_URL', default: '', read: esdbUrl,
    help: 'esdb://… (one node, or several separated by commas) of an EventStoreDB instead of the embedded log',
  },
  eventstoreNamespace: {
    key: 'EVENTSTORE_NAMESPACE', default: '', read: namespace,
    help: 'put before every stream\'s name, so that several hordes can share an EventStoreDB: at most 40 of a-z 0-9 _',
  },
  logListen: {
    key: 'LOG_LISTEN', default: '', read: address,
    help: '127.0.0.1:2113, say: shows the embedded log there, for reading, to any client of EventStoreDB on this machine',
  },
  databaseUrl: {
    key: 'DATABASE_URL', default: '', help: 'postgres://… instead of the embedded PostgreSQL', read: url('postgres:', 'postgresql:'),
  },
  masterKey: {
    key: 'HORDE_MASTER_KEY', default: '', read: optional,
    help: '64 hex digits that wrap the keys of personal data; default: DATA_DIR/master.key, made at first start',
  },
  notaryKey: {
    key: 'HORDE_NOTARY_KEY', default: '', read: optional,
    help: '64 hex digits, the secret half of the notary\'s Ed25519 key; default: DATA_DIR/notary.key, made at first start',
  },
  publicUrl: {
    key: 'PUBLIC_URL', default: '', read: url('http:', 'https:'),
    help: 'how clients reach this server; signed image URLs start with it; default: http://HOST:PORT',
  },
  admins: { key: 'ADMINS', default: '', help: 'aliases that may do what admins may, e.g. ["name#7"]; the id counts', read: admins },
  anonymous: { key: 'ANONYMOUS', default: 'profile', help: 'on or off: may 0000000000 generate (public: on, private: off)', read: String },
  anonymousLimits: {
    key: 'ANONYMOUS_LIMITS', default: 'on', read: flag,
    help: 'on: what one address may have unfinished without an account shrinks as the expected wait grows',
  },
  fairShare: {
    key: 'FAIR_SHARE', default: '4', read: whole(0, 1_000),
    help: 'one job in so many, of each worker, goes to whoever has waited longest, whatever their kudos; 0: none does',
  },
  fairAges: {
    key: 'FAIR_AGES', default: 'on', read: flag,
    help: 'on: thirty requests are served hardly faster than one, because each job takes its wait from the age of its payer\'s others',
  },
  fairBatches: {
    key: 'FAIR_BATCHES', default: 'on', read: flag,
    help: 'on: a worker that asks for several jobs of a request leaves some to idle workers, and to requests that come first by then',
  },
  registration: { key: 'REGISTRATION', default: 'profile', help: 'on or off: may anybody register (public: on, private: off)', read: String },
  escrow: { key: 'ESCROW', default: 'profile', help: 'on or off: does half of what untrusted owners earn wait for trust (public: on, private: off)', read: String },
  kudosCap: {
    key: 'KUDOS_CAP', default: 'profile', read: String,
    help: 'kudos that one can accumulate: more has no say in the queue, cannot be sent and goes to pool:commons (public: 10000000, private: none)',
  },
  trustThreshold: {
    key: 'KUDOS_TRUST_THRESHOLD', default: 'profile', read: String,
    help: 'kudos in escrow beyond which a user of a week or more is trusted; 0 or nothing: never (public: 10000, private: never)',
  },
  patreonToken: {
    key: 'PATREON_CREATOR_ACCESS_TOKEN', default: '', read: optional,
    help: 'creator\'s access token: patrons are thanked with monthly kudos (public profile only)',
  },
  patreonUrl: { key: 'PATREON_URL', default: 'https://www.patreon.com', help: 'where Patreon\'s API is', read: url('http:', 'https:') },
  stripeKey: {
    key: 'STRIPE_API_KEY', default: '', read: optional,
    help: 'restricted key that may read subscriptions, customers and products: subscribers are thanked with monthly kudos (public profile only)',
  },
  stripeUrl: { key: 'STRIPE_URL', default: 'https://api.stripe.com', help: 'where Stripe\'s API is', read: url('http:', 'https:') },
  donationSource: {
    key: 'DONATION_SOURCE_USER', default: '', read: account,
    help: 'alias or number of the account that repays monthly thanks from what the operators\' workers earn; default: nobody',
  },
  addressChecker: {
    key: 'IP_CHECKER', default: '', read: checkerUrl,
    help: 'https://…{ip}…: scores the addresses of workers from 0 to 1; from 0.93 on only trusted, VPN and supporting users run workers there (public profile only)',
  },
  addressesAllowed: {
    key: 'IP_CHECKER_ALLOW', default: '', read: networks,
    help: 'networks that need no check, separated by commas, e.g. 203.0.113.0/24,2001:db8::/32',
  },
  outboundOrigins: {
    key: 'OUTBOUND_ORIGINS', default: '', read: origins,
    help: 'such as http://hooks.internal:8080, separated by commas: source images and webhooks may be there, whatever their scheme, port and address; a private horde calls nobody else',
  },
  promptFilters: {
    key: 'PROMPT_FILTERS', default: 'on', read: flag,
    help: 'on: prompts of images are looked through by the filters of moderators, and models for adults are asked for adults only',
  },
  upfrontOnWorkerList: {
    key: 'HORDE_UPFRONT_KUDOS_ON_WORKERLIST', default: '0', read: flag,
    help: 'on: requests that name workers need their price upfront, and are not downgraded',
  },
  matchedTargeting: {
    key: 'HORDE_REQUIRE_MATCHED_TARGETING', default: '0', read: flag,
    help: 'on: requests that name workers go only to those which prioritise the requester, for 0.1 kudos a job',
  },
  testApiKeys: {
    key: 'HORDE_TEST_APIKEYS', default: '0', help: 'opens POST /api/v2/dev/test-user to the loopback address; for tests only', read: flag,
  },
  rateLimitsOff: { key: 'HORDE_TEST_RATELIMIT_DISABLED', default: '0', help: 'switches all rate limits off; for tests and benches only', read: flag },
  speedLimitsOff: {
    key: 'HORDE_TEST_SPEEDLIMIT_DISABLED', default: '0', read: flag,
    help: 'suspects no worker of delivering faster than anybody can; for tests and benches only',
  },
  outboundCa: {
    key: 'HORDE_TEST_OUTBOUND_CA', default: '', read: optional,
    help: 'file of a certificate that source images and webhooks may show beside those of well-known authorities; for tests only',
  },
  rateLimitWhitelist: { key: 'RATELIMIT_WHITELIST', default: '', help: 'addresses with the wider limits, separated by commas', read: list },
  trustProxyHops: {
    key: 'TRUST_PROXY_HOPS', default: '0', read: whole(0, 1),
    help: '1 behind a reverse proxy: the last X-Forwarded-For address is then the client',
  },
  bodyLimitMiB: { key: 'BODY_LIMIT_MIB', default: '64', help: 'largest request body', read: whole(1, 1024) },
  blobLimitMiB: { key: 'BLOB_LIMIT_MIB', default: '20', help: 'largest image that a worker may upload or a request may bring', read: whole(1, 1024) },
  logLevel: {
    key: 'LOG_LEVEL', default: 'info', help: 'trace, debug, info, warn, error or silent', read: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
  },
  node: { key: 'NODE_NAME', default: '', help: 'name of this process in events and headers; default: the host name', read: (text) => text || hostname() },
} as const satisfies Record<string, Key<unknown>>;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigError naming the key, its value's fault, and nothing secret */
export const readConfig = (environment: Environment = process.env): Config => {
  const read = <Name extends keyof typeof KEYS>(name: Name): ReturnType<(typeof KEYS)[Name]['read']> => {
    const { key, default: fallback, read: parse } = KEYS[name] as Key<ReturnType<(typeof KEYS)[Name]['read']>>;
    try {
      return parse((environment[key] ?? fallback).trim());
    } catch (error) {
      throw new ConfigError(`${key} ${error instanceof ConfigError ? error.message : 'cannot be read'}. See --help.`);
    }
  };
  const profile = read('profile');
  const byProfile = (name: 'anonymous' | 'registration' | 'escrow'): boolean => {
    const text = read(name);
    return text === 'profile' ? profile === 'public' : flag(text);
  };
  const cap = read('kudosCap');
  return Object.freeze({
    port: read('port'), host: read('host'), dataDir: read('dataDir'), blobsDir: read('blobsDir') ?? join(read('dataDir'), 'blobs'),
    roles: read('roles'), profile, eventstoreUrl: read('eventstoreUrl'), eventstoreNamespace: read('eventstoreNamespace'), logListen: read('logListen'),
    databaseUrl: read('databaseUrl'), masterKey: read('masterKey'), notaryKey: read('notaryKey'), publicUrl: read('publicUrl'), admins: read('admins'),
    anonymous: byProfile('anonymous'), anonymousLimits: read('anonymousLimits'), fairShare: read('fairShare'), fairAges: read('fairAges'), fairBatches: read('fairBatches'),
    registration: byProfile('registration'), escrow: byProfile('escrow'), kudosCap: capOf(cap, profile),
    trustThreshold: thresholdOf(read('trustThreshold'), profile),
    ...supporters({ profile, patreonToken: read('patreonToken'), patreonUrl: read('patreonUrl'), stripeKey: read('stripeKey'), stripeUrl: read('stripeUrl') }),
    donationSource: read('donationSource'), addressChecker: checkerOf(profile, read('addressChecker'), read('addressesAllowed')),
    outboundOrigins: read('outboundOrigins'), outboundCa: read('outboundCa'),
    promptFilters: read('promptFilters'), upfrontOnWorkerList: read('upfrontOnWorkerList'), matchedTargeting: read('matchedTargeting'),
    testApiKeys: read('testApiKeys'), rateLimits: !read('rateLimitsOff'), speedLimits: !read('speedLimitsOff'), rateLimitWhitelist: read('rateLimitWhitelist'),
    trustProxyHops: read('trustProxyHops'), bodyLimitBytes: read('bodyLimitMiB') * 2 ** 20, blobLimitBytes: read('blobLimitMiB') * 2 ** 20,
    logLevel: read('logLevel'), node: read('node'),
  });
};

interface SupporterKeys {
  readonly profile: Config['profile'];
  readonly patreonToken: string | undefined;
  readonly patreonUrl: string | undefined;
  readonly stripeKey: string | undefined;
  readonly stripeUrl: string | undefined;
}
/** A private horde fetches nothing from outside, whatever is set (design.md §6). */
const supporters = ({ profile, patreonToken, patreonUrl, stripeKey, stripeUrl }: SupporterKeys): Pick<Config, 'patreon' | 'stripe'> => ({
  patreon: profile === 'public' && patreonToken !== undefined && patreonUrl !== undefined ? { url: patreonUrl, token: patreonToken } : undefined,
  stripe: profile === 'public' && stripeKey !== undefined && stripeUrl !== undefined ? { url: stripeUrl, key: stripeKey } : undefined,
});

/** A private horde asks nobody (design.md §6). */
const checkerOf = (profile: Config['profile'], checker: string | undefined, allowed: readonly Network[]): Config['addressChecker'] =>
  profile === 'public' && checker !== undefined ? { url: checker, allowed } : undefined;

/** design.md §6: 10,000,000 on the public horde, none on a private one. */
const PUBLIC_CAP = 10_000_000;
/** More than there will ever be. */
export const NO_CAP = 90_000_000_000_000;
const capOf = (text: string, profile: 'public' | 'private'): Kudos => {
  if (text === 'profile') return kudos(profile === 'public' ? PUBLIC_CAP : NO_CAP);
  return kudos(whole(1, NO_CAP)(text));
};

/** design.md §6: 10,000 on the public horde; on a private one nothing waits to be released. */
const PUBLIC_TRUST_THRESHOLD = 10_000;
const thresholdOf = (text: string, profile: 'public' | 'private'): Kudos | undefined => {
  if (text === 'profile') return profile === 'public' ? kudos(PUBLIC_TRUST_THRESHOLD) : undefined;
  const amount = text === '' ? 0 : whole(0, NO_CAP)(text);
  return amount === 0 ? undefined : kudos(amount);
};

/** What --help prints: every key, its default and its meaning. */
export const configHelp = (): string => {
  const width = Math.max(...Object.values(KEYS).map(({ key }) => key.length));
  const lines = Object.values(KEYS).map((each) => `  ${each.key.padEnd(width)}  ${each.help}${each.default ? ` [${each.default}]` : ''}`);
  return `Settings are read from the environment:\n\n${lines.join('\n')}\n`;
};
