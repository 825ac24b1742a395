import type { AnyEvent } from './event.js';

/**
 * The rules of one kind of stream, as pure functions (the Decider pattern). Time, ids and what other streams say arrive
 * as data in the command. A refusal is a value with the API's return code (`rc`), never an exception.
 */
export interface Decider<State, Command, Event extends AnyEvent, Rc extends string> {
  /** Streams are named `{category}-{id}`. */
  readonly category: string;
  /** Bumped whenever the shape of State changes: older snapshots are then ignored. */
  readonly stateVersion: number;
  readonly initialState: (id: string) => State;
  /** Pure. May return the same object mutated only if it owns it; the runner never shares a state between commands. */
  readonly evolve: (state: State, event: Event) => State;
  readonly decide: (command: Command, state: State) => Decision<Event, Rc>;
  /**
   * Whether the command is the first that its stream ever sees, under an id made for it: it is then decided without a look at
   * the log, which refuses its events should that be wrong.
   */
  readonly opens?: (command: Command) => boolean;
}

export type Decision<Event, Rc extends string> =
  | { readonly outcome: 'accepted'; readonly events: readonly Event[]; readonly detail?: Detail }
  | { readonly outcome: 'refused'; readonly rc: Rc; readonly detail?: Detail };

/** What the asker is told besides the outcome; never stored. */
export type Detail = Readonly<Record<string, string | number>>;

/** Events to append. None means: already done, nothing left to do. */
export const accept = <Event>(...events: readonly Event[]): Decision<Event, never> => ({ outcome: 'accepted', events });
/** As `accept`, when a command asks for several things and not all of them were granted. */
export const acceptTelling = <Event>(detail: Detail, ...events: readonly Event[]): Decision<Event, never> => ({ outcome: 'accepted', events, detail });
export const refuse = <Rc extends string>(rc: Rc, detail?: Detail): Decision<never, Rc> =>
  detail ? { outcome: 'refused', rc, detail } : { outcome: 'refused', rc };
