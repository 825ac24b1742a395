/** What came back. `body` is the parsed JSON, or the text where it is none. */
export interface Answer<Body = Fields> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}
export type Fields = Readonly<Record<string, unknown>>;
export type HeaderFields = Readonly<Record<string, string>>;

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
  readonly message?: string;
  readonly warnings?: readonly { readonly code: string; readonly message: string }[];
}
export interface Popped {
  readonly id: string | null;
  readonly ids: readonly string[];
  readonly model: string | null;
  readonly payload: Fields;
  readonly skipped: Readonly<Record<string, number>>;
  readonly r2_upload?: string | null;
  readonly r2_uploads?: readonly string[] | null;
}
/** `check`, and both kinds of `status`. */
export interface Standing {
  readonly finished: number;
  readonly processing: number;
  readonly restarted: number;
  readonly waiting: number;
  readonly done: boolean;
  readonly faulted: boolean;
  readonly kudos: number;
  readonly queue_position: number;
  readonly generations: readonly Fields[];
}
export interface Refusal {
  readonly rc?: string;
  readonly message: string;
  readonly errors?: Readonly<Record<string, string>>;
}

export const ANONYMOUS = '0000000000';
export const V2 = '/api/v2';

/** Talks to a server as its clients do: fetch, JSON, the `apikey` header. Knows nothing of what stands behind. */
export class Client {
  constructor(readonly url: string) {}

  async send<Body = Fields>(method: string, path: string, { key, headers, body }: { key?: string; headers?: HeaderFields; body?: unknown } = {}): Promise<Answer<Body>> {
    const response = await fetch(path.startsWith('http') ? path : this.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(key === undefined ? {} : { apikey: key }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return { status: response.status, headers: response.headers, body: (isJson && text !== '' ? JSON.parse(text) : text) as Body };
  }

  get<Body = Fields>(path: string, key?: string, headers?: HeaderFields): Promise<Answer<Body>> {
    return this.send<Body>('GET', path, { ...(key === undefined ? {} : { key }), ...(headers ? { headers } : {}) });
  }
  post<Body = Fields>(path: string, key: string | undefined, body: unknown, headers?: HeaderFields): Promise<Answer<Body>> {
    return this.send<Body>('POST', path, { ...(key === undefined ? {} : { key }), body, ...(headers ? { headers } : {}) });
  }

  /** A pseudonymous account: 14 kudos, none of them to spend. */
  async register(name: string): Promise<Person> {
    const { status, body } = await this.send('POST', '/register', {
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ username: name }).toString(),
    });
    if (status !== 200) throw new Error(`registration was answered ${status}: ${JSON.stringify(body)}`);
    return { id: body['id'] as number, key: body['api_key'] as string, alias: body['username'] as string };
  }

  /** An OAuth account with exactly so many kudos, of which 25 cannot be spent. */
  async person(name: string, kudos: number, roles: { readonly trusted?: boolean; readonly moderator?: boolean } = {}): Promise<Person> {
    const { status, body } = await this.post(`${V2}/dev/test-user`, undefined, {
      username: name, oauth_id: `e2e-${name}`, kudos, trusted: roles.trusted ?? false, moderator: roles.moderator ?? false,
    });
    if (status !== 201 && status !== 200) throw new Error(`no test user: ${status} ${JSON.stringify(body)}`);
    return { id: Number(body['user_id']), key: body['api_key'] as string, alias: body['alias'] as string };
  }

  askImage(key: string, body: Fields = {}): Promise<Answer<Accepted & Refusal>> {
    return this.post(`${V2}/generate/async`, key, { prompt: 'a lighthouse', ...body });
  }
  askText(key: string, body: Fields = {}): Promise<Answer<Accepted & Refusal>> {
    return this.post(`${V2}/generate/text/async`, key, { prompt: 'Once upon a time', ...body });
  }
  popImage(key: string, body: Fields): Promise<Answer<Popped & Refusal>> {
    return this.post(`${V2}/generate/pop`, key, { models: ['stable_diffusion'], bridge_agent: REGEN, max_pixels: 4_194_304, ...body });
  }
  popText(key: string, body: Fields): Promise<Answer<Popped & Refusal>> {
    return this.post(`${V2}/generate/text/pop`, key, { models: [TEXT_MODEL], bridge_agent: KOBOLD, max_length: 4096, max_context_length: 65_536, ...body });
  }
  /** Hands an image in as base64, so that no upload is needed. */
  submitImage(key: string, id: string | null, body: Fields = {}): Promise<Answer<{ reward: number } & Refusal>> {
    return this.post(`${V2}/generate/submit`, key, { id, generation: IMAGE_BASE64, seed: 42, ...body });
  }
  submitText(key: string, id: string | null, body: Fields = {}): Promise<Answer<{ reward: number } & Refusal>> {
    return this.post(`${V2}/generate/text/submit`, key, { id, generation: DELIVERED_TEXT, seed: 7, ...body });
  }
  check(id: string, headers?: HeaderFields): Promise<Answer<Standing & Refusal>> {
    return this.get(`${V2}/generate/check/${id}`, undefined, headers);
  }
  status(id: string, kind: 'image' | 'text' = 'image', headers?: HeaderFields): Promise<Answer<Standing & Refusal>> {
    return this.get(`${V2}/generate/${kind === 'text' ? 'text/' : ''}status/${id}`, undefined, headers);
  }
  cancel(id: string, kind: 'image' | 'text' = 'image'): Promise<Answer<Standing & Refusal>> {
    return this.send('DELETE', `${V2}/generate/${kind === 'text' ? 'text/' : ''}status/${id}`);
  }
  transfer(key: string, to: string, amount: unknown, headers?: HeaderFields): Promise<Answer<{ transferred: number } & Refusal>> {
    return this.post(`${V2}/kudos/transfer`, key, { username: to, amount }, headers);
  }

  /** The balance as of the write that is named; without one, as the read model happens to be. */
  async kudosOf({ id }: Pick<Person, 'id'>, after?: Answer<unknown>): Promise<number> {
    const { status, body } = await this.get(`${V2}/users/${id}`, undefined, after && since(after));
    if (status !== 200) throw new Error(`user ${id}: ${status} ${JSON.stringify(body)}`);
    return body['kudos'] as number;
  }
}

/** The header that makes a read show what a write has done. */
export const since = ({ headers }: Answer<unknown>): HeaderFields => {
  const position = headers.get('kudos-position');
  if (position === null) throw new Error('the answer names no position');
  return { 'kudos-position': position };
};

export const REGEN = 'AI Horde Worker reGen:13.0.0:https://github.com/Haidra-Org/horde-worker-reGen';
export const KOBOLD = 'KoboldCppEmbedWorker:2:https://github.com/LostRuins/koboldcpp';
export const TEXT_MODEL = 'koboldcpp/Mistral-7B-Instruct-v0.3';
/** Twelve bytes that call themselves WebP. */
export const IMAGE_BYTES = Buffer.from('RIFF\x04\x00\x00\x00WEBP', 'latin1');
export const IMAGE_BASE64 = IMAGE_BYTES.toString('base64');
export const DELIVERED_TEXT = 'there was a horde';
