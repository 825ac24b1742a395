import { createServer, type AddressInfo, type Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { makeStrangers } from '../../src/boot/make-strangers.js';
import { readConfig } from '../../src/config.js';
import { GuardedHttp } from '../../src/platform/outbound/guarded-http.js';
import { OutboundFailed } from '../../src/platform/outbound/outbound.js';
import { AnswerTooLarge, type StrangerLimits } from '../../src/platform/outbound/strangers.js';
import { AStranger, CA } from './a-stranger.js';

const stranger = await AStranger.start();
const LIMITS: StrangerLimits = { connectMs: 5_000, totalMs: 10_000, bytesMax: 1_000, redirectsMax: 3 };
const calm = stranger.answer;

afterEach(() => {
  stranger.answer = calm;
  stranger.received.splice(0);
});
afterAll(() => stranger.stop());

interface World {
  /** What each name resolves to, call by call; the last answer stays. */
  readonly names?: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly allowed?: readonly string[];
  readonly origins?: readonly string[];
  readonly anybody?: boolean;
}
/** The real thing, in a world where this machine's loopback is a public address; `localhost` is the name in the certificate. */
const inWorld = ({ names = { localhost: [['127.0.0.1']] }, allowed = ['127.0.0.1'], origins = [], anybody = true }: World = {}) => {
  const asked: string[] = [];
  const http = new GuardedHttp({
    rules: { anybody, origins: new Set(origins), ports: new Set([stranger.port]) }, ca: CA, isAllowed: (address) => allowed.includes(address),
    resolve: (name) => {
      const answers = names[name] ?? [];
      const answer = answers[Math.min(asked.filter((each) => each === name).length, answers.length - 1)];
      asked.push(name);
      return answer ? Promise.resolve(answer) : Promise.reject(new Error('no such name'));
    },
  });
  return { http, asked };
};
const at = (path: string): string => `https://localhost:${stranger.port}${path}`;

describe('a call to a stranger', () => {
  it('is made to the checked address, by the name that was asked for', async () => {
    stranger.answer = (response) => { response.writeHead(200).end('an image'); };
    const { http, asked } = inWorld();
    const { status, body } = await http.call({ url: at('/cat.png?x=1') }, LIMITS);
    expect([status, body.toString(), asked]).toEqual([200, 'an image', ['localhost']]);
    expect(stranger.received).toMatchObject([{ method: 'GET', path: '/cat.png?x=1', headers: { host: `localhost:${stranger.port}`, 'accept-encoding': 'identity', 'user-agent': expect.stringMatching(/^Horde-Ledger\//) } }]);
  });

  it('posts a body, and reads no more than the status where nothing else is wanted', async () => {
    stranger.answer = (response) => { response.writeHead(204).end(); };
    const { http } = inWorld();
    expect(await http.call({ url: at('/hook'), headers: { 'content-type': 'application/json' }, body: '{"word":"schön"}' }, { ...LIMITS, bytesMax: 0, redirectsMax: 0 })).toMatchObject({ status: 204 });
    expect(stranger.received).toMatchObject([{ method: 'POST', body: '{"word":"schön"}', headers: { 'content-length': '17', 'content-type': 'application/json' } }]);
  });

  it.each<readonly [string, World]>([
    ['has an address that is not public', { allowed: [] }],
    ['has one such among others', { names: { localhost: [['127.0.0.1', '10.0.0.1']] } }],
    ['has none', { names: {} }],
  ])('is not made when the name %s', async (_what, world) => {
    await expect(inWorld(world).http.call({ url: at('/') }, LIMITS)).rejects.toThrow(OutboundFailed);
    expect(stranger.received).toEqual([]);
  });

  it('goes to what was checked, though the name server would say something else the next time', async () => {
    const { http, asked } = inWorld({ names: { localhost: [['127.0.0.1'], ['127.0.0.2']] }, allowed: ['127.0.0.1'] });
    expect((await http.call({ url: at('/') }, LIMITS)).status).toBe(200);
    expect(asked).toEqual(['localhost']); // the connection asked nobody
    await expect(http.call({ url: at('/') }, LIMITS)).rejects.toThrow('has an address that is not public');
  });

  it('trusts nobody whose certificate is of another name or of nobody', async () => {
    await expect(inWorld({ names: { 'images.example': [['127.0.0.1']] } }).http.call({ url: `https://images.example:${stranger.port}/` }, LIMITS)).rejects.toThrow('could not be reached');
    const doubtful = new GuardedHttp({ rules: { anybody: true, origins: new Set(), ports: new Set([stranger.port]) }, isAllowed: () => true, resolve: () => Promise.resolve(['127.0.0.1']) });
    await expect(doubtful.call({ url: at('/') }, LIMITS)).rejects.toThrow('could not be reached');
    expect(stranger.received).toEqual([]);
  });

  it('asks no proxy of the environment', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9', ALL_PROXY: 'http://127.0.0.1:9', NODE_USE_ENV_PROXY: '1' });
    try {
      expect((await inWorld().http.call({ url: at('/') }, LIMITS)).status).toBe(200);
    } finally {
      process.env = before;
    }
  });

  it('is made to an origin that the operator named, whatever its address', async () => {
    const plain = await AStranger.start({ secure: false });
    try {
      const { http, asked } = inWorld({ origins: [plain.url], anybody: false, allowed: [] });
      expect((await http.call({ url: `${plain.url}/x` }, LIMITS)).status).toBe(200);
      expect(asked).toEqual([]);
      expect(http.refusalOf(at('/'))).toBe('is outside, and this server calls nobody there');
    } finally {
      await plain.stop();
    }
  });
});

describe('by the settings of the server', () => {
  const refusalOf = (url: string, settings: Readonly<Record<string, string>>) => makeStrangers(readConfig(settings)).refusalOf(url);

  it('everybody outside is called by a public horde, and nobody by a private one', () => {
    expect(refusalOf('https://example.org/cat.png', {})).toBeUndefined();
    expect(refusalOf('https://example.org/cat.png', { HORDE_PROFILE: 'private' })).toBe('is outside, and this server calls nobody there');
  });

  it('those are called that the operator has named', () => {
    const OUTBOUND_ORIGINS = 'http://hooks.internal:8080, https://Images.Example.org/';
    for (const url of ['http://hooks.internal:8080/x', 'https://images.example.org/cat.png']) {
      expect(refusalOf(url, { HORDE_PROFILE: 'private', OUTBOUND_ORIGINS })).toBeUndefined();
    }
    expect(refusalOf('http://hooks.internal:8081/x', { OUTBOUND_ORIGINS })).toBe('does not start with https://');
    for (const wrong of ['hooks.internal', 'https://hooks.internal/path', 'ftp://hooks.internal', 'https://user@hooks.internal']) {
      expect(() => readConfig({ OUTBOUND_ORIGINS: wrong })).toThrow('OUTBOUND_ORIGINS names what is not an origin such as https://hooks.example.org:8443. See --help.');
    }
  });
});

describe('a redirect', () => {
  const redirecting = (to: (path: string) => string | undefined): void => {
    stranger.answer = (response, { path }) => {
      const location = to(path);
      if (location === undefined) response.writeHead(200).end('here');
      else response.writeHead(302, { location }).end();
    };
  };
  const step = (path: string): string => `/${Number(path.slice(1)) - 1}`;

  it('is followed three times and no more', async () => {
    redirecting((path) => (path === '/0' ? undefined : step(path)));
    const { http } = inWorld();
    expect((await http.call({ url: at('/3') }, LIMITS)).body.toString()).toBe('here');
    await expect(http.call({ url: at('/4') }, LIMITS)).rejects.toThrow('redirects too often');
  });

  it.each([
    ['http://localhost/secret', 'does not start with https://'], ['https://169.254.169.254/latest/meta-data', 'names an address that is not public'],
    ['https://[::ffff:127.0.0.1]/', 'names an address that is not public'], ['file:///etc/passwd', 'is neither https nor http'],
    ['https://inside.example/', 'has an address that is not public'], ['https://me:secret@localhost/', 'holds a user name or a password'], ['https://', 'redirects to no URL'],
  ])('is looked at like the first URL: to %s', async (location, reason) => {
    redirecting(() => location);
    const { http } = inWorld({ names: { localhost: [['127.0.0.1']], 'inside.example': [['192.168.0.1']] } });
    await expect(http.call({ url: at('/') }, LIMITS)).rejects.toThrow(reason);
  });

  it('is an answer like any other where none is followed', async () => {
    redirecting(() => '/elsewhere');
    expect((await inWorld().http.call({ url: at('/'), body: '{}' }, { ...LIMITS, redirectsMax: 0, bytesMax: 0 })).status).toBe(302);
    expect(stranger.received).toHaveLength(1);
  });
});

describe('an answer', () => {
  it.each<readonly [string, Readonly<Record<string, string | number>>, Buffer]>([
    ['says that it is too large', { 'content-length': 1_001 }, Buffer.alloc(0)],
    ['is too large and does not say so', {}, Buffer.alloc(1_001)],
  ])('that %s is cut off', async (_what, headers, body) => {
    stranger.answer = (response) => {
      response.writeHead(200, headers);
      response.flushHeaders();
      response.write(body.length > 0 ? body : ' '); // and never ends
    };
    await expect(inWorld().http.call({ url: at('/') }, LIMITS)).rejects.toThrow(AnswerTooLarge);
  });

  it('as large as is allowed is taken', async () => {
    stranger.answer = (response) => { response.writeHead(200).end(Buffer.alloc(1_000)); };
    expect((await inWorld().http.call({ url: at('/') }, LIMITS)).body).toHaveLength(1_000);
  });

  it.each(['gzip', 'br', 'deflate', 'identity, gzip'])('that would have to be unpacked is refused: %s', async (encoding) => {
    stranger.answer = (response) => { response.writeHead(200, { 'content-encoding': encoding }).end(gzipSync(Buffer.alloc(500))); };
    await expect(inWorld().http.call({ url: at('/') }, LIMITS)).rejects.toThrow('unpacked');
  });

  it('that never comes, never ends or never begins to be encrypted is given up', async () => {
    const silent: Server = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const hasty = { ...LIMITS, totalMs: 400 };
    const http = new GuardedHttp({ rules: { anybody: true, origins: new Set(), ports: new Set([port, stranger.port]) }, ca: CA, isAllowed: () => true, resolve: () => Promise.resolve(['127.0.0.1']) });
    try {
      await expect(http.call({ url: `https://localhost:${port}/` }, { ...LIMITS, connectMs: 200 })).rejects.toThrow('could not be connected to within 200 ms');
      stranger.answer = () => undefined;
      await expect(http.call({ url: at('/') }, hasty)).rejects.toThrow('did not answer in time');
      stranger.answer = (response) => void response.writeHead(200).write('a little');
      await expect(http.call({ url: at('/') }, hasty)).rejects.toThrow('did not answer in time');
    } finally {
      silent.close();
    }
  });

  it('is not waited for by a server that stops, nor a name that nobody knows', async () => {
    stranger.answer = () => undefined;
    const stop = new AbortController();
    const waiting = inWorld().http.call({ url: at('/') }, LIMITS, stop.signal);
    await stranger.hasReceived(1);
    stop.abort();
    await expect(waiting).rejects.toThrow(OutboundFailed);
    const unresolved = new GuardedHttp({ rules: { anybody: true, origins: new Set() } }).call({ url: 'https://images.example/' }, LIMITS, stop.signal);
    await expect(unresolved).rejects.toThrow(OutboundFailed);
  });
});
