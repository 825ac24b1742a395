import { isIP, isIPv6 } from 'node:net';
import { plainIp } from './http/limits/client-ip.js';

/** A range of addresses, or one address of its own (`prefix` 32 or 128), in one spelling. */
export interface Network {
  /** `203.0.113.7`, `203.0.113.0/24`, `2001:db8:0:0::/64`: as it is shown. */
  readonly text: string;
  /** The same for every spelling of it. */
  readonly key: string;
  readonly bytes: readonly number[];
  readonly prefix: number;
}

const GROUPS = 8;

/** An address or `address/prefix`; undefined when it is neither, or has bits set beyond its prefix. */
export const parseNetwork = (text: string): Network | undefined => {
  const [, address, length] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const ip = address === undefined ? undefined : plainIp(address);
  if (address === undefined || ip === undefined) return undefined;
  const bytes = bytesOf(ip);
  const bits = bytes.length * 8;
  if (length === undefined) return networkOf(ip, bytes, bits);
  const prefix = Number(length);
  if (prefix > bits || isIP(address) !== isIP(ip)) return undefined;
  if (masked(bytes, prefix).some((byte, index) => byte !== bytes[index])) return undefined;
  return networkOf(prefix === bits ? ip : `${ip}/${prefix}`, bytes, prefix);
};

const networkOf = (text: string, bytes: readonly number[], prefix: number): Network => ({ text, key: `${Buffer.from(bytes).toString('hex')}/${prefix}`, bytes, prefix });

/** Whether the address is of the network; an IPv4 address is of no IPv6 network. */
export const contains = ({ bytes, prefix }: Network, ip: string): boolean => {
  const address = bytesOf(ip);
  return address.length === bytes.length && masked(address, prefix).every((byte, index) => byte === bytes[index]);
};

/** The network of so many bits that the address is in; undefined where addresses of its family have fewer bits. */
export const networkAround = (ip: string, { bytes, prefix }: Pick<Network, 'bytes' | 'prefix'>): Network | undefined => {
  const address = bytesOf(ip);
  return address.length === bytes.length ? networkOf(`${ip}/${prefix}`, masked(address, prefix), prefix) : undefined;
};

/** What one subscriber has to himself: an IPv4 address, or the /64 of an IPv6 address (horde-rules §9.1). */
export const subscriberOf = (ip: string): Network => {
  if (!isIPv6(ip)) return parseNetwork(ip)!;
  const bytes = masked(bytesOf(ip), 64);
  return networkOf(`${groupsIn(bytes).slice(0, 4).map((group) => group.toString(16)).join(':')}::/64`, bytes, 64);
};

const masked = (bytes: readonly number[], prefix: number): number[] =>
  bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefix - index * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });

const bytesOf = (ip: string): number[] => {
  if (!isIPv6(ip)) return ip.split('.').map(Number);
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(ip); // the last 32 bits may be written as an IPv4 address
  const plain = dotted ? `${dotted[1]!}${hex(dotted[2]!, dotted[3]!)}:${hex(dotted[4]!, dotted[5]!)}` : ip;
  const [head = '', tail] = plain.split('::');
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')];
  const groups = tail === undefined ? before : [...before, ...Array.from({ length: GROUPS - before.length - after.length }, () => 0), ...after];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
};

const hex = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
const groupsOf = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
const groupsIn = (bytes: readonly number[]): number[] => Array.from({ length: GROUPS }, (_, index) => bytes[2 * index]! * 256 + bytes[2 * index + 1]!);

/** Nobody comes from there over the Internet: this machine, private and link-local ranges. */
const LOCAL = ['0.0.0.0', '127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10', '::', '::1', 'fc00::/7', 'fe80::/10']
  .map((text) => parseNetwork(text)!);

/** Whether the address may be that of anybody out there. */
export const isPublic = (ip: string): boolean => !LOCAL.some((network) => contains(network, ip));
