import type { AnyEvent, Personal, Recorded } from '../../kernel/event.js';
import type { Sealer, SealedText, Vault } from './vault.js';

/** Where personal text stands in events, by type: `name`, `address.city`; `*` means each element of a list. */
export type PersonalPaths = ReadonlyMap<string, readonly string[]>;

interface Slot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  /** The path with indices in place of `*`. */
  readonly path: string;
  readonly value: Personal;
}

/** Seals and reveals the personal fields of events. Events of types without any cost one look into a map. */
export class PersonalFields {
  readonly #paths: ReadonlyMap<string, readonly (readonly string[])[]>;

  constructor(paths: PersonalPaths) {
    this.#paths = new Map([...paths].map(([type, fields]) => [type, fields.map((field) => field.split('.'))]));
  }

  /** Whose keys are needed to seal these. */
  subjectsOf(events: readonly AnyEvent[]): ReadonlySet<string> {
    return new Set(events.flatMap((event) => this.#slots(event.type, event.data).map(({ value }) => value.subject)));
  }

  /** The event as it is stored: the same one when there is nothing personal, else a copy. */
  sealEvent<Event extends AnyEvent>(event: Event, eventId: string, sealer: Sealer): Event {
    return this.#rewritten(event, ({ path, value }) =>
      'plain' in value ? { subject: value.subject, sealed: sealer.seal(value.subject, placeOf(eventId, path), value.plain) } : value);
  }

  /**
   * The events with personal texts in clear, and `erased` where the key is gone. Events without any are the same objects;
   * others are copies, for decoded events are shared. @throws SealBroken
   */
  async revealEvents(events: readonly Recorded[], vault: Pick<Vault, 'reveal'>): Promise<readonly Recorded[]> {
    const texts: SealedText[] = [];
    for (const event of events)
      for (const { value, path } of this.#slots(event.type, event.data))
        if ('sealed' in value) texts.push({ subject: value.subject, place: placeOf(event.id, path), sealed: value.sealed });
    if (texts.length === 0) return events;
    const plain = await vault.reveal(texts);
    const byPlace = new Map(texts.map(({ place }, index) => [place, plain[index]]));
    return events.map((event) => this.#rewritten(event, ({ path, value }) => ('sealed' in value ? revealed(value.subject, byPlace.get(placeOf(event.id, path))) : value)));
  }

  #rewritten<Event extends AnyEvent>(event: Event, change: (slot: Slot) => Personal): Event {
    if (!this.#paths.has(event.type)) return event;
    const data = structuredClone(event.data) as Event['data'];
    for (const slot of this.#slots(event.type, data)) slot.holder[slot.key] = change(slot);
    return { ...event, data };
  }

  #slots(type: string, data: object): readonly Slot[] {
    const paths = this.#paths.get(type);
    return paths ? paths.flatMap((path) => slotsAt(data, path, '')) : [];
  }
}

const placeOf = (eventId: string, path: string): string => `${eventId}/${path}`;
const revealed = (subject: string, plain: string | undefined): Personal => (plain === undefined ? { subject, erased: true } : { subject, plain });

const slotsAt = (holder: unknown, [step, ...rest]: readonly string[], before: string): readonly Slot[] => {
  if (typeof holder !== 'object' || holder === null || step === undefined) return [];
  const keys = step === '*' ? Object.keys(holder) : [step];
  return keys.flatMap((key) => {
    const value = (holder as Record<string, unknown>)[key];
    const path = before === '' ? key : `${before}.${key}`;
    if (rest.length > 0) return slotsAt(value, rest, path);
    return value === null || value === undefined ? [] : [{ holder: holder as Record<string, unknown>, key, path, value: personalAt(value, path) }];
  });
};

/** A bare text where a personal one belongs would be stored in clear: better to fail. */
const personalAt = (value: unknown, path: string): Personal => {
  if (typeof value === 'object' && value !== null && typeof (value as { subject?: unknown }).subject === 'string') return value as Personal;
  throw new TypeError(`${path} is registered as personal, and is not`);
};
