/** A difference between a read model and the log. */
export interface Drift {
  readonly projection: string;
  /** Table and key. */
  readonly row: string;
  readonly column: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** A read model that was never filled differs in every row: the first thousand differences tell enough. */
export const DRIFT_KEPT_MAX = 1_000;

export type Columns = Readonly<Record<string, unknown>>;

/** Collects differences. */
export class Drifts {
  readonly kept: Drift[] = [];
  total = 0;
  rows = 0;

  constructor(readonly projection: string) {}

  /** Compares column by column; a row that only one side has is a difference of its own. */
  compare(row: string, expected: Columns | undefined, found: Columns | undefined): void {
    this.rows += 1;
    if (!expected || !found) {
      if (expected || found) this.report(row, '*', { expected: expected && 'a row', found: found && 'a row' });
      return;
    }
    for (const [column, value] of Object.entries(expected)) {
      if (!isSame(value, found[column])) this.report(row, column, { expected: value, found: found[column] });
    }
  }

  /** Compares two sets of rows by key. */
  compareAll(table: string, expected: ReadonlyMap<number | string, Columns>, found: ReadonlyMap<number | string, Columns>): void {
    for (const [key, columns] of expected) this.compare(`${table} ${key}`, columns, found.get(key));
    for (const [key, columns] of found) if (!expected.has(key)) this.compare(`${table} ${key}`, undefined, columns);
  }

  private report(row: string, column: string, { expected, found }: { expected: unknown; found: unknown }): void {
    this.total += 1;
    if (this.kept.length < DRIFT_KEPT_MAX) this.kept.push({ projection: this.projection, row, column, expected, found });
  }
}

const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
