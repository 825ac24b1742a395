import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { given } from '../../test/support/given.js';
import { personal } from '../kernel/event.js';
import type { FilterEvent } from './filter.events.js';
import { FILTERS_MAX, filtersDecider, type FiltersCommand, type RegexWords } from './filters.decider.js';

const AT = '2026-03-01T12:00:00.000Z';
const text = personal('filters', 'words');
const words = (regexHash: string): RegexWords => ({ regex: text, regexHash });
const add = (regexHash: string, filterType = 10): FiltersCommand => ({ type: 'AddFilter', filterType, words: words(regexHash), description: null, replacement: text, by: 1, at: AT });
const added = (filter: number, regexHash: string, filterType = 10): FilterEvent => (
  { type: 'FilterAdded.v1', data: { filter, filterType, ...words(regexHash), description: null, replacement: text, by: 1, addedAt: AT } }
);
const change = (filter: number, fields: object): FiltersCommand => ({ type: 'ChangeFilter', filter, by: 2, at: AT, ...fields });
const changed = (filter: number, fields: object): FilterEvent => ({ type: 'FilterChanged.v1', data: { filter, by: 2, ...fields, changedAt: AT } });
const remove = (filter: number): FiltersCommand => ({ type: 'DeleteFilter', filter, by: 2, at: AT });
const removed = (filter: number): FilterEvent => ({ type: 'FilterDeleted.v1', data: { filter, by: 2, deletedAt: AT } });
const filters = (...events: FilterEvent[]) => given(filtersDecider, '', ...events);

describe('filters', () => {
  it('are numbered from 1, and no number comes twice', () => {
    filters().when(add('a')).then(added(1, 'a'));
    filters(added(1, 'a'), removed(1)).when(add('a')).then(added(2, 'a'));
  });

  it('are there once for each regex and type: adding it again names the one that is there', () => {
    expect(filters(added(1, 'a')).when(add('a')).decision).toEqual({ outcome: 'accepted', events: [], detail: { filter: 1 } });
    filters(added(1, 'a')).when(add('a', 11)).then(added(2, 'a', 11));
    filters(added(1, 'a'), added(2, 'a', 11)).when(change(2, { filterType: 10 })).thenRefused('FilterExists', { filter: 1 });
    filters(added(1, 'a'), added(2, 'b')).when(change(2, { words: words('a') })).thenRefused('FilterExists', { filter: 1 });
  });

  it('change only in what was said, and asking for what is so says nothing', () => {
    filters(added(1, 'a')).when(change(1, { filterType: 20, words: words('a'), description: text })).then(changed(1, { filterType: 20, description: text }));
    filters(added(1, 'a')).when(change(1, { words: words('b'), replacement: text })).then(changed(1, { ...words('b'), replacement: text }));
    filters(added(1, 'a')).when(change(1, { filterType: 10, words: words('a') })).thenNothing();
    expect(filters(added(1, 'a'), changed(1, { filterType: 20 })).when(add('a', 20)).decision).toMatchObject({ events: [], detail: { filter: 1 } });
  });

  it('that are not there are neither changed nor deleted', () => {
    for (const command of [change(2, { filterType: 20 }), remove(2)]) filters(added(1, 'a'), added(2, 'b'), removed(2)).when(command).thenRefused('FilterNotFound');
    filters(added(1, 'a')).when(remove(1)).then(removed(1));
  });

  it('are so many at most, which does not keep from asking for one that is there', () => {
    const all = Array.from({ length: FILTERS_MAX }, (_, index) => added(index + 1, `hash ${index + 1}`));
    filters(...all).when(add('one more')).thenRefused('TooManyFilters', { most: FILTERS_MAX });
    expect(filters(...all).when(add('hash 7')).decision).toMatchObject({ detail: { filter: 7 } });
    filters(...all, removed(7)).when(add('one more')).then(added(FILTERS_MAX + 1, 'one more'));
  });

  it('are never two of a kind, whatever is asked for in whatever order', () => {
    const hash = fc.constantFrom('a', 'b', 'c');
    const type = fc.constantFrom(10, 20);
    const id = fc.integer({ min: 1, max: 6 });
    const command = fc.oneof(
      fc.tuple(hash, type).map(([of, as]) => add(of, as)), id.map(remove),
      fc.tuple(id, hash, type).map(([which, of, as]) => change(which, { words: words(of), filterType: as })),
    );
    fc.assert(fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      let state = filtersDecider.initialState('');
      let highest = 0;
      for (const each of commands) {
        const decision = filtersDecider.decide(each, state);
        for (const event of decision.outcome === 'accepted' ? decision.events : []) {
          if (event.type === 'FilterAdded.v1') expect(event.data.filter).toBe(++highest);
          state = filtersDecider.evolve(state, event);
        }
        const kinds = [...state.known.values()].map(({ filterType, regexHash }) => `${filterType} ${regexHash}`);
        expect(new Set(kinds).size).toBe(kinds.length);
      }
    }), { seed: 37 });
  });
});
