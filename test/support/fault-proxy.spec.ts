import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { SystemClock } from '../../src/platform/system/system.js';
import { eventually } from '../reliability/eventually.js';
import { FaultProxy } from './fault-proxy.js';

const clock = new SystemClock();
const SEED = 7;
const PATIENCE_MS = 5_000;

let server: Server;
let proxy: FaultProxy;
let atServer: Socket[];
const clients: Client[] = [];

/** What one end of a connection has got so far, and how it ended. */
class Client {
  readonly socket = connect(proxy.port, '127.0.0.1');
  received = Buffer.alloc(0);
  error: string | undefined;
  readonly closed: Promise<void> = new Promise((resolve) => this.socket.on('close', () => resolve()));

  constructor() {
    clients.push(this);
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code));
    this.socket.on('data', (bytes: Buffer) => (this.received = Buffer.concat([this.received, bytes])));
  }
  say(text: string): void {
    this.socket.write(text);
  }
  async heard(count: number): Promise<string> {
    while (this.received.length < count) await once(this.socket, 'data');
    return this.received.toString();
  }
}

const echo = (socket: Socket): void => {
  atServer.push(socket);
  socket.on('error', () => undefined).on('data', (bytes) => socket.write(bytes)).on('end', () => socket.end());
};

beforeEach(async () => {
  atServer = [];
  server = createServer({ allowHalfOpen: true }, echo).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await FaultProxy.listen({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, SEED);
});
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  proxy.close();
  for (const socket of atServer) socket.destroy();
  server.close();
  await once(server, 'close');
});

describe('a line without faults', () => {
  it('carries every byte both ways, counts them, and ends as its ends do', async () => {
    const client = new Client();
    const text = 'kudos '.repeat(100_000);
    client.socket.end(text);
    expect(await client.heard(text.length)).toBe(text);
    await client.closed;
    expect({ error: client.error, figures: proxy.figures, open: proxy.open })
      .toEqual({ error: undefined, figures: { connections: 1, resets: 0, swallowed: 0, bytes: { up: text.length, down: text.length } }, open: 0 });
  });

  it('ends when the server is gone', async () => {
    const client = new Client();
    client.say('a');
    await client.heard(1);
    atServer[0]!.resetAndDestroy();
    await client.closed;
    expect(client.error).toBe('ECONNRESET');
  });
});

describe('a fault', () => {
  it('delays each way by what was chosen, and keeps the order', async () => {
    proxy.set({ delayMs: { up: { least: 30, most: 60 }, down: { least: 20, most: 30 } } });
    const client = new Client();
    const begun = clock.monotonic();
    for (const word of ['one ', 'two ', 'three']) client.say(word);
    expect(await client.heard(13)).toBe('one two three');
    expect(clock.monotonic() - begun).toBeGreaterThanOrEqual(45); // a timer may be a millisecond early, each way
  });

  it('lets only so many bytes a second through', async () => {
    proxy.set({ bytesPerSecond: 1_000 });
    const client = new Client();
    const begun = clock.monotonic();
    client.say('x'.repeat(300));
    await client.heard(300);
    expect(clock.monotonic() - begun).toBeGreaterThanOrEqual(180); // the first hundred need not wait
  });

  it('resets a connection after exactly so many bytes, in the middle of a message', async () => {
    proxy.set({ resetAfterBytes: { least: 1_234, most: 1_234 } });
    const client = new Client();
    client.say('x'.repeat(5_000));
    await client.closed;
    expect({ error: client.error, ...proxy.figures }).toEqual({ error: 'ECONNRESET', connections: 1, resets: 1, swallowed: 0, bytes: { up: 1_234, down: 0 } });
  });

  it('resets where the seed says, which is the same place every time', async () => {
    const places: number[] = [];
    for (let k = 0; k < 2; k++) {
      const again = await FaultProxy.listen({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, SEED);
      again.set({ resetAfterBytes: { least: 1, most: 4_000 } });
      const socket = connect(again.port, '127.0.0.1').on('error', () => undefined);
      socket.write('x'.repeat(4_000));
      await new Promise((resolve) => socket.once('close', resolve));
      places.push(again.figures.bytes.up + again.figures.bytes.down);
      again.close();
    }
    expect(places[0]).toBe(places[1]);
  });

  it('leaves a connection half open: one way goes on, the other waits until it heals', async () => {
    const client = new Client();
    client.say('before ');
    await client.heard(7);
    proxy.set({ halfOpen: 'down' });
    client.say('meanwhile');
    await once(atServer[0]!, 'data'); // it has arrived; the echo does not come back
    expect(client.received.toString()).toBe('before ');
    await proxy.heal();
    expect(await client.heard(16)).toBe('before meanwhile');
  });

  it('swallows everything, and healing resets what has lost bytes', async () => {
    const idle = new Client();
    idle.say('a');
    await idle.heard(1);
    proxy.set({ blackHole: true });
    const late = new Client();
    await once(late.socket, 'connect');
    late.say('is anybody there?');
    idle.say('b');
    await eventually('both are swallowed', PATIENCE_MS, () => (proxy.figures.swallowed === 18 ? true : undefined));
    await proxy.heal();
    await Promise.all([late.closed, idle.closed]);
    expect([late, idle].map(({ received, error }) => [received.toString(), error])).toEqual([['', 'ECONNRESET'], ['a', 'ECONNRESET']]);
    const next = new Client();
    next.say('c');
    expect(await next.heard(1)).toBe('c');
  });

  it('refuses new connections and lets the old ones be', async () => {
    const old = new Client();
    old.say('a');
    await old.heard(1);
    proxy.refuse();
    const refused = new Client();
    await refused.closed;
    old.say('b');
    expect([refused.error, await old.heard(2)]).toEqual(['ECONNREFUSED', 'ab']);
    await proxy.heal();
    const next = new Client();
    next.say('c');
    expect(await next.heard(1)).toBe('c');
  });

  it('drops every open connection at once', async () => {
    const three = [new Client(), new Client(), new Client()];
    for (const client of three) client.say('a');
    await Promise.all(three.map((client) => client.heard(1)));
    proxy.drop();
    await Promise.all(three.map(({ closed }) => closed));
    expect({ errors: three.map(({ error }) => error), resets: proxy.figures.resets, open: proxy.open })
      .toEqual({ errors: ['ECONNRESET', 'ECONNRESET', 'ECONNRESET'], resets: 3, open: 0 });
  });
});
