import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contains, isPublic, networkAround, parseNetwork, subscriberOf } from './networks.js';

describe('a network', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', 32], ['203.0.113.0/24', '203.0.113.0/24', 24], ['203.0.113.7/32', '203.0.113.7', 32], ['0.0.0.0/0', '0.0.0.0/0', 0],
    ['2001:DB8::/32', '2001:db8::/32', 32], ['::1', '::1', 128], ['::ffff:192.0.2.1', '192.0.2.1', 32], ['64:ff9b::192.0.2.33', '64:ff9b::192.0.2.33', 128],
  ])('%s is read', (sent, text, prefix) => expect(parseNetwork(sent)).toMatchObject({ text, prefix }));

  it.each(['', 'localhost', '203.0.113', '203.0.113.7/24', '203.0.113.0/33', '203.0.113.0/', '203.0.113.0/24/24', '203.0.113.0/-1', '2001:db8::1/64', 'fe80::1%eth0', '::ffff:192.0.2.0/120', '1::/129'])(
    '%p is none', (sent) => expect(parseNetwork(sent)).toBeUndefined());

  it('has the addresses that share its first bits, and no others', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(fc.property(fc.tuple(octet, octet, octet, octet), fc.tuple(octet, octet, octet, octet), fc.integer({ min: 0, max: 32 }), (one, other, prefix) => {
      const valueOf = (octets: readonly number[]): number => octets.reduce((sum, each) => sum * 256 + each, 0);
      const size = 2 ** (32 - prefix);
      const first = Math.floor(valueOf(one) / size) * size;
      const network = parseNetwork(`${[24, 16, 8, 0].map((bits) => Math.floor(first / 2 ** bits) % 256).join('.')}/${prefix}`)!;
      const value = valueOf(other);
      expect(contains(network, other.join('.'))).toBe(value >= first && value < first + size);
      expect(networkAround(other.join('.'), network)!.key === network.key).toBe(contains(network, other.join('.')));
    }), { seed: 10 });
  });

  it('of one family has no address of the other', () => {
    expect(contains(parseNetwork('::/0')!, '203.0.113.7')).toBe(false);
    expect(contains(parseNetwork('0.0.0.0/0')!, '2001:db8::1')).toBe(false);
    expect(networkAround('203.0.113.7', parseNetwork('::/0')!)).toBeUndefined();
  });
});

it('a subscriber has an IPv4 address, or a whole /64', () => {
  expect(subscriberOf('203.0.113.7').text).toBe('203.0.113.7');
  const home = subscriberOf('2001:db8:1:2:3:4:5:6');
  expect(home.text).toBe('2001:db8:1:2::/64');
  expect(parseNetwork(home.text)).toEqual(home);
  expect(parseNetwork('2001:0DB8:1:2:0::/64')!.key).toBe(home.key);
  expect([contains(home, '2001:db8:1:2::ffff'), contains(home, '2001:db8:1:3::1')]).toEqual([true, false]);
  expect(subscriberOf('2001:db8::1').text).toBe('2001:db8:0:0::/64');
});

it.each<[string, boolean]>([
  ['127.0.0.1', false], ['10.1.2.3', false], ['172.31.0.1', false], ['172.32.0.1', true], ['192.168.7.7', false], ['0.0.0.0', false], ['::1', false], ['fd00::1', false], ['fe80::1', false],
  ['203.0.113.7', true], ['2001:db8::1', true],
])('%s is of the Internet: %p', (ip, expected) => expect(isPublic(ip)).toBe(expected));
