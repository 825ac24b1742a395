/** Everybody without an account. Known per address only, which events do not name: its keys are not net of anything. */
export const ANONYMOUS = 0;

/** The requests of one payer, and when it was last served. Times are milliseconds since 1970, −Infinity: never. */
export class Payer<Entry = unknown> {
  /** Unfinished requests, and completed ones that a later request's key is still net of. */
  readonly entries = new Set<Entry>();
  /** Anonymous users are not one person, so they have none in common. */
  handedOutAtMs = -Infinity;
  /** The price of all its unfinished jobs. */
  unfinishedPrice = 0;
  /** The latest acceptance, and the latest time that any of its events names. */
  acceptedAtMs = -Infinity;
  latestMs = -Infinity;

  constructor(readonly id: number) {}

  add(entry: Entry & { readonly acceptedAtMs: number }): void {
    this.entries.add(entry);
    this.acceptedAtMs = Math.max(this.acceptedAtMs, entry.acceptedAtMs);
    this.latestMs = Math.max(this.latestMs, entry.acceptedAtMs);
  }

  handedOut(atMs: number): void {
    if (this.id !== ANONYMOUS) this.handedOutAtMs = Math.max(this.handedOutAtMs, atMs);
  }
}
