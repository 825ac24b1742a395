import type { Recorded } from '../../src/kernel/event.js';
import type { Projection } from '../../src/kernel/projection.js';
import { decode } from '../../src/platform/event-log/codec.js';
import type { RecordedEvent } from '../../src/platform/event-log/event-log.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { recordedHistory, type HistoryOptions } from '../support/history.js';
import type { Seeded } from '../support/seeded.js';

/** Empty tables of a projection. */
export const emptied = async (database: Database, projections: readonly Projection[]): Promise<void> => {
  await database.script('CREATE SCHEMA IF NOT EXISTS rm');
  await database.script('CREATE TABLE IF NOT EXISTS rm.checkpoint (name text PRIMARY KEY, position bigint NOT NULL)'); // what queries read of it
  for (const { tables, schema } of projections) {
    for (const table of tables) await database.script(`DROP TABLE IF EXISTS rm."${table}" CASCADE`);
    await database.script(`SET search_path TO rm; ${schema}; RESET search_path`);
  }
};

/** Delivers in batches of the given sizes, the last one as large as it takes. */
export const deliver = async (database: Database, projection: Projection, { events, sizes }: { events: readonly Recorded[]; sizes: readonly number[] }): Promise<void> => {
  const mine = events.filter(({ type }) => projection.handles(type));
  let at = 0;
  for (const size of [...sizes, mine.length]) {
    const batch = mine.slice(at, at + size);
    at += size;
    const statements = batch.length > 0 ? projection.project(batch) : [];
    if (statements.length > 0) await database.pipelined(statements, { durable: false });
  }
};

/** As far as the projection has come, where `deliver` has brought it. */
export const stands = (database: Database, { name }: Projection, position: number): Promise<unknown> =>
  database.execute('INSERT INTO rm.checkpoint (name, position) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET position = excluded.position', [name, position]);

/** Every row of every table of a projection, in the order of the rows' text. */
export const rowsIn = async (database: Database, projection: Projection): Promise<Record<string, unknown[]>> => {
  const rows: Record<string, unknown[]> = {};
  for (const table of projection.tables) {
    const found = await database.query<{ row: unknown }>(`SELECT to_jsonb(t) AS row FROM rm."${table}" t ORDER BY to_jsonb(t)::text`);
    rows[table] = found.map(({ row }) => row);
  }
  return rows;
};

export const randomSizes = (random: Seeded, total: number, most: number): number[] => {
  const sizes: number[] = [];
  for (let left = total; left > 0; left -= sizes.at(-1)!) sizes.push(random.between(1, most));
  return sizes;
};

export const history = (options: HistoryOptions): { raw: RecordedEvent[]; events: Recorded[] } => {
  const raw = recordedHistory(options);
  return { raw, events: raw.map(decode) };
};
