import type { Clock } from '../kernel/clock.js';

export interface KeptAnswersOptions {
  /** How long everybody is told the same. */
  readonly freshMs: number;
  readonly keptMax: number;
}
interface Kept<Answer> {
  readonly untilMs: number;
  /** What was written up to here is in it. */
  readonly position: number;
  readonly answer: Promise<Answer>;
}

/** Answers that are the same for all who ask: made once for many, and anew for whoever wants to see something newer. */
export class KeptAnswers<Answer> {
  readonly #kept = new Map<string, Kept<Answer>>();

  constructor(private readonly clock: Pick<Clock, 'monotonic'>, private readonly options: KeptAnswersOptions) {}

  /** `seen`: the position that the caller wants to have seen. An answer that failed is not kept. */
  async of(key: string, make: () => Promise<Answer>, seen = -1): Promise<Answer> {
    const known = this.#kept.get(key);
    if (known && this.clock.monotonic() < known.untilMs && seen <= known.position) return known.answer;
    const kept = { untilMs: this.clock.monotonic() + this.options.freshMs, position: seen, answer: make() };
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (this.#kept.size > this.options.keptMax) this.#kept.delete(this.#kept.keys().next().value!);
    try {
      return await kept.answer;
    } catch (error) {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
      throw error;
    }
  }
}
