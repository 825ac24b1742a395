import type { Clock } from '../kernel/clock.js';

/** On a terminal one line changes; in a file or a pipe a line is added now and then. */
const TERMINAL_EVERY_MS = 100;
const PLAIN_EVERY_MS = 5_000;

/** Where progress is shown: standard error, so that standard output holds results only. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Shows how far long work has come. */
export class Progress {
  #shownAt = Number.NEGATIVE_INFINITY;
  #isLineOpen = false;

  constructor(private readonly clock: Clock, private readonly stream: ProgressStream = process.stderr) {}

  /** May be called as often as one likes. */
  update(text: string): void {
    const { isTTY = false, columns = 80 } = this.stream;
    const now = this.clock.monotonic();
    if (now - this.#shownAt < (isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS)) return;
    this.#shownAt = now;
    this.stream.write(isTTY ? `\r\u001b[2K${text.slice(0, columns - 1)}` : `${text}\n`);
    this.#isLineOpen = isTTY;
  }

  /** Takes the changing line away, so that results follow on a clean one; the next update is shown at once. */
  clear(): void {
    if (this.#isLineOpen) this.stream.write('\r\u001b[2K');
    this.#isLineOpen = false;
    this.#shownAt = Number.NEGATIVE_INFINITY;
  }
}
