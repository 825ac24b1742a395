import { RetryLater } from '../retry-later.js';

/** Steps a round at most, so that a long list does not starve the requests of people. */
const ROUND_MAX = 200;

/** What a reactor does again and again: everything that is due, a bounded number at a time. */
export class Rounds {
  /** How many steps were tried, to go on from there. */
  #next = 0;

  constructor(private readonly what: string) {}

  /**
   * One round over everything that is due; returns how many steps it tried. One that fails keeps none of the others from
   * being tried. @throws AggregateError afterwards, of what failed
   */
  async run(steps: readonly (() => Promise<unknown>)[]): Promise<number> {
    const round = this.#turn(steps);
    const failures: unknown[] = [];
    for (const step of round) await step().catch((error: unknown) => failures.push(error));
    const lasting = failures.filter((error) => !(error instanceof RetryLater)); // views that lag: the next round tries again
    if (lasting.length > 0) throw new AggregateError(lasting, `${lasting.length} of ${round.length} ${this.what} failed`);
    return round.length;
  }

  /** The next ones in turn, so that steps which always fail do not keep later ones waiting. */
  #turn<Step>(steps: readonly Step[]): readonly Step[] {
    const from = steps.length > 0 ? this.#next % steps.length : 0;
    const turn = [...steps.slice(from), ...steps.slice(0, from)].slice(0, ROUND_MAX);
    this.#next = from + turn.length;
    return turn;
  }
}
