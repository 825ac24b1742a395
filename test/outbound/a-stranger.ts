import { readFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
/** Of the certificate that every stranger shows, which vouches for itself. */
export const CA_FILE = fixture('cert.pem');
export const CA = readFileSync(CA_FILE, 'utf8');

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Somebody else's server, in this process: remembers what it is sent and answers as the test says. */
export class AStranger {
  readonly received: Received[] = [];
  answer: (response: ServerResponse, received: Received) => void = (response) => { response.writeHead(200).end(); };
  #told: (() => void)[] = [];

  private constructor(private readonly server: http.Server, readonly port: number, readonly url: string) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#take(request, response));
  }

  static async start({ secure = true, host = '127.0.0.1' } = {}): Promise<AStranger> {
    const server = secure ? https.createServer({ cert: CA, key: readFileSync(fixture('key.pem')) }) : http.createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const { port } = server.address() as AddressInfo;
    return new AStranger(server, port, `${secure ? 'https' : 'http'}://${host}:${port}`);
  }

  /** Resolves when it has received so many calls in all. */
  async hasReceived(count: number): Promise<readonly Received[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#told.push(resolve));
    return this.received;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const received = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
    this.received.push(received);
    this.answer(response, received);
    for (const tell of this.#told.splice(0)) tell();
  }
}
