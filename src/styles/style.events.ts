// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Streams: style-{id}; collection-{id}; StyleNameReserved.v1 and StyleNameReleased.v1: stylename-{keyed hash of owner, kind of thing and name}
import type { Personal, Stored } from '../kernel/event.js';
import type { ParameterPolicy, StyleKind } from '../requests/rules/style-contract.js';

/** What people wrote is sealed under its owner's key: names, infos, prompts, tags; parameters and fields as JSON. */
export interface StyleContent {
  readonly name: Personal;
  readonly nameHash: string;
  readonly info: Personal;
  /** The template. */
  readonly prompt: Personal;
  readonly params: Personal;
  readonly public: boolean;
  readonly nsfw: boolean;
  readonly tags: readonly Personal[];
  readonly models: readonly string[];
  /** Who knows the id of a shared key can use it; `key` names it in events. */
  readonly sharedKey: { readonly key: string; readonly id: Personal } | null;
  readonly parameterPolicy: ParameterPolicy | null;
  readonly templateFields: Personal | null;
}

export type StyleCreated = Stored<'StyleCreated.v1', StyleContent & { style: string; kind: StyleKind; owner: number; createdAt: string }>;
/** Only what has changed; each member replaces the one before. */
export type StyleChanged = Stored<'StyleChanged.v1', Partial<StyleContent> & { style: string; changedAt: string }>;
export type StyleDeleted = Stored<'StyleDeleted.v1', { style: string; by: number; deletedAt: string }>;

/** A picture that shows what the style does; its address is never fetched. A primary one takes that place from the one before. */
export type StyleExampleAdded = Stored<'StyleExampleAdded.v1', { style: string; example: string; url: Personal; urlHash: string; primary: boolean; addedAt: string }>;
export type StyleExampleChanged = Stored<'StyleExampleChanged.v1', {
  style: string; example: string; url?: Personal; urlHash?: string; primary?: true; changedAt: string;
}>;
/** `promoted` is primary from now on, if the removed one was. */
export type StyleExampleRemoved = Stored<'StyleExampleRemoved.v1', { style: string; example: string; promoted: string | null; removedAt: string }>;

export interface CollectionContent {
  readonly name: Personal;
  readonly nameHash: string;
  readonly info: Personal | null;
  readonly public: boolean;
  /** All of one kind. */
  readonly styles: readonly string[];
  readonly kind: StyleKind;
}
export type CollectionCreated = Stored<'CollectionCreated.v1', CollectionContent & { collection: string; owner: number; createdAt: string }>;
export type CollectionChanged = Stored<'CollectionChanged.v1', Partial<CollectionContent> & { collection: string; changedAt: string }>;
export type CollectionDeleted = Stored<'CollectionDeleted.v1', { collection: string; by: number; deletedAt: string }>;

/** One name of one owner, one style (or one collection): whoever the stream says has it. */
export type StyleNameReserved = Stored<'StyleNameReserved.v1', { holder: string; owner: number; reservedAt: string }>;
export type StyleNameReleased = Stored<'StyleNameReleased.v1', { holder: string; releasedAt: string }>;

export type StyleEvent = StyleCreated | StyleChanged | StyleDeleted | StyleExampleAdded | StyleExampleChanged | StyleExampleRemoved;
export type CollectionEvent = CollectionCreated | CollectionChanged | CollectionDeleted;
export type StyleNameEvent = StyleNameReserved | StyleNameReleased;

export const STYLE_EVENT_TYPES = [
  'StyleCreated.v1', 'StyleChanged.v1', 'StyleDeleted.v1', 'StyleExampleAdded.v1', 'StyleExampleChanged.v1', 'StyleExampleRemoved.v1',
  'CollectionCreated.v1', 'CollectionChanged.v1', 'CollectionDeleted.v1', 'StyleNameReserved.v1', 'StyleNameReleased.v1',
] as const satisfies readonly (StyleEvent | CollectionEvent | StyleNameEvent)['type'][];
