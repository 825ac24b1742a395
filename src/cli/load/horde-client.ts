import { HttpClient, type HttpAnswer, type HttpCall } from './http-client.js';

export type Kind = 'image' | 'text';
export type Fields = Readonly<Record<string, unknown>>;

/** A status that the caller did not expect, in words. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
  /** Opaque; the next read may ask to be answered from nothing older. */
  readonly position: string | undefined;
}
export interface Person {
  readonly id: number;
  readonly key: string;
  /** `name#id`. */
  readonly alias: string;
}
export interface Accepted {
  readonly id: string;
  readonly kudos: number;
  readonly kudos_quote: number;
}
export interface Popped {
  readonly id: string | null;
  readonly model: string | null;
  readonly r2_upload?: string | null;
  readonly skipped: Readonly<Record<string, number>>;
}
export interface Standing {
  readonly done: boolean;
  readonly faulted: boolean;
  readonly finished: number;
  readonly waiting: number;
  readonly processing: number;
  readonly queue_position: number;
  readonly generations?: readonly Fields[];
}
export interface WantedUser {
  readonly name: string;
  /** Spendable kudos to begin with. */
  readonly kudos: number;
  readonly trusted?: boolean;
}

export const ANONYMOUS_KEY = '0000000000';
const V2 = '/api/v2';
const AGENT = { 'client-agent': 'horde-ledger-load:1:https://github.com/' };
/** Bridges as they name themselves, so that the server takes them for what they are. */
export const IMAGE_BRIDGE = 'AI Horde Worker reGen:13.0.0:https://github.com/Haidra-Org/horde-worker-reGen';
export const TEXT_BRIDGE = 'KoboldCppEmbedWorker:2:https://github.com/LostRuins/koboldcpp';
/** Tells the server that the image lies where the upload URL pointed. */
export const UPLOADED = 'R2';

/** The API as clients and workers use it. Every method throws UnexpectedAnswer for a status that is not its good one. */
export class HordeClient {
  readonly #http: HttpClient;

  constructor(url: string) {
    this.#http = new HttpClient(url);
  }

  /** For benches and walk-throughs; the server must run with HORDE_TEST_APIKEYS. */
  async testUser({ name, kudos, trusted = false }: WantedUser): Promise<Person> {
    const { body } = await this.#json<Fields>({ method: 'POST', path: `${V2}/dev/test-user` }, [200, 201], {
      username: name, oauth_id: `load-${name}`, kudos, trusted, moderator: false,
    });
    return { id: Number(body['user_id']), key: String(body['api_key']), alias: String(body['alias']) };
  }

  /** A pseudonymous account, as anybody can make one. */
  async register(name: string): Promise<Person> {
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await this.#http.send({ method: 'POST', path: '/register', headers, body: new URLSearchParams({ username: name }).toString() });
    const { body } = parsed<Fields>(answer, 'POST /register', [200]);
    return { id: Number(body['id']), key: String(body['api_key']), alias: String(body['username']) };
  }

  ask(kind: Kind, key: string, body: Fields): Promise<Answer<Accepted>> {
    return this.#json({ method: 'POST', path: generate(kind, 'async'), headers: { apikey: key } }, [202], body);
  }
  pop(kind: Kind, key: string, body: Fields): Promise<Answer<Popped>> {
    return this.#json({ method: 'POST', path: generate(kind, 'pop'), headers: { apikey: key } }, [200], body);
  }
  submit(kind: Kind, key: string, body: Fields): Promise<Answer<{ readonly reward: number }>> {
    return this.#json({ method: 'POST', path: generate(kind, 'submit'), headers: { apikey: key } }, [200], body);
  }
  /** Only images have it. */
  check(request: string): Promise<Answer<Standing>> {
    return this.#json({ method: 'GET', path: generate('image', `check/${request}`) }, [200]);
  }
  status(kind: Kind, request: string): Promise<Answer<Standing>> {
    return this.#json({ method: 'GET', path: generate(kind, `status/${request}`) }, [200]);
  }
  cancel(kind: Kind, request: string): Promise<Answer<Standing>> {
    return this.#json({ method: 'DELETE', path: generate(kind, `status/${request}`) }, [200]);
  }
  transfer(key: string, to: string, amount: number): Promise<Answer<{ readonly transferred: number }>> {
    return this.#json({ method: 'POST', path: `${V2}/kudos/transfer`, headers: { apikey: key } }, [200], { username: to, amount });
  }
  /** Many at once, each of which must be done. */
  async transfers(key: string, name: string, list: readonly { readonly username: string; readonly amount: number }[]): Promise<void> {
    const headers = { apikey: key, 'idempotency-key': name };
    const { body } = await this.#json<{ readonly results: readonly { readonly rc?: string }[] }>({ method: 'POST', path: '/v1/ledger/transfers', headers }, [200], { transfers: list });
    const refused = body.results.find(({ rc }) => rc !== undefined);
    if (refused) throw new Error(`a transfer of a list was refused: ${refused.rc}`);
  }
  user(id: number, after?: string): Promise<Answer<Fields>> {
    return this.#json({ method: 'GET', path: `${V2}/users/${id}`, headers: after === undefined ? {} : { 'kudos-position': after } }, [200]);
  }
  statement(id: number, key: string, limit: number): Promise<Answer<Fields>> {
    return this.#json({ method: 'GET', path: `/v1/ledger/accounts/${id}/statement?limit=${limit}`, headers: { apikey: key } }, [200]);
  }

  /** Puts an image where a pop said, as a worker does. */
  async upload(url: string, bytes: Uint8Array): Promise<void> {
    const { pathname, search } = new URL(url);
    const { status, text } = await this.#http.send({ method: 'PUT', path: pathname + search, body: bytes, headers: { 'content-type': 'image/webp' } });
    if (status !== 200 && status !== 201 && status !== 204) throw new UnexpectedAnswer(`PUT ${pathname} was answered ${status}: ${text.slice(0, SHOWN_MAX)}`, status);
  }

  close(): void {
    this.#http.close();
  }

  async #json<Body>(call: Pick<HttpCall, 'method' | 'path' | 'headers'>, good: readonly number[], body?: Fields): Promise<Answer<Body>> {
    const withBody = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await this.#http.send({ ...call, ...withBody, headers: { ...AGENT, ...type, ...call.headers } });
    return parsed<Body>(answer, `${call.method} ${call.path}`, good);
  }
}

const generate = (kind: Kind, rest: string): string => `${V2}/generate/${kind === 'text' ? 'text/' : ''}${rest}`;

/** As much of an unexpected answer as fits in a report. */
const SHOWN_MAX = 300;

const parsed = <Body>({ status, headers, text }: HttpAnswer, call: string, good: readonly number[]): Answer<Body> => {
  if (!good.includes(status)) throw new UnexpectedAnswer(`${call} was answered ${status}: ${text.slice(0, SHOWN_MAX)}`, status);
  const position = headers['kudos-position'];
  return { status, body: JSON.parse(text) as Body, position: typeof position === 'string' ? position : undefined };
};
