import type { Projection, Statement } from '../../kernel/projection.js';
import { BEGINNING } from '../event-log/event-log.js';
import type { Database, Queries } from '../postgres/database.js';
import { sqlStateOf } from '../postgres/database-errors.js';
import { SCHEMA_LOCK } from '../postgres/migrate.js';

/** Where a projection is. The epoch grows whenever its tables are emptied, so that nobody goes on from before that. */
export interface Place {
  readonly position: number;
  readonly epoch: number;
}
/** A checkpoint from where it is believed to be to where it is to be. */
export interface Move {
  readonly name: string;
  readonly from: Place;
  readonly position: number;
}
interface CheckpointRow extends Place {
  readonly version: number;
  readonly storeId: string | null;
}
export interface Checkpoint extends CheckpointRow {
  readonly name: string;
}

/** Somebody else moved the checkpoint: another runner of the same projection is alive. */
export const isFenced = (error: unknown): boolean => sqlStateOf(error) === 'HL001';

/** A projection cannot go on, and trying again would not help: a person has to look. */
export class ProjectionFault extends Error {
  override readonly name = 'ProjectionFault';
}

type Scripts = Queries & { script(sql: string): Promise<void> };

/** The table `rm.checkpoint` and the tables that it speaks for. */
export class Checkpoints {
  constructor(private readonly database: Database, private readonly storeId: string) {}

  /**
   * Where the projection goes on. Makes its tables when they are not there or of an older version.
   * @throws ProjectionFault the rows were made from another event store, or by a newer release
   */
  prepare(projection: Projection): Promise<Place> {
    return this.#locked(async (queries) => {
      const row = await find(queries, projection.name);
      if (!row || row.version < projection.version) return this.#empty(queries, projection, row);
      if (row.version > projection.version)
        throw new ProjectionFault(`the tables of ${projection.name} are of version ${row.version}, made by a newer release; this one knows ${projection.version}`);
      if (row.storeId !== this.storeId)
        throw new ProjectionFault(`${projection.name} was made from event store ${row.storeId}, and this is ${this.storeId}: wrong DATABASE_URL or wrong event store; "rebuild" if it is meant`);
      return { position: row.position, epoch: row.epoch };
    });
  }

  /**
   * Drops the tables and makes them anew, empty: of all of them or of none, and the disk is waited for once. Every runner of
   * before is fenced by the epoch. Answers where each stands now, in the given order.
   */
  reset(projections: readonly Projection[]): Promise<Place[]> {
    return this.#locked(async (queries) => {
      const places: Place[] = [];
      for (const projection of projections) places.push(await this.#empty(queries, projection, await find(queries, projection.name)));
      return places;
    });
  }

  async find(name: string): Promise<Place | undefined> {
    return find(this.database, name);
  }

  /** Every checkpoint that is stored, by whatever process. */
  all(): Promise<readonly Checkpoint[]> {
    return this.database.query<Checkpoint>('SELECT name, version, position, store_id AS "storeId", epoch FROM rm.checkpoint', [], 'rm.all_checkpoints');
  }

  /**
   * What keeps this process from reading the tables that others keep; undefined when nothing does.
   * Nobody has made some of them, or not in the shape that this release reads, or from another log than this one.
   */
  async obstacle(projections: readonly Projection[]): Promise<string | undefined> {
    const rows = new Map((await this.all()).map((row) => [row.name, row]));
    const foreign = projections.find(({ name }) => rows.get(name) && rows.get(name)!.storeId !== this.storeId);
    if (foreign) throw new ProjectionFault(`${foreign.name} was made from event store ${rows.get(foreign.name)!.storeId}, and this is ${this.storeId}: wrong DATABASE_URL or wrong event store`);
    const missing = projections.filter(({ name, version }) => rows.get(name)?.version !== version).map(({ name }) => name);
    return missing.length > 0 ? `no process with the role projector, of this release, has made ${missing.join(', ')} yet` : undefined;
  }

  /** The first statement of each transaction: locks the checkpoints, and fails unless each is where the caller believes. */
  advance(moves: readonly Move[]): Statement {
    return { text: ADVANCE, values: columnsOf(moves) };
  }

  /** Moves checkpoints alone, past events that did not concern them: one statement for all. Returns the names that moved. */
  skip(moves: readonly Move[]): Promise<ReadonlySet<string>> {
    return this.database.transaction(async (queries) => {
      const rows = await queries.query<{ name: string }>(SKIP, columnsOf(moves), 'rm.skip');
      return new Set(rows.map(({ name }) => name));
    }, { durable: false });
  }

  async #empty(queries: Scripts, { name, version, schema, tables }: Projection, row: CheckpointRow | undefined): Promise<Place> {
    const place = { position: BEGINNING, epoch: (row?.epoch ?? 0) + 1 };
    const drops = tables.map((table) => `DROP TABLE IF EXISTS rm.${identifier(table)} CASCADE`);
    await queries.script([...drops, 'SET LOCAL search_path TO rm', schema].join(';\n'));
    await queries.execute(
      `INSERT INTO rm.checkpoint (name, version, position, store_id, epoch) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (name) DO UPDATE SET version = $2, position = $3, store_id = $4, epoch = $5, updated_at = now()`,
      [name, version, place.position, this.storeId, place.epoch],
    );
    return place;
  }

  #locked<T>(work: (queries: Scripts) => Promise<T>): Promise<T> {
    return this.database.transaction(async (queries) => {
      await queries.query('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
      return work(queries);
    }, { durable: true });
  }
}

const columnsOf = (moves: readonly Move[]): unknown[] =>
  [moves.map(({ name }) => name), moves.map(({ from }) => from.epoch), moves.map(({ from }) => from.position), moves.map(({ position }) => position)];

const ADVANCE = `
  SELECT rm.advance(v.name, v.epoch, v.old_position, v.new_position)
  FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[]) AS v (name, epoch, old_position, new_position)`;

const SKIP = `
  UPDATE rm.checkpoint c SET position = v.new_position, updated_at = now()
  FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[]) AS v (name, epoch, old_position, new_position)
  WHERE c.name = v.name AND c.epoch = v.epoch AND c.position = v.old_position
  RETURNING c.name`;

const find = async (queries: Queries, name: string): Promise<CheckpointRow | undefined> => {
  const [row] = await queries.query<CheckpointRow>('SELECT version, position, store_id AS "storeId", epoch FROM rm.checkpoint WHERE name = $1', [name]);
  return row;
};

const identifier = (table: string): string => {
  if (!/^[a-z_][a-z0-9_]*$/.test(table)) throw new Error(`${table} is no name for a table of a read model`);
  return `"${table}"`;
};
