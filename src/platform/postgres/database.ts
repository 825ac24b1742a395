import type { Writable } from 'node:stream';
import pg from 'pg';
import { DatabaseUnavailable, isFailedTransaction, translated } from './database-errors.js';
import { ReadLane } from './read-lane.js';

export type Row = Record<string, unknown>;
/** What may be asked, inside a transaction or outside. */
export interface Queries {
  /** Rows of one statement. `name` prepares it once per connection: for hot statements whose text never varies; such a read is short. */
  query<R extends object = Row>(text: string, values?: readonly unknown[], name?: string): Promise<R[]>;
  /** Number of rows that one statement touched. */
  execute(text: string, values?: readonly unknown[], name?: string): Promise<number>;
}
export interface TransactionOptions {
  /**
   * false: commit returns before the disk has it. For what is derived from the log only: a crash loses the newest
   * transactions whole, rows and checkpoint together, and the projection does them again.
   */
  readonly durable: boolean;
}
export interface DatabaseOptions {
  readonly url: string;
  readonly log: (line: string) => void;
  /** Connections at most, besides one for short reads; default 16. */
  readonly poolMax?: number;
}

const POOL_MAX = 16;
const PREPARED_MAX = 500;
/** A prepared one of these is short, and changes nothing. */
const READ = /^\s*SELECT\b/;
/** A caller waits no longer than this for a connection: the edge then answers 503, and a client may retry. */
const CONNECT_PATIENCE_MS = 5_000;
/** 20 is int8: counts, positions and centikudos, all safe integers by design. */
const INT8_OID = 20;

/** The door to PostgreSQL. Every method throws DatabaseUnavailable when the server cannot be reached or cannot work. */
export class Database implements Queries {
  readonly #pool: pg.Pool;
  readonly #reads: ReadLane;
  readonly #prepared = new Map<string, string>();
  #closed = false;

  constructor({ url, log, poolMax = POOL_MAX }: DatabaseOptions) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: poolMax + 1, // one is kept for short reads
      connectionTimeoutMillis: CONNECT_PATIENCE_MS,
      idleTimeoutMillis: 0, // a connection costs 10 ms and a few MB to make anew; there are few
      allowExitOnIdle: true,
      pipeline: true, // statements that are not awaited one by one travel together
      types: { getTypeParser: typeParser },
    });
    this.#reads = new ReadLane(this.#pool);
    this.#pool.on('error', (error) => {
      if (!this.#closed) log(`an idle connection to PostgreSQL was lost: ${error.message}`);
    });
  }

  async query<R extends object = Row>(text: string, values: readonly unknown[] = [], name?: string): Promise<R[]> {
    const asked = statement(text, values, name);
    const isShort = name !== undefined && READ.test(text);
    const { rows } = await translated(isShort ? this.#reads.query<R>(asked) : this.#pool.query<R>(asked));
    return rows;
  }

  async execute(text: string, values: readonly unknown[] = [], name?: string): Promise<number> {
    const { rowCount } = await translated(this.#pool.query(statement(text, values, name)));
    return rowCount ?? 0;
  }

  /** Several statements in one text, without values: schemas. */
  async script(sql: string): Promise<void> {
    await translated(this.#pool.query(sql));
  }

  /** All or nothing. The connection is given back, or thrown away when its state is unknown. */
  transaction<T>(work: (queries: Queries & { script(sql: string): Promise<void> }) => Promise<T>, { durable }: TransactionOptions): Promise<T> {
    return this.#withClient(async (client) => {
      await client.query(begin(durable));
      try {
        const result = await work({
          query: async <R extends object>(text: string, values: readonly unknown[] = [], name?: string) => (await client.query<R>(statement(text, values, name))).rows,
          execute: async (text, values = [], name) => (await client.query(statement(text, values, name))).rowCount ?? 0,
          script: async (sql) => {
            await client.query(sql);
          },
        });
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK'); // when this fails too, the connection is thrown away below
        throw error;
      }
    });
  }

  /**
   * Statements that need none of each other's answers: one journey to the server, in one write, for all of them; prepared
   * by their texts, so a text must be a constant. Throws the error of the first that failed, and then nothing of them has
   * happened.
   */
  pipelined(statements: readonly { readonly text: string; readonly values: readonly unknown[] }[], { durable }: TransactionOptions): Promise<void> {
    return this.#withClient(async (client) => {
      const results = await Promise.allSettled(inOneWrite(client, () => [
        client.query(`${begin(durable)}${BY_INDEX}`),
        ...statements.map(({ text, values }) => client.query(statement(text, values, this.#nameOf(text)))),
        client.query('COMMIT'),
      ]));
      // A COMMIT after a failed statement succeeds by rolling back, so the statements have to be looked at.
      const faults = results.filter((result): result is PromiseRejectedResult => result.status === 'rejected').map(({ reason }) => reason as unknown);
      if (faults.length > 0) throw faults.find((fault) => !isFailedTransaction(fault)) ?? faults[0];
    });
  }

  /** A text has the same name on every connection. Beyond the bound, where texts cannot be constants, nothing is prepared. */
  #nameOf(text: string): string | undefined {
    const known = this.#prepared.get(text);
    if (known !== undefined || this.#prepared.size >= PREPARED_MAX) return known;
    const name = `pipelined-${this.#prepared.size}`;
    this.#prepared.set(text, name);
    return name;
  }

  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await translated(this.#pool.connect());
    const lost = (): void => undefined; // the pending query rejects with it; without a listener Node would end
    client.on('error', lost);
    let healthy = true;
    try {
      return await translated(work(client), (error) => (healthy = !(error instanceof DatabaseUnavailable)));
    } finally {
      client.off('error', lost);
      client.release(!healthy);
    }
  }

  /** Waits for what is under way, then closes every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#reads.close();
    await this.#pool.end();
  }
}

/**
 * A prepared plan outlives the statistics that it was made from, and tables here grow from nothing to millions of rows in
 * minutes: so plans by index only, which are right at any size.
 */
const BY_INDEX = '; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off';

/** Each write to the server's socket wakes a process: what is sent together is written together. */
const inOneWrite = <T>(client: pg.PoolClient, send: () => T): T => {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Pick<Writable, 'cork' | 'uncork'> } }).connection;
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
};

const begin = (durable: boolean): string => (durable ? 'BEGIN' : 'BEGIN; SET LOCAL synchronous_commit = off');

const statement = (text: string, values: readonly unknown[], name: string | undefined): pg.QueryConfig =>
  ({ text, values: values as unknown[], ...(name === undefined ? {} : { name }) });

type Parse = (text: string) => unknown;
const parserOf = pg.types.getTypeParser as unknown as (oid: number, format?: string) => Parse;
const typeParser = ((oid: number, format?: string): Parse =>
  oid === INT8_OID && format !== 'binary' ? safeInteger : parserOf(oid, format)) as unknown as typeof pg.types.getTypeParser;

const safeInteger = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} from PostgreSQL is no safe integer`);
  return value;
};
