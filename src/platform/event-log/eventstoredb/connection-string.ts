import { LogUnavailable } from '../event-log.js';

/** What the client understands, in the form in which it compares them: any case, with or without `_` and `-`. */
const OPTIONS: ReadonlySet<string> = new Set([
  'connectionname', 'defaultdeadline', 'discoveryinterval', 'gossiptimeout', 'keepaliveinterval', 'keepalivetimeout', 'maxdiscoverattempts', 'nodepreference',
  'throwonappendfailure', 'tls', 'tlscafile', 'tlsverifycert', 'usercertfile', 'userkeyfile',
]);
/** Anything else might be a piece of a password. */
const SPEAKABLE = /^[A-Za-z_-]{1,40}$/;

/**
 * Refuses what the client would ignore with a warning: the warning quotes the whole string, password included.
 * @throws LogUnavailable
 */
export const checkConnectionString = (url: string): void => {
  const afterCredentials = url.slice(url.lastIndexOf('@') + 1);
  const [, query = ''] = /\?(.*)$/s.exec(afterCredentials) ?? [];
  for (const option of query.split(/[&?]/).filter(Boolean)) {
    const [name = '', value = ''] = option.split('=');
    const key = name.trim().toLowerCase().replaceAll(/[_-]/g, '');
    if (!OPTIONS.has(key)) throw new LogUnavailable(`the connection string of the event store has an option that does not exist${SPEAKABLE.test(name) ? `: ${name}` : ''}`);
    if (key === 'tlsverifycert' && value.trim() === 'false') {
      throw new LogUnavailable('tlsVerifyCert=false is not supported: name the certificate of the event store by tlsCAFile, or its authority in NODE_EXTRA_CA_CERTS');
    }
  }
};

/** Why the client does not take the string: in its own words only where these do not quote it. */
export const unreadable = (thrown: unknown): LogUnavailable => {
  const quotes = !(thrown instanceof Error) || 'connectionString' in thrown;
  return new LogUnavailable(quotes
    ? 'the connection string of the event store cannot be read; it is like esdb://user:password@host:2113?tls=true'
    : `the connection string of the event store cannot be used: ${thrown.message}`);
};
