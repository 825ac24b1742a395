/** All that a read needs of PostgreSQL: the pool, or a transaction of it. Structurally `Queries` of platform/postgres. */
export interface Queries {
  /** `name` prepares the statement once per connection: for the hot ones, whose text never varies. */
  query(text: string, values?: readonly unknown[], name?: string): Promise<object[]>;
}

export type Row = Readonly<Record<string, unknown>>;

export const rowsOf = async (db: Queries, text: string, values: readonly unknown[] = [], name?: string): Promise<Row[]> =>
  (await db.query(text, values, name)) as Row[];
export const firstOf = async (db: Queries, text: string, values: readonly unknown[] = [], name?: string): Promise<Row | undefined> =>
  (await rowsOf(db, text, values, name))[0];

/** numeric arrives as text; every number stored in a read model is a safe integer or a mean. */
export const num = (value: unknown): number => Number(value);
export const numOrNull = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));
export const text = (value: unknown): string => value as string;
export const textOrNull = (value: unknown): string | null => (value ?? null) as string | null;
/** Milliseconds since 1970 of a timestamptz. */
export const ms = (value: unknown): number => (value as Date).getTime();
export const msOrNull = (value: unknown): number | null => (value === null || value === undefined ? null : ms(value));
