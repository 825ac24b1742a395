/** What a check has found wrong so far, and where it is. One per body. */
export class Report {
  /** Dotted path to text; without a prototype, since a path may be `__proto__`. */
  errors: Record<string, string> | undefined;
  /** A string that must not hold U+0000 holds one. */
  nul = false;
  readonly path: (string | number)[] = [];

  constructor(readonly mayHoldNul: boolean) {}

  /** Records a text at the current path, or at one member of it. The last text of a path stays. */
  fail(text: string, member?: string): void {
    this.errors ??= Object.create(null) as Record<string, string>;
    this.errors[(member === undefined ? this.path : [...this.path, member]).join('.')] = text;
  }
}

/** Returned instead of a value that failed. */
export const FAILED = Symbol('failed');
export type Check = (value: unknown, report: Report) => unknown;
