import { describe, expect, it } from '@jest/globals';
import { permitted, type OutboundRules } from './outbound-rules.js';

const open: OutboundRules = { anybody: true, origins: new Set() };
const closed: OutboundRules = { anybody: false, origins: new Set(['http://hooks.internal:8080', 'https://10.0.0.7']) };
const reasonOf = (url: string, rules = open): string | undefined => {
  const target = permitted(url, rules);
  return 'reason' in target ? target.reason : undefined;
};

describe('a URL that somebody named', () => {
  it.each(['https://example.org', 'https://example.org:443/cat.png?size=2#ear', 'https://1.1.1.1/x', 'https://[2606:4700::1111]/x', 'HTTPS://EXAMPLE.ORG/'])('is called: %s', (url) =>
    expect(reasonOf(url)).toBeUndefined());

  // Each with its own fault, in the order in which they are looked for.
  it.each<readonly [string, string]>([
    [`https://example.org/${'x'.repeat(2_048)}`, 'is longer than 2048 characters'],
    ['https://', 'is not a URL'], ['https://exa mple.org', 'is not a URL'], ['https://1.2.3.4.5', 'is not a URL'], ['//example.org', 'is not a URL'],
    ['ftp://example.org', 'is neither https nor http'], ['file:///etc/passwd', 'is neither https nor http'], ['gopher://127.0.0.1', 'is neither https nor http'],
    ['https://user@example.org', 'holds a user name or a password'], ['https://:secret@example.org', 'holds a user name or a password'],
    ['http://example.org', 'does not start with https://'],
    ['https://example.org:80', 'names another port than 443'], ['https://example.org:6379', 'names another port than 443'],
    ...['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '127.0.0.1.', '１２７.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '169.254.169.254', '0']
      .map((host) => [`https://${host}/`, 'names an address that is not public'] as const),
  ])('is not called: %s', (url, reason) => expect(reasonOf(url)).toBe(reason));

  it('is called anywhere when the operator has named its origin, and nowhere else by a horde that calls nobody outside', () => {
    expect(permitted('http://hooks.internal:8080/done?x=1', closed)).toMatchObject({ isTrusted: true });
    expect(permitted('https://10.0.0.7/done', closed)).toMatchObject({ isTrusted: true });
    for (const url of ['https://example.org', 'http://hooks.internal', 'https://hooks.internal:8080', 'http://hooks.internal.example.org:8080', 'https://10.0.0.8']) {
      expect(reasonOf(url, closed)).toBe('is outside, and this server calls nobody there');
    }
    expect(reasonOf('http://user@hooks.internal:8080', closed)).toBe('holds a user name or a password');
  });
});
