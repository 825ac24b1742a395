import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../support/app.js';
import { ANONYMOUS, V2 } from '../../support/client.js';

const horde = await startHorde('status_routes');
const { client } = horde;
const FIGURES = [
  'interrogator_count', 'interrogator_thread_count', 'past_minute_megapixelsteps', 'past_minute_tokens', 'queued_forms', 'queued_megapixelsteps', 'queued_requests',
  'queued_text_requests', 'queued_tokens', 'text_thread_count', 'text_worker_count', 'thread_count', 'worker_count',
];

describe('GET /status/heartbeat', () => {
  it('says OK with its version, also to a mask', async () => {
    const expected = { message: 'OK', version: expect.any(String), queue: expect.any(Number), threads: expect.any(Number), active_count: expect.any(Number), db_connection: true };
    expect(await client.get(`${V2}/status/heartbeat`)).toMatchObject({ status: 200, body: expected });
    expect((await client.get(`${V2}/status/heartbeat`, undefined, { 'x-fields': 'nothing' })).body).toEqual(expected);
  });

  it('answers HEAD and OPTIONS, and every answer carries the headers of the edge', async () => {
    const head = await client.send('HEAD', `${V2}/status/heartbeat`);
    expect([head.status, head.body]).toEqual([200, '']);
    const options = await client.send('OPTIONS', `${V2}/status/heartbeat`);
    expect([options.status, options.body, options.headers.get('allow')]).toEqual([200, '', 'GET, HEAD, OPTIONS']);
    for (const answer of [head, options, await client.get('/nowhere'), await client.get(`${V2}/users/x`)]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('horde-node')).toMatch(/^test:\d+:/);
    }
  });
});

describe('GET /status/performance', () => {
  it('counts what waits, who is here and what was made', async () => {
    const empty = await client.get(`${V2}/status/performance`);
    expect(Object.keys(empty.body).sort()).toEqual(FIGURES);
    expect(Object.values(empty.body)).toEqual(FIGURES.map(() => 0));

    const owner = await client.person('owner', 25, { trusted: true });
    const [images, text] = [await client.askImage(ANONYMOUS, { params: { n: 3, width: 1024, height: 1024, steps: 10 } }), await client.askText(ANONYMOUS, { models: ['waiting'], params: { n: 2, max_length: 100 } })];
    const popped = await client.popImage(owner.key, { name: 'dreamer', threads: 3, amount: 1 });
    await client.popText(owner.key, { name: 'scribe', threads: 2, models: ['another'] });
    await horde.caughtUp();
    const busy = (await client.get(`${V2}/status/performance`)).body;
    expect(busy).toMatchObject({ queued_requests: 3, queued_text_requests: 2, worker_count: 1, text_worker_count: 1, thread_count: 3, text_thread_count: 2, past_minute_megapixelsteps: 0 });
    expect(busy['queued_megapixelsteps']).toBeGreaterThan(0);
    expect(busy['queued_tokens']).toBe(200);

    await client.submitImage(owner.key, popped.body.id);
    await Promise.all([client.cancel(images.body.id), client.cancel(text.body.id, 'text')]);
    await horde.caughtUp();
    const after = (await client.get(`${V2}/status/performance`)).body;
    expect(after).toMatchObject({ queued_requests: 0, queued_text_requests: 0, queued_megapixelsteps: 0, queued_tokens: 0 });
    expect(after['past_minute_megapixelsteps']).toBeGreaterThan(0);
  });
});
