import { createHash } from 'node:crypto';
import type { Database } from './database.js';

/** A step of the schema that is never dropped. Once released it is never edited: a change is a further step. */
export interface Migration {
  /** `0001-what-it-does`; applied in this order, each once. */
  readonly name: string;
  readonly sql: string;
}

/** Any number, the same in every process: who holds it may change schemas. */
export const SCHEMA_LOCK = 7_205_759_001;

const BOOKKEEPING = `
  CREATE SCHEMA IF NOT EXISTS platform;
  CREATE TABLE IF NOT EXISTS platform.migration (
    name text PRIMARY KEY,
    fingerprint text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  );`;

/**
 * Brings the database to the newest step, all or nothing; processes that come at once wait for the first and find nothing
 * left to do. Returns the names of the steps taken here.
 * @throws Error a step that was applied has been edited since, or the database is ahead of this program
 */
export const migrate = (database: Database, migrations: readonly Migration[]): Promise<readonly string[]> =>
  database.transaction(async (queries) => {
    await queries.query('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
    await queries.script(BOOKKEEPING);
    const applied = await queries.query<{ name: string; fingerprint: string }>('SELECT name, fingerprint FROM platform.migration');
    refuseStrangers(applied, migrations);
    const done = new Set(applied.map(({ name }) => name));
    const left = migrations.filter(({ name }) => !done.has(name));
    for (const { name, sql } of left) {
      await queries.script(sql);
      await queries.execute('INSERT INTO platform.migration (name, fingerprint) VALUES ($1, $2)', [name, fingerprintOf(sql)]);
    }
    return left.map(({ name }) => name);
  }, { durable: true });

const refuseStrangers = (applied: readonly { readonly name: string; readonly fingerprint: string }[], migrations: readonly Migration[]): void => {
  const known = new Map(migrations.map(({ name, sql }) => [name, fingerprintOf(sql)]));
  for (const { name, fingerprint } of applied) {
    const ours = known.get(name);
    if (ours === undefined) throw new Error(`the database was changed by a newer release (step ${name}): start that one`);
    if (ours !== fingerprint) throw new Error(`step ${name} of the schema was edited after it had been applied: add a step instead`);
  }
};

const fingerprintOf = (sql: string): string => createHash('sha256').update(sql).digest('hex');
