/** The invariants of spec/ledger.md §3.4 that the log alone can prove or disprove; HR are those of horde-rules §12. */
export type Invariant =
  | 'I1' | 'I2' | 'I3' | 'I4' | 'I6' | 'I7' | 'I8' | 'I10' | 'I11' | 'I16' | 'I18' | 'I19' | 'I20' | 'I25' | 'I26' | 'I27' | 'I28' | 'I29' | 'HR22' | 'HR39';

export interface Violation {
  readonly invariant: Invariant;
  readonly position: number;
  readonly stream: string;
  readonly text: string;
}
/** The event that is being looked at. */
export interface Place {
  readonly position: number;
  readonly stream: string;
}

/** A broken log can break a rule at every event: the first thousand tell enough, the rest are counted. */
export const VIOLATIONS_KEPT_MAX = 1_000;

export class Violations {
  readonly kept: Violation[] = [];
  total = 0;

  report(invariant: Invariant, { position, stream }: Place, text: string): void {
    this.total += 1;
    if (this.kept.length < VIOLATIONS_KEPT_MAX) this.kept.push({ invariant, position, stream, text });
  }

  unless(holds: boolean, invariant: Invariant, place: Place, text: () => string): void {
    if (!holds) this.report(invariant, place, text());
  }
}
