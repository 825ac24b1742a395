import { Injectable } from '@nestjs/common';
import type { Collection, OwnedStyle, Style, StylePage, StyleSort } from '../../projections/styles/queries.js';
import { parseUuid } from '../kernel/ids.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import type { StyleKind } from '../requests/rules/style-contract.js';
import { idOfAlias } from '../users/directory.message.js';

export type { Collection, OwnedStyle, Style } from '../../projections/styles/queries.js';

/** The styles read model. */
@Injectable()
export abstract class StyleRows {
  abstract style(id: string): Promise<Style | undefined>;
  abstract styles(ids: readonly string[]): Promise<readonly Style[]>;
  abstract styleByName(name: string, owner: number | null): Promise<Style | undefined>;
  abstract stylePage(page: StylePage): Promise<readonly Style[]>;
  abstract stylesOf(owner: number): Promise<readonly OwnedStyle[]>;
  abstract collection(id: string): Promise<Collection | undefined>;
  abstract collectionByName(name: string, owner: number | null): Promise<Collection | undefined>;
  abstract collectionPage(page: { readonly page: number; readonly sort: StyleSort; readonly kind: StyleKind | undefined }): Promise<readonly Collection[]>;
  /** True once the model shows everything up to `position`. */
  abstract waitFor(position: number, timeoutMs: number): Promise<boolean>;
}

type Category = 'style' | 'collection';
/** A name as clients write it, taken apart. */
export interface StyleReference {
  readonly category: Category | undefined;
  readonly name: string;
  /** null: anybody's. */
  readonly owner: number | null;
}
export type Found = { readonly category: 'style'; readonly style: Style } | { readonly category: 'collection'; readonly collection: Collection };

const CATCH_UP_MAX_MS = 1_000;
export const SEPARATOR = '::';

/** Styles and collections by id or name. Nobody is told that there is none by a view that is behind. */
@Injectable()
export class StyleCatalogue {
  constructor(readonly rows: StyleRows, private readonly ports: Ports) {}

  /** By id, or by any of the forms of a name (horde-api C14.1): a style first, else a collection. */
  find(text: string): Promise<Found | undefined> {
    return this.#sure(() => this.#find(text));
  }
  style(id: string): Promise<Style | undefined> {
    const uuid = parseUuid(id);
    return this.#sure(async () => (uuid === undefined ? undefined : this.rows.style(uuid)));
  }
  collection(id: string): Promise<Collection | undefined> {
    const uuid = parseUuid(id);
    return this.#sure(async () => (uuid === undefined ? undefined : this.rows.collection(uuid)));
  }
  async styleByName(text: string): Promise<Style | undefined> {
    const found = await this.#sure(() => this.#named(text, 'style'));
    return found?.category === 'style' ? found.style : undefined;
  }
  async collectionByName(text: string): Promise<Collection | undefined> {
    const found = await this.#sure(() => this.#named(text, 'collection'));
    return found?.category === 'collection' ? found.collection : undefined;
  }

  /** So that whoever has changed something finds it changed; a read model that is late only shows it later. */
  async shown(position: number): Promise<void> {
    if (position >= 0) await this.rows.waitFor(position, CATCH_UP_MAX_MS);
  }

  async #find(text: string): Promise<Found | undefined> {
    const uuid = parseUuid(text);
    if (uuid === undefined) return this.#named(text, undefined);
    const style = await this.rows.style(uuid);
    if (style) return { category: 'style', style };
    const collection = await this.rows.collection(uuid);
    return collection ? { category: 'collection', collection } : this.#named(text, undefined);
  }

  async #named(text: string, wanted: Category | undefined): Promise<Found | undefined> {
    const reference = referenceOf(text);
    if (!reference) return undefined;
    const { category = wanted, name, owner } = reference;
    if (wanted !== undefined && category !== wanted) return undefined;
    const style = category === 'collection' ? undefined : await this.rows.styleByName(name, owner);
    if (style) return { category: 'style', style };
    const collection = category === 'style' ? undefined : await this.rows.collectionByName(name, owner);
    return collection && { category: 'collection', collection };
  }

  async #sure<Thing>(look: () => Promise<Thing | undefined>): Promise<Thing | undefined> {
    const head = await this.ports.feed.head();
    const early = await look();
    if (early !== undefined) return early;
    if (!(await this.rows.waitFor(head, CATCH_UP_MAX_MS))) throw new RetryLater('the list of styles is catching up with the log');
    return look();
  }
}

/**
 * `name`, `alias::name`, `style::name`, `style::alias::name`, and `alias::style::name` as the API shows it; the same for
 * collections. Undefined for what can be nobody's name.
 */
export const referenceOf = (text: string): StyleReference | undefined => {
  const parts = text.split(SEPARATOR);
  const name = parts.at(-1)!;
  const before = parts.slice(0, -1);
  const categories = before.filter(isCategory);
  const aliases = before.filter((part) => !isCategory(part));
  if (name === '' || categories.length > 1 || aliases.length > 1) return undefined;
  const owner = aliases[0] === undefined ? null : idOfAlias(aliases[0]);
  return owner === undefined ? undefined : { category: categories[0], name, owner };
};

const isCategory = (part: string): part is Category => part === 'style' || part === 'collection';
