import { isIP, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * The caller's address. Exactly `proxyHops` proxies (0 or 1) are believed: with one, the last element of X-Forwarded-For,
 * which that proxy appended; everything before it is the caller's own claim (horde-api B.2).
 */
export const clientIpOf = ({ headers, raw }: Pick<FastifyRequest, 'headers' | 'raw'>, proxyHops: 0 | 1): string => {
  const forwarded = headers['x-forwarded-for'];
  if (proxyHops === 1 && typeof forwarded === 'string') {
    const last = plainIp(forwarded.slice(forwarded.lastIndexOf(',') + 1).trim());
    if (last !== undefined) return last;
  }
  return plainIp(raw.socket.remoteAddress ?? '') ?? UNKNOWN_IP;
};

/** The address that a proxy speaks for, if its passkey is a service account's (horde-api B.2); otherwise undefined. */
export type ProxiedFor = (address: string, passkey: string) => string | undefined;

/** Undefined where nobody speaks for anybody else, or is not believed. */
export const spokenFor = ({ headers }: Pick<FastifyRequest, 'headers'>, proxiedFor: ProxiedFor | undefined): string | undefined => {
  const [address, passkey] = [headers['proxied-for'], headers['proxy-authorization']];
  if (!proxiedFor || typeof address !== 'string' || typeof passkey !== 'string') return undefined;
  const believed = proxiedFor(address, passkey);
  return believed === undefined ? undefined : plainIp(believed);
};

/** A socket that is gone has no address. */
const UNKNOWN_IP = '0.0.0.0';
const MAPPED = '::ffff:';

/** The address in one spelling (IPv4 out of its IPv6 mapping, without zone), or undefined when it is none. */
export const plainIp = (text: string): string | undefined => {
  if (isIP(text) === 0) return undefined;
  const address = text.toLowerCase();
  if (address.startsWith(MAPPED) && isIP(address.slice(MAPPED.length)) === 4) return address.slice(MAPPED.length);
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
};

/** What limits count as one caller: an IPv4 address, or the /64 that one IPv6 subscriber has to himself. */
export const limitedAs = (ip: string): string => {
  if (!isIPv6(ip)) return ip;
  const [head = '', tail] = ip.split('::'); // `::` stands for as many zero groups as are missing from eight
  const groups = groupsOf(head);
  if (tail !== undefined) {
    const rest = groupsOf(tail);
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  return `${groups.slice(0, 4).map((group) => group.padStart(4, '0')).join(':')}::/64`;
};

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'));
