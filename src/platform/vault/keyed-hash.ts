/**
 * A keyed hash (HMAC-SHA-256 under a key derived from the master key) in lower-case hex: what stands in events and stream
 * names for things that must be found again but not read (API keys, names, sign-in subjects). `purpose` separates their spaces.
 */
export type KeyedHash = (
  purpose: 'api-key' | 'subject' | 'worker-name' | 'style-name' | 'collection-name' | 'team-name' | 'style-example' | 'filter-regex' | 'idempotency' | 'shared-key' | 'proxy-passkey' | 'address',
  text: string,
) => string;
