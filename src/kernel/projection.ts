import type { Recorded } from './event.js';

/** One SQL statement; the values are never part of its text. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * A read model: events in, SQL out. Pure, so that the same events make the same rows on every machine and at every
 * rebuild (I12, I23). Its tables live in the schema `rm`, are written by nobody else, and may be dropped at any time.
 */
export interface Projection {
  /** Lower case, digits and `_`. */
  readonly name: string;
  /** Bumped whenever schema or rows change: the tables are then dropped and filled again from the first event. */
  readonly version: number;
  /** CREATE TABLE … CREATE INDEX …; `rm` is the search path while it runs. Statements name their tables as `rm.<table>`. */
  readonly schema: string;
  /** Its tables, without the schema's name: what a rebuild drops. */
  readonly tables: readonly string[];
  /** Asked once per type, so the answer may depend on nothing else. */
  handles(type: string): boolean;
  /**
   * A batch, in the order of the log: folded first, then few multi-row statements, executed in order, in one transaction
   * with the checkpoint. A throw stops this projection, loudly: it means that an event is not what it should be.
   */
  project(events: readonly Recorded[]): readonly Statement[];
}
