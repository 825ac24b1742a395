import type { Detail } from '../../kernel/decider.js';
import type { Actor, AnyEvent, Recorded } from '../../kernel/event.js';

/** Why a command is run, stored beside what it causes. */
export interface CommandContext {
  readonly actor: Actor;
  /** One id for everything that one outside request sets in motion. */
  readonly correlationId: string;
  /** The event that caused the command; the correlation id when a person did. */
  readonly causationId?: string;
  readonly idem?: { readonly key: string; readonly fingerprint: string };
  readonly traceparent?: string;
}

/**
 * What became of a command. `position` is where a reader must have got to in order to see the outcome. `state` is the
 * runner's own and moves on with the next command, even before that one is acknowledged: read from it at once, and take
 * what money depends on from `events`.
 */
export type Outcome<Event extends AnyEvent, State, Rc extends string> =
  | { readonly outcome: 'appended'; readonly events: readonly Recorded<Event>[]; readonly position: number; readonly revision: number; readonly state: State; readonly detail: Detail }
  | { readonly outcome: 'unchanged'; readonly state: State; readonly revision: number; readonly detail: Detail }
  | { readonly outcome: 'refused'; readonly rc: Rc; readonly detail: Detail; readonly state: State };
