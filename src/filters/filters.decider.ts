import { accept, acceptTelling, refuse, type Decider, type Decision } from '../kernel/decider.js';
import type { Personal } from '../kernel/event.js';
import { unreachable } from '../kernel/unreachable.js';
import type { FilterEvent } from './filter.events.js';

/** So many are looked for in every prompt: a few milliseconds at the most (docs/decisions/0037). */
export const FILTERS_MAX = 500;

interface Known {
  readonly filterType: number;
  readonly regexHash: string;
}
/** All filters, by their numbers. */
export interface Filters {
  last: number;
  readonly known: Map<number, Known>;
}

export interface RegexWords {
  readonly regex: Personal;
  readonly regexHash: string;
}
interface Act {
  readonly by: number;
  readonly at: string;
}
export type FiltersCommand =
  | ({ readonly type: 'AddFilter'; readonly filterType: number; readonly words: RegexWords; readonly description: Personal | null; readonly replacement: Personal } & Act)
  | ({
    readonly type: 'ChangeFilter'; readonly filter: number; readonly filterType?: number; readonly words?: RegexWords; readonly description?: Personal; readonly replacement?: Personal;
  } & Act)
  | ({ readonly type: 'DeleteFilter'; readonly filter: number } & Act);
export type FiltersRc =
  | 'FilterNotFound'
  // Both leave as BadRequest.
  | 'TooManyFilters' | 'FilterExists';

type Decided = Decision<FilterEvent, FiltersRc>;
type Command<Type extends FiltersCommand['type']> = Extract<FiltersCommand, { type: Type }>;

const decide = (command: FiltersCommand, filters: Filters): Decided => {
  switch (command.type) {
    case 'AddFilter': return add(command, filters);
    case 'ChangeFilter': return change(command, filters);
    case 'DeleteFilter': return filters.known.has(command.filter)
      ? accept({ type: 'FilterDeleted.v1', data: { filter: command.filter, by: command.by, deletedAt: command.at } })
      : refuse('FilterNotFound');
    default: return unreachable(command);
  }
};

/** The same regex of the same type is there once, as it is: whoever adds it again is told its number (horde-api C12). */
const add = ({ filterType, words, description, replacement, by, at }: Command<'AddFilter'>, filters: Filters): Decided => {
  const twin = twinOf({ filterType, regexHash: words.regexHash }, filters);
  if (twin !== undefined) return acceptTelling({ filter: twin });
  if (filters.known.size >= FILTERS_MAX) return refuse('TooManyFilters', { most: FILTERS_MAX });
  const filter = filters.last + 1;
  return accept({ type: 'FilterAdded.v1', data: { filter, filterType, ...words, description, replacement, by, addedAt: at } });
};

const change = ({ filter, filterType, words, description, replacement, by, at }: Command<'ChangeFilter'>, filters: Filters): Decided => {
  const known = filters.known.get(filter);
  if (!known) return refuse('FilterNotFound');
  const kind = kindChange(known, { filterType, words });
  const changed = { ...kind, ...(description === undefined ? {} : { description }), ...(replacement === undefined ? {} : { replacement }) };
  if (Object.keys(changed).length === 0) return accept();
  const twin = twinOf({ ...known, ...kind }, filters);
  if (twin !== undefined && twin !== filter) return refuse('FilterExists', { filter: twin });
  return accept({ type: 'FilterChanged.v1', data: { filter, by, ...changed, changedAt: at } });
};

/** What of the type and the regex is really another. */
const kindChange = (known: Known, { filterType, words }: { readonly filterType: number | undefined; readonly words: RegexWords | undefined }): Partial<Known & RegexWords> => ({
  ...(filterType === undefined || filterType === known.filterType ? {} : { filterType }), ...(words === undefined || words.regexHash === known.regexHash ? {} : words),
});

const twinOf = ({ filterType, regexHash }: Known, { known }: Filters): number | undefined =>
  [...known].find(([, each]) => each.filterType === filterType && each.regexHash === regexHash)?.[0];

const evolve = (filters: Filters, event: FilterEvent): Filters => {
  switch (event.type) {
    case 'FilterAdded.v1': {
      const { filter, filterType, regexHash } = event.data;
      filters.last = filter;
      filters.known.set(filter, { filterType, regexHash });
      return filters;
    }
    case 'FilterChanged.v1': {
      const { filter, filterType, regexHash } = event.data;
      const known = filters.known.get(filter)!;
      filters.known.set(filter, { filterType: filterType ?? known.filterType, regexHash: regexHash ?? known.regexHash });
      return filters;
    }
    case 'FilterDeleted.v1':
      filters.known.delete(event.data.filter);
      return filters;
    default:
      return unreachable(event);
  }
};

/** All filters stand in one stream: their numbers follow each other, and the same one is there once (docs/decisions/0037). */
export const filtersDecider: Decider<Filters, FiltersCommand, FilterEvent, FiltersRc> = {
  category: 'filters', stateVersion: 1, decide, evolve, initialState: () => ({ last: 0, known: new Map() }),
};
