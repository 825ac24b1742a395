import type { Writable } from 'node:stream';
import type pg from 'pg';

interface Lane {
  readonly client: pg.PoolClient & { ref(): void; unref(): void };
  readonly stream: Pick<Writable, 'cork' | 'uncork'>;
  /** To the pool, once. */
  release(broken?: boolean): void;
}

/**
 * Short prepared reads of many callers on one connection: what is asked in one turn of the event loop goes out in one write and wakes the
 * server once, which costs more than such a read does. An answer waits for those asked before it, so nothing long belongs here.
 */
export class ReadLane {
  #lane: Lane | undefined;
  #connecting: Promise<Lane> | undefined;
  #underWay = 0;
  #isCorked = false;

  constructor(private readonly pool: pg.Pool) {}

  async query<R extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<pg.QueryResult<R>> {
    const lane = this.#lane ?? (await (this.#connecting ??= this.#connect()));
    this.#cork(lane);
    if (this.#underWay++ === 0) lane.client.ref();
    try {
      return await lane.client.query<R>(statement);
    } finally {
      if (--this.#underWay === 0) lane.client.unref(); // an idle connection keeps no process alive
    }
  }

  /** Gives the connection back once what is under way has been answered. */
  async close(): Promise<void> {
    const lane = this.#lane ?? (await this.#connecting?.catch(() => undefined));
    this.#lane = undefined;
    if (!lane) return;
    lane.client.ref();
    await lane.client.query('SELECT 1').catch(() => undefined); // answers come in order
    lane.release();
  }

  async #connect(): Promise<Lane> {
    try {
      const client = (await this.pool.connect()) as Lane['client'];
      const { stream } = (client as unknown as { readonly connection: Pick<Lane, 'stream'> }).connection;
      let isOurs = true;
      const release = (broken?: boolean): void => {
        if (isOurs) client.release(broken);
        isOurs = false;
      };
      const lane = { client, stream, release };
      client.on('error', () => undefined); // whoever waits for an answer hears of it; without a listener Node would end
      client.once('end', () => { this.#lost(lane); });
      this.#lane = lane;
      return lane;
    } finally {
      this.#connecting = undefined;
    }
  }

  #lost(lane: Lane): void {
    if (this.#lane === lane) this.#lane = undefined;
    lane.release(true);
  }

  #cork({ stream }: Lane): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    stream.cork();
    setImmediate(() => {
      this.#isCorked = false;
      stream.uncork();
    });
  }
}
