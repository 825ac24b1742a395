/** One event of a stream, as an EventSource would hand it over. */
export interface Told {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads Server-Sent Events over fetch, one after another. */
export class EventStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = '';

  private constructor(readonly response: Response, private readonly connection: AbortController) {
    this.#reader = response.body!.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  }

  static async open(url: string, lastEventId?: string): Promise<EventStream> {
    const connection = new AbortController();
    return new EventStream(await fetch(url, { signal: connection.signal, headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId } }), connection);
  }

  /** The next event; comments and settings are passed over. Undefined at the end. */
  async next(): Promise<Told | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const lines = this.#text.slice(0, end).split('\n');
        this.#text = this.#text.slice(end + 2);
        const told = toldBy(lines);
        if (told) return told;
        continue;
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** The next event of the request itself: places in the queue come when they come. */
  async nextOfStream(): Promise<Told | undefined> {
    for (;;) {
      const told = await this.next();
      if (told?.event !== 'position') return told;
    }
  }

  async rest(): Promise<readonly Told[]> {
    const all: Told[] = [];
    for (let told = await this.nextOfStream(); told; told = await this.nextOfStream()) all.push(told);
    return all;
  }

  hangUp(): void {
    this.connection.abort();
  }
}

const toldBy = (lines: readonly string[]): Told | undefined => {
  const field = (name: string): string | undefined => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const [event, data] = [field('event'), field('data')];
  return event === undefined || data === undefined ? undefined : { id: field('id'), event, data: JSON.parse(data) as Told['data'] };
};
