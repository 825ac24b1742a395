import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Secrets } from '../../platform/vault/secrets.js';
import { ATTEMPTS_MAX, retryDelayMs, signatureOf, webhookSecret } from './webhook.js';

const secrets = new Secrets(Buffer.alloc(32, 1));

describe('the secret of a webhook', () => {
  it('is of one request and one server, and the same whenever it is asked for', () => {
    const secret = webhookSecret(secrets, 'a');
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(webhookSecret(secrets, 'a')).toBe(secret);
    expect(new Set([secret, webhookSecret(secrets, 'b'), webhookSecret(new Secrets(Buffer.alloc(32, 2)), 'a'), secrets.keyedHash('content', 'a')]).size).toBe(4);
  });
});

describe('the signature of a delivery', () => {
  it('holds its time and its body together, as bytes', () => {
    const hmac = createHmac('sha256', 'secret').update('1772366400.{"word":"schön"}', 'utf8').digest('hex');
    expect(signatureOf('secret', '{"word":"schön"}', Date.UTC(2026, 2, 1, 12, 0, 0, 999))).toBe(`t=1772366400,v1=${hmac}`);
    expect(signatureOf('secret', '{"word":"schön"}', Date.UTC(2026, 2, 1, 12, 0, 1))).not.toContain(hmac);
  });
});

describe('the next attempt', () => {
  it('comes twice as late each time, a quarter sooner or later', () => {
    const delays = Array.from({ length: ATTEMPTS_MAX - 1 }, (_, index) => retryDelayMs(index + 1, 0.5) / 1_000);
    expect(delays).toEqual([30, 60, 120, 240, 480, 960, 1_920]);
    expect(delays.reduce((sum, each) => sum + each, 0)).toBe(63.5 * 60);
    fc.assert(fc.property(fc.integer({ min: 1, max: 7 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempts, random) => {
      const middle = retryDelayMs(attempts, 0.5);
      expect(Math.abs(retryDelayMs(attempts, random) - middle)).toBeLessThanOrEqual(middle / 4 + 1);
    }), { seed: 33, numRuns: 200 });
  });
});
