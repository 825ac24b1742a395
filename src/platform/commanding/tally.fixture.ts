import { accept, refuse, type Decider } from '../../kernel/decider.js';
import type { Stored } from '../../kernel/event.js';

/** The smallest rules that can do everything a runner has to cope with: add, once per key, up to a limit. */
export type Added = Stored<'TallyAdded.v1', { key: string; amount: number; note: string }>;
export interface Tally {
  sum: number;
  readonly keys: Set<string>;
}
export type TallyCommand =
  | { readonly type: 'Add'; readonly key: string; readonly amount: number; readonly note?: string; readonly pieces?: number }
  | { readonly type: 'Look' }
  /** A bug in the rules. */
  | { readonly type: 'Crash' };

export const TALLY_MAX = 1_000;

export const tallyDecider: Decider<Tally, TallyCommand, Added, 'TooMuch'> = {
  category: 'tally',
  stateVersion: 1,
  initialState: () => ({ sum: 0, keys: new Set() }),
  evolve: (tally, { data: { key, amount } }) => {
    tally.sum += amount;
    tally.keys.add(key);
    return tally;
  },
  decide: (command, tally) => {
    if (command.type === 'Look') return accept();
    if (command.type === 'Crash') throw new Error('a bug in the rules');
    const { key, amount, note = '', pieces = 1 } = command;
    if (tally.keys.has(key)) return accept();
    if (tally.sum + amount > TALLY_MAX) return refuse('TooMuch', { sum: tally.sum });
    return accept(...Array.from({ length: pieces }, (): Added => ({ type: 'TallyAdded.v1', data: { key, amount: amount / pieces, note } })));
  },
};

export const add = (key: string, amount = 1, note?: string): TallyCommand => ({ type: 'Add', key, amount, ...(note === undefined ? {} : { note }) });
export const look: TallyCommand = { type: 'Look' };
export const crash: TallyCommand = { type: 'Crash' };
