import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { VERSION } from '../telemetry/version.js';
import { OutboundFailed } from './outbound.js';
import { hostOf, permitted, type OutboundRules, type Permitted } from './outbound-rules.js';
import { isPublicAddress } from './public-address.js';
import { resolveName, type ResolveName } from './resolve-name.js';
import { AnswerTooLarge, Strangers, type StrangerAnswer, type StrangerCall, type StrangerLimits } from './strangers.js';

export interface GuardedHttpOptions {
  readonly rules: OutboundRules;
  /** An authority (PEM) that is trusted beside the well-known ones. */
  readonly ca?: string | undefined;
  readonly resolve?: ResolveName;
  /** Which addresses may be connected to. */
  readonly isAllowed?: (address: string) => boolean;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const HEADERS = { 'user-agent': `Horde-Ledger/${VERSION}`, 'accept-encoding': 'identity' };
/** As much as Node reads from clients. */
const HEADER_BYTES_MAX = 16_384;

interface Hop {
  readonly call: StrangerCall;
  readonly target: Permitted;
  readonly limits: StrangerLimits;
  readonly ended: AbortSignal;
}

/**
 * The name is resolved here, every one of its addresses must be public, and the connection is made to those addresses and no others, so
 * that a name server that answers differently the next time (rebinding) gains nothing. Each redirect goes through the same. Connections
 * are made by agents of their own: no proxy of the environment stands between, and none is kept for the next caller.
 */
export class GuardedHttp extends Strangers {
  readonly #resolve: ResolveName;
  readonly #isAllowed: (address: string) => boolean;

  constructor(private readonly options: GuardedHttpOptions) {
    super();
    this.#resolve = options.resolve ?? resolveName;
    this.#isAllowed = options.isAllowed ?? isPublicAddress;
  }

  refusalOf(url: string): string | undefined {
    const target = permitted(url, this.options.rules);
    return 'reason' in target ? target.reason : undefined;
  }

  async call(call: StrangerCall, limits: StrangerLimits, signal?: AbortSignal): Promise<StrangerAnswer> {
    const total = AbortSignal.timeout(limits.totalMs);
    const ended = signal ? AbortSignal.any([total, signal]) : total;
    let url = call.url;
    for (let redirects = 0; ; redirects++) {
      const target = permitted(url, this.options.rules);
      if ('reason' in target) throw new OutboundFailed('a URL', target.reason);
      const answer = await this.#hop({ call, target, limits, ended });
      if (typeof answer !== 'string') return answer;
      if (redirects >= limits.redirectsMax) throw new OutboundFailed(target.url.origin, 'redirects too often');
      url = answer;
    }
  }

  /** The answer, or where it says to look instead. */
  async #hop(hop: Hop): Promise<StrangerAnswer | string> {
    const place = hop.target.url.origin;
    const connecting = AbortSignal.timeout(hop.limits.connectMs);
    try {
      const addresses = hop.target.isTrusted ? undefined : await this.#addressesOf(hop.target.url, AbortSignal.any([connecting, hop.ended]));
      const response = await this.#send(hop, addresses, connecting);
      try {
        return await read(response, hop);
      } finally {
        response.destroy(); // and its connection with it
      }
    } catch (error) {
      if (error instanceof OutboundFailed) throw error;
      // The words of the cause may tell what stands behind an address, so that nobody is told them.
      throw new OutboundFailed(place, hop.ended.aborted || connecting.aborted ? 'did not answer in time' : 'could not be reached');
    }
  }

  async #addressesOf(url: URL, signal: AbortSignal): Promise<readonly string[]> {
    const host = hostOf(url);
    const addresses = isIP(host) === 0 ? await this.#resolve(host, signal) : [host];
    // One that is not public is enough: no honest name has both.
    if (!addresses.every((address) => this.#isAllowed(address))) throw new OutboundFailed(url.origin, 'has an address that is not public');
    return addresses;
  }

  #send({ call, target: { url }, limits, ended }: Hop, addresses: readonly string[] | undefined, connecting: AbortSignal): Promise<IncomingMessage> {
    const { body } = call;
    const secure = url.protocol === 'https:';
    const options: RequestOptions & { ca?: string[] } = {
      method: body === undefined ? 'GET' : 'POST', signal: ended, maxHeaderSize: HEADER_BYTES_MAX, agent: secure ? new https.Agent() : new http.Agent(),
      headers: { ...HEADERS, ...call.headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
      ...(addresses ? { lookup: always(addresses) } : {}), ...(this.options.ca === undefined ? {} : { ca: [...rootCertificates, this.options.ca] }),
    };
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(url, options, resolve);
      request.on('error', reject);
      const tooLate = (): void => void request.destroy(new OutboundFailed(url.origin, `could not be connected to within ${limits.connectMs} ms`));
      connecting.addEventListener('abort', tooLate, { once: true });
      request.on('socket', (socket) => socket.once(secure ? 'secureConnect' : 'connect', () => connecting.removeEventListener('abort', tooLate)));
      request.on('close', () => connecting.removeEventListener('abort', tooLate));
      request.end(body);
    });
  }
}

/** Looks nothing up: the addresses are those that were checked. */
const always = (addresses: readonly string[]): LookupFunction => {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, { all }, callback) => {
    if (all) callback(null, found);
    else callback(null, found[0]!.address, found[0]!.family);
  };
};

const read = async (response: IncomingMessage, { target: { url }, limits }: Hop): Promise<StrangerAnswer | string> => {
  const { statusCode: status = 0, headers } = response;
  if (limits.redirectsMax > 0 && REDIRECTS.has(status) && headers.location !== undefined) return redirectedTo(headers.location, url);
  return { status, body: limits.bytesMax === 0 ? Buffer.alloc(0) : await bodyOf(response, url.origin, limits) };
};

const bodyOf = async (response: IncomingMessage, place: string, { bytesMax }: StrangerLimits): Promise<Buffer> => {
  const { 'content-encoding': encoding = 'identity', 'content-length': length = '0' } = response.headers;
  if (encoding !== 'identity') throw new OutboundFailed(place, 'answered with what would have to be unpacked'); // and might never end
  if (Number(length) > bytesMax) throw new AnswerTooLarge(place, `answers more than ${bytesMax} bytes`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new AnswerTooLarge(place, `answers more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const redirectedTo = (location: string, url: URL): string => {
  if (!URL.canParse(location, url.href)) throw new OutboundFailed(url.origin, 'redirects to no URL');
  return new URL(location, url).href;
};
