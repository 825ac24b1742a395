import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { StyleSort } from '../../projections/styles/queries.js';
import { refusedBy } from '../platform/http/refusals.js';
import { aliasOf, ANONYMOUS_KEY, UserDirectory } from '../users/directory.message.js';
import { AssignableKeys } from './assignable-keys.js';
import { StyleCatalogue, type Collection, type Style } from './catalogue.message.js';
import { badRequest } from './style-checks.js';
import { collectionView, styleView } from './style-view.js';
import { styleRefusals } from './style.refusals.js';

/** What readers of styles and collections are answered. */
@Injectable()
export class StyleAnswers {
  constructor(readonly catalogue: StyleCatalogue, private readonly directory: UserDirectory, private readonly keys: AssignableKeys) {}

  /** Its shared key is shown to the owner, who must not find an answer to somebody else in a cache (since-5.1.5 §2.5). */
  async style(style: Style | undefined, apiKey: string | undefined, reply: FastifyReply): Promise<object> {
    if (!style) throw refusedBy(styleRefusals, 'StyleNotFound');
    const isPersonal = apiKey !== undefined && apiKey !== ANONYMOUS_KEY;
    if (isPersonal) void reply.header('Cache-Control', 'private, no-store');
    const reader = isPersonal ? await this.directory.byKey(apiKey) : undefined;
    const key = style.sharedKey !== null && reader?.id === style.owner ? await this.keys.view(style.sharedKey) : undefined;
    return styleView(style, await this.#alias(style.owner), key ?? null);
  }

  styles(found: readonly Style[]): Promise<object[]> {
    return Promise.all(found.map(async (style) => styleView(style, await this.#alias(style.owner))));
  }

  async collection(collection: Collection | undefined): Promise<object> {
    if (!collection) throw refusedBy(styleRefusals, 'CollectionNotFound');
    const owners = [...new Set(collection.styles.map(({ owner }) => owner))];
    const aliases = new Map(await Promise.all(owners.map(async (owner) => [owner, await this.#alias(owner)] as const)));
    return collectionView(collection, (owner) => aliases.get(owner)!);
  }

  async #alias(user: number): Promise<string> {
    return aliasOf((await this.directory.byId(user)) ?? { name: '', id: user });
  }
}

export const sortOf = (sort: string): StyleSort => {
  if (sort !== 'popular' && sort !== 'age') throw badRequest('sort must be popular or age.');
  return sort;
};
