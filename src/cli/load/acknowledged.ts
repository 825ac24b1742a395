/** What the server said it has done: every one of these must be in the log, once (I14). */
export class Acknowledged {
  readonly requests = new Set<string>();
  readonly submits = new Set<string>();
  /** How often, by `payer>recipient:centikudos`. */
  readonly transfers = new Map<string, number>();
  /** Calls that failed, in words; the first hundred, and how many there were. */
  readonly errors: string[] = [];
  errorsTotal = 0;

  transfer(from: number, to: number, amount: number): void {
    const key = transferKey(from, to, amount);
    this.transfers.set(key, (this.transfers.get(key) ?? 0) + 1);
  }

  error(error: unknown): void {
    this.errorsTotal += 1;
    if (this.errors.length < ERRORS_KEPT_MAX) this.errors.push(error instanceof Error ? error.message : String(error));
  }

  get transfersTotal(): number {
    return [...this.transfers.values()].reduce((sum, count) => sum + count, 0);
  }
}

const ERRORS_KEPT_MAX = 100;

export const transferKey = (from: number, to: number, centikudos: number): string => `${from}>${to}:${centikudos}`;
