import { expect } from '@jest/globals';
import type { Decider, Decision } from '../../src/kernel/decider.js';
import type { AnyEvent } from '../../src/kernel/event.js';

/** An event as it comes back from the log. */
export const stored = <Event extends AnyEvent>(event: Event): Event => JSON.parse(JSON.stringify(event)) as Event;

/** The state after the given events, folded as the log would deliver them. */
export const folded = <State, Command, Event extends AnyEvent, Rc extends string>(
  decider: Decider<State, Command, Event, Rc>, id: string, events: readonly Event[],
): State => events.reduce((state, event) => decider.evolve(state, stored(event)), decider.initialState(id));

/** `given(decider, id, ...events).when(command).then(...events)`: what the rules of one stream decide. */
export const given = <State, Command, Event extends AnyEvent, Rc extends string>(
  decider: Decider<State, Command, Event, Rc>, id: string, ...events: readonly Event[]
) => ({
  state: (): State => folded(decider, id, events),
  when: (command: Command): Decided<Event, Rc> => {
    const state = folded(decider, id, events);
    const before = structuredClone(state);
    const decision = decider.decide(command, state);
    expect(state).toEqual(before); // deciding is reading: only events change a state
    return new Decided(decision);
  },
});

export class Decided<Event extends AnyEvent, Rc extends string> {
  constructor(readonly decision: Decision<Event, Rc>) {}

  /** The decided events, for claims about a part of them. */
  get events(): readonly Event[] {
    expect(this.decision.outcome).toBe('accepted');
    return this.decision.outcome === 'accepted' ? this.decision.events : [];
  }

  /** Exactly these events, in this order, and nothing in them that the log would not give back. */
  then(...events: readonly Event[]): void {
    expect(this.decision).toStrictEqual({ outcome: 'accepted', events });
    expect(this.events.map(stored)).toStrictEqual(events);
  }

  thenRefused(rc: Rc, detail?: Readonly<Record<string, string | number>>): void {
    expect(this.decision).toStrictEqual({ outcome: 'refused', rc, ...(detail ? { detail } : {}) });
  }

  /** Already done, or nothing left to do. */
  thenNothing(): void {
    expect(this.decision).toStrictEqual({ outcome: 'accepted', events: [] });
  }
}
