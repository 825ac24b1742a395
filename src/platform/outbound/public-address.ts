import { BlockList, isIP } from 'node:net';

/**
 * Blocks of IPv4 that are not the internet (IANA's registry of special-purpose addresses, of 2025), and one that clouds serve their
 * machines' secrets from although it looks public. 169.254/16, 100.64/10 and 192.0.0/24 hold most such services.
 */
const SPECIAL_IPV4: readonly string[] = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24',
  '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  '168.63.129.16/32',
];
/**
 * Global unicast is 2000::/3, and everything else is refused by not being it: loopback, unspecified, link-local, unique local,
 * multicast, IPv4-mapped (::ffff:0:0/96) and -translated addresses, NAT64 (64:ff9b::/96, 64:ff9b:1::/48). Within it these are special:
 * protocol assignments with Teredo, documentation, 6to4, and more documentation.
 */
const GLOBAL_IPV6 = '2000::/3';
const SPECIAL_IPV6: readonly string[] = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', '2620:4f:8000::/48'];

const listOf = (blocks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList();
  for (const block of blocks) {
    const [network, prefix] = block.split('/') as [string, string];
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
};
const specialIpv4 = listOf(SPECIAL_IPV4, 'ipv4');
const globalIpv6 = listOf([GLOBAL_IPV6], 'ipv6');
const specialIpv6 = listOf(SPECIAL_IPV6, 'ipv6');

/** Whether an address is one of the open internet: never this machine, its network, or a way back to them in disguise. */
export const isPublicAddress = (address: string): boolean => {
  if (isIP(address) === 4) return !specialIpv4.check(address, 'ipv4');
  if (isIP(address) !== 6 || address.includes('%')) return false; // a zone is of this machine's network
  return globalIpv6.check(address, 'ipv6') && !specialIpv6.check(address, 'ipv6');
};
