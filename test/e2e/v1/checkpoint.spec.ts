import { describe, expect, it } from '@jest/globals';
import { decodePosition } from '../../../src/platform/http/kudos-position.js';
import { startHorde } from '../../support/app.js';
import { compared, everyEvent } from '../../support/checkpoints.js';
import type { Answer, Fields } from '../../support/client.js';

const PATIENCE_MS = 10_000;
const horde = await startHorde('checkpoint');
const { client, server: { platform: { notary, log } } } = horde;
const [alice, bob] = [await client.person('alice', 1_000), await client.person('bob', 25)];

interface Shown extends Fields {
  readonly verifier_key: string;
  readonly origin: string;
  readonly size: number;
  readonly position: string;
  readonly signed_at: string;
  readonly age_ms: number;
}
const shown = async (): Promise<Shown> => (await client.get<Shown>('/v1/ledger/notary')).body;
/** The newest checkpoint after a transfer that it covers. */
const signedTransfer = async (): Promise<Answer<string>> => {
  const sent = await client.transfer(alice.key, bob.alias, 1);
  expect(sent.status).toBe(200);
  expect(await notary!.waitFor(decodePosition(sent.headers.get('kudos-position')!)!, PATIENCE_MS)).toBe(true);
  return client.get<string>('/v1/ledger/checkpoint');
};

describe('GET /v1/ledger/checkpoint', () => {
  it('is a signed note, as text, of a tree that covers every event before it', async () => {
    const { status, headers, body } = await signedTransfer();
    expect({ status, type: headers.get('content-type'), cached: headers.get('cache-control') }).toEqual({ status: 200, type: 'text/plain; charset=utf-8', cached: 'no-cache' });
    const { signed, computed } = await compared(log, body, notary!.verifierKey);
    expect({ size: signed.size, root: signed.root }).toEqual(computed);
    expect(signed.origin).toBe(`horde-ledger/${log.storeId}`);
    expect((await everyEvent(log)).slice(0, signed.size).map(({ type }) => type)).toContain('FundsTransferred.v1');
  });

  it('grows, and every earlier one is of a prefix of the same log', async () => {
    const notes = [await signedTransfer(), await signedTransfer(), await signedTransfer()].map(({ body }) => body);
    const all = await Promise.all(notes.map((note) => compared(log, note, notary!.verifierKey)));
    for (const { signed, computed } of all) expect({ size: signed.size, root: signed.root }).toEqual(computed);
    const sizes = all.map(({ signed }) => signed.size);
    expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
  });

  it('is for anybody', async () => {
    expect((await client.get('/v1/ledger/checkpoint', 'no key of anybody')).status).toBe(200);
  });
});

describe('GET /v1/ledger/notary', () => {
  it('names the key, the origin, and how far and how old the newest checkpoint is', async () => {
    await signedTransfer();
    const answer = await shown();
    const { signed } = await compared(log, (await client.get<string>('/v1/ledger/checkpoint')).body, answer.verifier_key);
    expect(answer).toEqual({
      verifier_key: notary!.verifierKey, origin: signed.origin, size: signed.size, position: expect.any(String), signed_at: expect.any(String), age_ms: expect.any(Number),
    });
    expect(decodePosition(answer.position)).toBe((await everyEvent(log))[signed.size - 1]!.position);
    expect(Date.parse(answer.signed_at)).toBeLessThanOrEqual(Date.now());
  });
});

describe('GET /v1/health/ready', () => {
  it('shows the notary of this process', async () => {
    await signedTransfer();
    expect((await client.get('/v1/health/ready')).body['notary']).toMatchObject({ state: 'signing', behindMs: expect.any(Number) });
  });
});
