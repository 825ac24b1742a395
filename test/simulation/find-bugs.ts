import type { PLANTED_BUGS } from './planted-bugs.js';
import { simulate } from './simulation.js';

/** spec/ledger.md §3.5, T2, allows 5,000; what takes longer than this would be found too late to be of use. */
export const SEEDS_MAX = 60;

export interface FoundBug {
  readonly name: string;
  /** How many seeds it took; absent when none was enough. */
  readonly seeds?: number;
  readonly how: string;
}

/** Simulates with one bug planted, seed after seed, until an invariant breaks. */
export const findBug = async ({ name, wiring }: (typeof PLANTED_BUGS)[number]): Promise<FoundBug> => {
  for (let seeds = 1; seeds <= SEEDS_MAX; seeds++) {
    const { wrong } = await simulate({ seed: seeds, wiring });
    if (wrong) return { name, seeds, how: `${wrong.invariant}: ${wrong.text.slice(0, 100)}` };
  }
  return { name, how: 'NOT FOUND' };
};

/** For people: each bug in a line. */
export const scoresOf = (bugs: readonly FoundBug[]): string => {
  const taken = bugs.flatMap(({ seeds }) => seeds ?? []).sort((one, other) => one - other);
  return [
    `${taken.length} of ${bugs.length} planted bugs found, the median after ${taken[Math.floor(taken.length / 2)]} seeds, the last after ${taken.at(-1)}`,
    ...bugs.map(({ name, seeds, how }) => `${String(seeds ?? '-').padStart(4)}  ${name}  (${how})`),
  ].join('\n');
};
