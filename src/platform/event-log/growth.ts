/** Wakes whoever waits for the log to grow, or to close. */
export class Growth {
  private readonly waiting = new Set<() => void>();
  private isAnnounced = false;

  /** At the end of this turn of the event loop, once for everything that has come in it. */
  announceSoon(): void {
    if (this.isAnnounced) return;
    this.isAnnounced = true;
    setImmediate(() => {
      this.isAnnounced = false;
      this.announce();
    });
  }

  announce(): void {
    const woken = [...this.waiting];
    this.waiting.clear();
    for (const wake of woken) wake();
  }

  /** Resolves at the next announcement, or when the signal aborts. */
  next(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }
}
