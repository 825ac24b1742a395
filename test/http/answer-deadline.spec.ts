import { afterAll, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { installAnswerDeadline } from '../../src/platform/http/answer-deadline.js';
import { listenerOf } from '../../src/platform/http/listener.js';
import { ManualTimers, SettableClock } from '../support/ports.js';

const clock = new SettableClock();
const timers = new ManualTimers();
const server = fastify({ forceCloseConnections: true });
installAnswerDeadline(server, { clock, timers });
/** What the handlers wait for, by path. */
const work = new Map<string, () => void>();
const workAt = (path: string): Promise<void> => new Promise((resolve) => work.set(path, resolve));
server.get('/slow', async () => {
  await workAt('/slow');
  return 'late';
});
server.get('/patient', async (_request, reply) => {
  await listenerOf(reply, {}).resting(workAt('/patient'));
  await workAt('/after');
  return 'in time';
});
const gone: AbortSignal[] = [];
server.get('/watched', async (_request, reply) => {
  gone.push(listenerOf(reply, {}).gone);
  await workAt('/watched');
  return 'nobody hears';
});
const unheard: string[] = [];
server.get('/heard/:how', async (request, reply) => {
  const { how } = request.params as { how: string };
  const watch = (): void => { listenerOf(reply, {}).ifUnheard(() => void unheard.push(how)); };
  if (how !== 'late') watch();
  if (how === 'hung up' || how === 'late') await workAt(how);
  if (how === 'late') watch();
  if (how === 'failed') throw new Error('on the way to the answer');
  return 'an answer';
});
const url = await server.listen({ port: 0, host: '127.0.0.1' });
afterAll(() => server.close());

const begun = async (path: string): Promise<void> => {
  while (!work.has(path)) await new Promise((resolve) => setImmediate(resolve));
};
const tenSecondsPass = (): void => {
  clock.pass(10_000);
  timers.wakeAll();
};

describe('a call that ends without its answer', () => {
  const happened = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  };

  it('is told of once: when its caller has hung up, when it failed, and when it was ended before', async () => {
    await (await fetch(`${url}/heard/answered`)).text();
    expect((await fetch(`${url}/heard/failed`)).status).toBe(500);
    const connection = new AbortController();
    const hungUp = fetch(`${url}/heard/hung up`, { signal: connection.signal });
    await begun('hung up');
    connection.abort();
    await expect(hungUp).rejects.toThrow('aborted');
    await happened(() => unheard.includes('hung up'));
    work.get('hung up')!();
    const late = fetch(`${url}/heard/late`);
    await begun('late');
    tenSecondsPass();
    expect((await late).status).toBe(503);
    work.get('late')!();
    await happened(() => unheard.includes('late'));
    expect(unheard).toEqual(['failed', 'hung up', 'late']);
  });
});

describe('the limit on the duration of a call', () => {
  it('ends a call that works for too long', async () => {
    const answer = fetch(`${url}/slow`);
    await begun('/slow');
    tenSecondsPass();
    expect((await answer).status).toBe(503);
    work.get('/slow')!();
  });

  it('does not count while the call only waits for somebody, and begins anew after that', async () => {
    const [patient, slow] = [fetch(`${url}/patient`), fetch(`${url}/slow`)];
    work.delete('/slow');
    await Promise.all([begun('/patient'), begun('/slow')]);
    tenSecondsPass();
    expect((await slow).status).toBe(503);
    work.get('/patient')!();
    await begun('/after');
    work.get('/after')!();
    expect([(await patient).status]).toEqual([200]);
    const again = fetch(`${url}/patient`);
    for (const path of ['/patient', '/after']) work.delete(path);
    await begun('/patient');
    work.get('/patient')!();
    await begun('/after');
    tenSecondsPass();
    expect((await again).status).toBe(503);
    for (const resolve of work.values()) resolve();
  });

  it('is not needed to see that a caller has hung up', async () => {
    const connection = new AbortController();
    const answer = fetch(`${url}/watched`, { signal: connection.signal });
    await begun('/watched');
    expect(gone[0]!.aborted).toBe(false);
    const closed = new Promise((resolve) => { gone[0]!.addEventListener('abort', resolve); });
    connection.abort();
    await expect(answer).rejects.toThrow('aborted');
    await closed;
    work.get('/watched')!();
  });
});
