import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.js';

/** Whom this server may call because somebody who asked for something named a URL. */
export interface OutboundRules {
  /** Any public address, over HTTPS at its own port. False on a private horde. */
  readonly anybody: boolean;
  /** Origins (`scheme://host:port`) that the operator trusts, whatever their scheme, port and address. */
  readonly origins: ReadonlySet<string>;
  /** Of HTTPS, beside its own. */
  readonly ports?: ReadonlySet<number>;
}

/** Ours: longer ones are made to cost something. */
export const URL_CHARACTERS_MAX = 2_048;

export interface Permitted {
  readonly url: URL;
  /** Named by the operator: its address is not looked at. */
  readonly isTrusted: boolean;
}

/** The URL to call, or why it is not called. What its name resolves to is another question, asked with every call. */
export const permitted = (text: string, rules: OutboundRules): Permitted | { readonly reason: string } => {
  if (text.length > URL_CHARACTERS_MAX) return { reason: `is longer than ${URL_CHARACTERS_MAX} characters` };
  if (!URL.canParse(text)) return { reason: 'is not a URL' };
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { reason: 'is neither https nor http' };
  if (url.username !== '' || url.password !== '') return { reason: 'holds a user name or a password' };
  if (rules.origins.has(url.origin)) return { url, isTrusted: true };
  const reason = faultOfStranger(url, rules);
  return reason === undefined ? { url, isTrusted: false } : { reason };
};

const faultOfStranger = (url: URL, { anybody, ports }: OutboundRules): string | undefined => {
  if (!anybody) return 'is outside, and this server calls nobody there';
  if (url.protocol !== 'https:') return 'does not start with https://';
  if (url.port !== '' && !ports?.has(Number(url.port))) return 'names another port than 443';
  return isLiteral(url) && !isPublicAddress(hostOf(url)) ? 'names an address that is not public' : undefined;
};

/** Without the brackets of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');
const isLiteral = (url: URL): boolean => isIP(hostOf(url)) !== 0;
