import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { personal, type Recorded } from '../kernel/event.js';
import type { FilterEvent } from './filter.events.js';
import { filtersDecider, type FiltersCommand } from './filters.decider.js';
import { PromptFilters } from './prompt-filters.message.js';

const AT = '2026-03-01T12:00:00.000Z';
const text = (plain: string) => personal('filters', plain);

/** What a stream would hold after these commands. */
const history = (commands: readonly FiltersCommand[]): readonly Recorded<FilterEvent>[] => {
  let state = filtersDecider.initialState('');
  const events: FilterEvent[] = [];
  for (const command of commands) {
    const decision = filtersDecider.decide(command, state);
    for (const event of decision.outcome === 'accepted' ? decision.events : []) {
      events.push(event);
      state = filtersDecider.evolve(state, event);
    }
  }
  return events.map((event, revision): Recorded<FilterEvent> => ({
    stream: 'filters', revision, position: 10 * revision, id: `${revision}`, ...event,
    metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
  }));
};
/** A log of these events, of which a reader finds as many as there are at that moment. */
const logOf = (events: readonly Recorded<FilterEvent>[]) => {
  const log = { length: 0, reads: 0 };
  const rows = {
    head: () => Promise.resolve(log.length),
    after: (revision: number) => {
      log.reads++;
      return Promise.resolve(events.slice(revision + 1, log.length));
    },
  };
  return { log, view: new PromptFilters(rows, true) };
};

const regex = fc.constantFrom('lewd', 'child', 'kid', 'x');
const filterType = fc.constantFrom(10, 11, 20, 15);
const words = regex.map((plain) => ({ regex: text(plain), regexHash: plain }));
const act = { by: 1, at: AT };
const command: fc.Arbitrary<FiltersCommand> = fc.oneof(
  fc.record({ words, filterType }).map((each): FiltersCommand => ({ type: 'AddFilter', ...each, description: null, replacement: text(''), ...act })),
  fc.record({ filter: fc.integer({ min: 1, max: 5 }), words, filterType }).map((each): FiltersCommand => ({ type: 'ChangeFilter', ...each, replacement: text('other'), description: text('why'), by: 2, at: AT })),
  fc.integer({ min: 1, max: 5 }).map((filter): FiltersCommand => ({ type: 'DeleteFilter', filter, ...act })),
);

describe('what a node knows of filters', () => {
  it('is the same however often it is told, in whatever parts, and from whatever start', async () => {
    await fc.assert(fc.asyncProperty(fc.array(command, { maxLength: 20 }), fc.array(fc.nat({ max: 5 })), async (commands, parts) => {
      const events = history(commands);
      const whole = logOf(events);
      whole.log.length = events.length;
      await whole.view.open();
      const split = logOf(events);
      await split.view.open();
      for (const part of [...parts, events.length]) {
        split.log.length = Math.min(events.length, split.log.length + part);
        for (const event of [...events.slice(0, split.log.length), ...events.slice(0, split.log.length)]) split.view.apply(event);
        await Promise.all([split.view.round(), split.view.refresh()]);
      }
      expect(split.view.all()).toEqual(whole.view.all());
      for (const prompt of ['a lewd child', 'x kid', 'lewd']) expect(split.view.score(prompt)).toEqual(whole.view.score(prompt));
    }), { seed: 37, numRuns: 60 });
  });

  it('is read when there is something to read, and not otherwise', async () => {
    const events = history([{ type: 'AddFilter', words: { regex: text('lewd'), regexHash: 'h' }, filterType: 20, description: null, replacement: text(''), ...act }]);
    const { log, view } = logOf(events);
    await view.open();
    expect([await view.round(), log.reads]).toEqual([0, 1]);
    log.length = 1;
    view.apply({ ...events[0]!, stream: 'horde' });
    expect([await view.round(), log.reads]).toEqual([0, 1]);
    view.apply(events[0]!);
    expect([await view.round(), await view.round(), log.reads]).toEqual([1, 1, 2]);
    expect(view.one(1)).toEqual({ id: 1, regex: 'lewd', filterType: 20, description: null, replacement: '', by: 1 });
  });

  it('matches nothing where its words cannot be read, and nothing at all when it is switched off', async () => {
    const [event] = history([{ type: 'AddFilter', words: { regex: text('lewd'), regexHash: 'h' }, filterType: 20, description: text('why'), replacement: text(''), ...act }]);
    const unreadable = { ...event!, data: { ...event!.data, regex: { subject: 'filters', erased: true as const } } } as Recorded<FilterEvent>;
    const asked = { prompt: 'a lewd girl', models: ['Deliberate'], adult: true, replaceable: false, flagged: true };
    const [blind, off] = [unreadable, event!].map((each, index) => new PromptFilters({ head: () => Promise.resolve(0), after: (revision) => Promise.resolve([each].slice(revision + 1)) }, index === 0));
    for (const view of [blind!, off!]) {
      await view.open();
      expect([view.all().length, view.score('lewd').suspicion]).toEqual([1, 0]);
    }
    expect(off!.judge(asked)).toEqual({ outcome: 'passed', prompt: 'a lewd girl' });
    expect(blind!.judge(asked)).not.toEqual({ outcome: 'passed', prompt: 'a lewd girl' });
  });
});
