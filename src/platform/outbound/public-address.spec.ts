import { describe, expect, it } from '@jest/globals';
import { isPublicAddress } from './public-address.js';

describe('an address that may be called', () => {
  it.each(['1.1.1.1', '8.8.8.8', '93.184.216.34', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0', '223.255.255.255',
    '2606:4700::1111', '2a00:1450:4001:80b::200e', '2001:4860:4860::8888', '2001:200::', '2003::1'])('is one of the internet: %s', (address) =>
    expect(isPublicAddress(address)).toBe(true));
});

describe('an address that is never called', () => {
  it.each<readonly [string, readonly string[]]>([
    ['this machine', ['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '::1', '::']],
    ['a private network', ['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fd12:3456::1', 'fec0::1']],
    ['shared by a provider', ['100.64.0.1', '100.127.255.255']],
    ['link-local', ['169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1']],
    ['a cloud\'s service for its machines', ['169.254.169.254', '169.254.170.2', '100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254']],
    ['many at once', ['224.0.0.1', '239.255.255.250', '255.255.255.255', '240.0.0.1', 'ff02::1', 'ff0e::1']],
    ['IPv4 written as IPv6', ['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:0:127.0.0.1']],
    ['IPv4 behind a translator', ['64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::a00:1']],
    ['IPv4 behind 6to4 or Teredo', ['2002:7f00:1::', '2002:a00:1::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '192.88.99.1']],
    ['for documents and tests', ['192.0.2.1', '198.51.100.7', '203.0.113.9', '198.18.0.1', '198.19.255.255', '2001:db8::1', '3fff::1', '2001:2::1']],
    ['no address at all', ['', 'localhost', '1.2.3', '1.2.3.4.5', '0x7f000001', '2130706433', '[::1]', '1.2.3.4/8']],
  ])('is %s', (_what, addresses) => expect(addresses.filter(isPublicAddress)).toEqual([]));
});
