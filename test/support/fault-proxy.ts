import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { SystemClock, SystemTimers } from '../../src/platform/system/system.js';
import { Seeded } from './seeded.js';

/** `up`: from the client to the server. */
export type Way = 'up' | 'down';
/** A number that the proxy chooses anew, by its seed, each time that it needs one. */
export interface Range {
  readonly least: number;
  readonly most: number;
}
/** What happens to every connection, those that are open and those that come. */
export interface Faults {
  /** Each piece of data comes so much later; order stays. */
  readonly delayMs?: Partial<Record<Way, Range>>;
  /** Of each connection and each way. */
  readonly bytesPerSecond?: number;
  /** Each connection is reset after so many more bytes, both ways together: in the middle of whatever they are. */
  readonly resetAfterBytes?: Range;
  /** Nothing gets through this way any more, while both ends believe that the connection stands. What is held comes later, if it heals. */
  readonly halfOpen?: Way;
  /** Connections are accepted, and everything is swallowed. Whatever was swallowed is gone: healing resets those connections. */
  readonly blackHole?: boolean;
}
/** Counted since the proxy was made. */
export interface ProxyFigures {
  connections: number;
  /** Cut by us, mid-frame or all at once. */
  resets: number;
  /** Bytes that went into the black hole. */
  swallowed: number;
  readonly bytes: Record<Way, number>;
}

/** Pieces of a throttled connection a second. */
const SLICES_PER_SECOND = 10;
/** What one way of a connection may hold back; then its source has to wait, as TCP would let it. */
const HELD_BYTES_MAX = 256 * 1_024;

const clock = new SystemClock();
const timers = new SystemTimers();

/** What every connection of a proxy shares. */
class Weather {
  faults: Faults = {};
  readonly figures: ProxyFigures = { connections: 0, resets: 0, swallowed: 0, bytes: { up: 0, down: 0 } };
  readonly connections = new Set<Connection>();
  private waiting: (() => void)[] = [];

  constructor(private readonly random: Seeded) {}

  chosen({ least, most }: Range): number {
    return this.random.between(least, most);
  }
  /** Resolves when the faults change, or when somebody gives up. */
  change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
  announce(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

interface Piece {
  readonly bytes: Buffer;
  readonly dueMs: number;
}

/** One way of a connection: takes pieces in, lets them out as the weather allows. */
class Pipe {
  private readonly held: Piece[] = [];
  private heldBytes = 0;
  private hasEnded = false;
  private isPumping = false;

  constructor(private readonly way: Way, private readonly from: Socket, private readonly to: Socket, private readonly connection: Connection, private readonly weather: Weather) {
    from.on('data', (bytes: Buffer) => this.take(bytes));
    from.on('end', () => {
      this.hasEnded = true;
      void this.pump();
    });
  }

  private take(bytes: Buffer): void {
    const { blackHole, delayMs } = this.weather.faults;
    if (blackHole) {
      this.connection.isBroken = true;
      this.weather.figures.swallowed += bytes.length;
      return;
    }
    const range = delayMs?.[this.way];
    this.held.push({ bytes, dueMs: range ? clock.monotonic() + this.weather.chosen(range) : 0 });
    this.heldBytes += bytes.length;
    if (this.heldBytes > HELD_BYTES_MAX) this.from.pause();
    void this.pump();
  }

  private async pump(): Promise<void> {
    if (this.isPumping) return;
    this.isPumping = true;
    while (this.held.length > 0 && !this.connection.isOver) {
      const piece = this.held[0]!;
      const waitMs = piece.dueMs - clock.monotonic();
      if (waitMs > 0) await timers.sleep(waitMs);
      while (this.isHeldBack && this.connection.isRunning()) await this.weather.change();
      await this.letOut(piece.bytes);
      this.held.shift();
      this.heldBytes -= piece.bytes.length;
      if (this.heldBytes <= HELD_BYTES_MAX) this.from.resume();
    }
    this.isPumping = false;
    if (this.hasEnded) this.to.end();
  }

  private get isHeldBack(): boolean {
    const { halfOpen, blackHole } = this.weather.faults;
    return halfOpen === this.way || blackHole === true;
  }

  /** In slices where the line is thin, and up to the byte at which the connection is reset. */
  private async letOut(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length && this.connection.isRunning(); ) {
      const { bytesPerSecond } = this.weather.faults;
      const slice = bytesPerSecond === undefined ? bytes.length : Math.max(1, Math.floor(bytesPerSecond / SLICES_PER_SECOND));
      const size = Math.min(slice, bytes.length - at, this.connection.untilReset);
      const hasRoom = this.to.write(bytes.subarray(at, at + size));
      at += size;
      this.weather.figures.bytes[this.way] += size;
      this.connection.passed(size);
      if (!hasRoom) await new Promise((resolve) => this.to.once('drain', resolve).once('close', resolve));
      if (bytesPerSecond !== undefined) await timers.sleep((size / bytesPerSecond) * 1_000);
    }
  }
}

class Connection {
  isOver = false;
  /** It has lost bytes: what follows would make no sense. */
  isBroken = false;
  untilReset = Infinity;
  private readonly server: Socket;

  constructor(private readonly client: Socket, target: { readonly host: string; readonly port: number }, private readonly weather: Weather) {
    this.server = connect({ ...target, allowHalfOpen: true });
    for (const socket of [client, this.server]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.cut());
      socket.on('close', () => this.cut());
    }
    new Pipe('up', client, this.server, this, weather);
    new Pipe('down', this.server, client, this, weather);
    weather.connections.add(this);
    weather.figures.connections += 1;
    this.armed();
  }

  isRunning(): boolean {
    return !this.isOver && this.untilReset > 0;
  }

  /** The number of bytes after which it is reset is chosen once for each connection and fault. */
  armed(): void {
    const { resetAfterBytes } = this.weather.faults;
    this.untilReset = resetAfterBytes ? this.weather.chosen(resetAfterBytes) : Infinity;
  }

  passed(bytes: number): void {
    this.untilReset -= bytes;
    if (this.untilReset > 0) return;
    this.isBroken = true;
    setImmediate(() => this.reset()); // what was written so far is on its way
  }

  reset(): void {
    if (this.isOver) return;
    this.weather.figures.resets += 1;
    this.cut();
  }

  /** Both ends learn it by a reset: no farewell, as when a machine or a cable dies and is noticed. */
  private cut(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.weather.connections.delete(this);
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
    this.weather.announce();
  }
}

/** Stands between a client and a server, on a port of its own, and does to the line what networks do. */
export class FaultProxy {
  private server: Server | undefined;
  private readonly weather: Weather;
  #port = 0;

  private constructor(private readonly target: { readonly host: string; readonly port: number }, seed: number) {
    this.weather = new Weather(new Seeded(seed));
  }

  static async listen(target: { readonly host: string; readonly port: number }, seed: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, seed);
    await proxy.accept();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }
  get figures(): Readonly<ProxyFigures> {
    return this.weather.figures;
  }
  /** Connections that are open now. */
  get open(): number {
    return this.weather.connections.size;
  }

  /** These faults from now on, and no others. */
  set(faults: Faults): void {
    const { connections } = this.weather;
    this.weather.faults = faults;
    for (const connection of [...connections]) {
      if (connection.isBroken && !faults.blackHole) connection.reset();
      else connection.armed();
    }
    this.weather.announce();
  }

  /** Every open connection is reset, now. */
  drop(): void {
    for (const connection of [...this.weather.connections]) connection.reset();
  }

  /** New connections are refused, as by a machine on which nobody listens; those that are open stay. */
  refuse(): void {
    this.server?.close();
    this.server = undefined;
  }

  /** No faults, and new connections are welcome. */
  async heal(): Promise<void> {
    this.set({});
    if (!this.server) await this.accept();
  }

  close(): void {
    this.refuse();
    this.drop();
  }

  private async accept(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => new Connection(client, this.target, this.weather));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.server = server;
    this.#port = (server.address() as AddressInfo).port;
  }
}
