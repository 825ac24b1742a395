import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
}

/** A server of others, in this process: answers as the recorded ones did, and remembers what it was asked. */
export class SupportersServer {
  readonly asked: Asked[] = [];
  /** Answers in place of what was recorded. */
  override: ((response: ServerResponse) => void) | undefined;

  private constructor(private readonly server: Server, private readonly answers: (asked: Asked) => unknown) {
    server.on('request', (request, response) => { this.answer(request, response); });
  }

  static async start(answers: (asked: Asked) => unknown): Promise<SupportersServer> {
    const server = createServer();
    const supporters = new SupportersServer(server, answers);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return supporters;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    const asked = { path: pathname, query: Object.fromEntries(searchParams), authorization: request.headers.authorization };
    this.asked.push(asked);
    if (this.override) return this.override(response);
    const body = this.answers(asked);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { error: 'not found' }));
  }
}
