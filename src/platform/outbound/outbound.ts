/** What went wrong with a call to somebody else's server. Says neither header nor query: those may be secret. */
export class OutboundFailed extends Error {
  override readonly name = 'OutboundFailed';
  /** @param status of the answer, if there was one */
  constructor(readonly place: string, readonly reason: string, readonly status?: number) {
    super(`${place}: ${reason}`);
  }
}

export interface OutboundCall {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** The only door to servers of others. A private horde is handed none. */
export abstract class Outbound {
  /** The JSON of a 200. @throws OutboundFailed whatever else happens */
  abstract getJson(call: OutboundCall): Promise<unknown>;
}

export interface OutboundLimits {
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

/** Nobody waits for these calls, and a page of a hundred members is some 200 kB. */
export const OUTBOUND_LIMITS: OutboundLimits = { timeoutMs: 15_000, bytesMax: 8 * 2 ** 20 };

/** Over HTTP. Follows no redirect, for it would carry the key to somebody else. */
export class FetchOutbound extends Outbound {
  constructor(private readonly limits: OutboundLimits = OUTBOUND_LIMITS) {
    super();
  }

  async getJson({ url, headers }: OutboundCall): Promise<unknown> {
    const place = `${url.origin}${url.pathname}`;
    const signal = AbortSignal.timeout(this.limits.timeoutMs);
    try {
      const response = await fetch(url, { headers: { accept: 'application/json', ...headers }, redirect: 'error', signal });
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new OutboundFailed(place, `answered ${response.status}`, response.status);
      }
      return JSON.parse(await this.#text(response, place)) as unknown;
    } catch (error) {
      if (error instanceof OutboundFailed) throw error;
      if (signal.aborted) throw new OutboundFailed(place, `did not answer within ${this.limits.timeoutMs} ms`);
      // The words of the cause may quote what was sent or received.
      if (error instanceof SyntaxError) throw new OutboundFailed(place, 'answered something else than JSON', 200);
      throw new OutboundFailed(place, 'could not be reached');
    }
  }

  async #text({ body }: Response, place: string): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array> | readonly Uint8Array[]) {
      bytes += chunk.byteLength;
      if (bytes > this.limits.bytesMax) throw new OutboundFailed(place, `answered more than ${this.limits.bytesMax} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}
