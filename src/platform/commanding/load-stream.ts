import type { Decider } from '../../kernel/decider.js';
import type { AnyEvent } from '../../kernel/event.js';
import { decode, leafOf } from '../event-log/codec.js';
import type { EventLog, RecordedEvent } from '../event-log/event-log.js';

/** A stream folded up to `revision`; `tip` is the leaf hash of that revision, the next event's `prevHash`. */
export interface Loaded<State> {
  readonly stream: string;
  readonly stateVersion: number;
  state: State;
  revision: number | 'no_stream';
  tip: string | null;
}

/** Disposable local copies of long streams' states; a foreign or forged one is detected by its leaf hash. */
export interface Snapshots {
  find(stream: string, stateVersion: number): Promise<{ readonly state: unknown; readonly revision: number; readonly tip: string } | undefined>;
  /** Saves in the background when enough has happened since the last one. */
  consider(category: string, loaded: Loaded<unknown>): void;
}

const PAGE = 1_024;

/** A stream that nobody has written. */
export const unwritten = <State, Command, Event extends AnyEvent, Rc extends string>(decider: Decider<State, Command, Event, Rc>, id: string, stream: string): Loaded<State> => (
  { stream, stateVersion: decider.stateVersion, state: decider.initialState(id), revision: 'no_stream', tip: null }
);

export const loadStream = async <State, Command, Event extends AnyEvent, Rc extends string>(
  decider: Decider<State, Command, Event, Rc>,
  source: { readonly id: string; readonly stream: string; readonly log: EventLog; readonly snapshots?: Snapshots },
): Promise<Loaded<State>> => {
  const { stream, log } = source;
  const loaded = unwritten(decider, source.id, stream);
  const snapshot = await source.snapshots?.find(stream, decider.stateVersion);
  if (snapshot) Object.assign(loaded, { state: snapshot.state, revision: snapshot.revision, tip: snapshot.tip });
  let last: RecordedEvent | undefined;
  for (;;) {
    const { events } = await log.readStream(stream, { from: nextOf(last, snapshot), limit: PAGE });
    const news = provenBy(events, last ? undefined : snapshot);
    if (!news) return loadStream(decider, { id: source.id, stream, log }); // not ours: fold from the beginning
    for (const event of news) loaded.state = decider.evolve(loaded.state, decode(event) as unknown as Event);
    last = events.at(-1) ?? last;
    if (events.length < PAGE) break;
  }
  if (last) Object.assign(loaded, { revision: last.revision, tip: leafOf(last) });
  return loaded;
};

type Snapshot = Awaited<ReturnType<Snapshots['find']>>;

/** The snapshot's own event comes first: it proves the snapshot. */
const nextOf = (last: RecordedEvent | undefined, snapshot: Snapshot): number => (last ? last.revision + 1 : snapshot?.revision ?? 0);

/** What comes after the snapshot; undefined when it is none of this log. */
const provenBy = (events: readonly RecordedEvent[], snapshot: Snapshot): readonly RecordedEvent[] | undefined => {
  if (!snapshot) return events;
  const [first, ...rest] = events;
  return first && first.revision === snapshot.revision && leafOf(first) === snapshot.tip ? rest : undefined;
};
