import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { sanitised } from '../platform/sanitised-text.js';
import { defined } from '../requests/rules/defined.js';
import type { StyleKind } from '../requests/rules/style-contract.js';
import type { Collection, Style } from './catalogue.message.js';
import { badRequest, INFO_MAX, nameOf, nameTaken, StyleChecks, writtenBy } from './style-checks.js';
import { EditingParts } from './style-editing.js';
import type { CollectionContent } from './style.events.js';
import { OnCollection } from './style.message.js';
import { styleRefusals } from './style.refusals.js';

/** What is sent to make or to change a collection, after the schema. */
export interface CollectionBody {
  readonly name?: string | undefined;
  readonly info?: string | undefined;
  readonly public?: boolean | undefined;
  /** Ids or names. */
  readonly styles?: readonly string[] | undefined;
}
interface Written {
  readonly id: string;
  readonly position: number;
}

/** Styles of one collection: each is looked up with every use. */
const STYLES_MAX = 100;

/** Makes, changes and removes collections (horde-api C15), in the order of effects of styles. */
@Injectable()
export class CollectionEditing {
  constructor(private readonly commands: CommandBus, private readonly checks: StyleChecks, private readonly parts: EditingParts) {}

  async create(body: CollectionBody, apiKey: string): Promise<Written> {
    checkCount(body.styles ?? []);
    const owner = await this.checks.caller(apiKey);
    this.checks.notDeleted(owner);
    if (owner.id === 0) throw refusedBy(styleRefusals, 'StylesAnonForbidden');
    const members = await this.#members(body.styles!);
    const { names } = this.parts;
    const context = this.parts.context(owner);
    const nameHash = names.hashOf('collection', owner.id, nameOf(body.name!));
    const id = (await names.isTaken(nameHash, 'collection', context))
      ? undefined : await names.claim(nameHash, { thing: 'collection', id: this.parts.ports.ids.uuid(), owner: owner.id }, true, context);
    if (id === undefined) throw nameTaken('collection');
    const content = { info: null, public: true, ...this.#contentOf(owner.id, body), ...members } as CollectionContent;
    const outcome = await this.commands.execute(new OnCollection(id, { type: 'CreateCollection', owner: owner.id, content, at: this.parts.at() }, context));
    if (outcome.outcome !== 'appended') throw nameTaken('collection'); // another call of the same owner was faster
    return this.#shown(id, outcome.position);
  }

  async change(id: string, body: CollectionBody, apiKey: string): Promise<Written> {
    if (body.styles) checkCount(body.styles);
    const user = await this.checks.caller(apiKey);
    const collection = await this.#found(id);
    if (collection.owner !== user.id) throw refusedBy(styleRefusals, 'Forbidden');
    const members = body.styles ? await this.#members(body.styles) : {};
    const context = this.parts.context(user);
    const newHash = body.name === undefined ? collection.nameHash : this.parts.names.hashOf('collection', user.id, nameOf(body.name));
    if (newHash !== collection.nameHash) await this.#claim(collection, newHash, context);
    const changes = { ...this.#contentOf(user.id, body), ...members };
    const outcome = await this.commands.execute(new OnCollection(collection.id, { type: 'ChangeCollection', changes, by: user.id, moderator: false, at: this.parts.at() }, context));
    const isRefused = outcome.outcome === 'refused';
    if (newHash !== collection.nameHash) await this.parts.names.release(isRefused ? newHash : collection.nameHash, collection.id, context);
    if (isRefused) throw refusedBy(styleRefusals, outcome.rc as 'CollectionNotFound' | 'Forbidden');
    return this.#shown(collection.id, outcome.outcome === 'appended' ? outcome.position : -1);
  }

  async remove(id: string, apiKey: string): Promise<Written> {
    const user = await this.checks.caller(apiKey);
    const collection = await this.#found(id);
    const context = this.parts.context(user);
    const outcome = await this.commands.execute(new OnCollection(collection.id, {
      type: 'DeleteCollection', by: user.id, moderator: user.roles.has('moderator'), at: this.parts.at(),
    }, context));
    if (outcome.outcome === 'refused') throw refusedBy(styleRefusals, outcome.rc as 'CollectionNotFound' | 'Forbidden');
    await this.parts.names.release(collection.nameHash, collection.id, context);
    return this.#shown(collection.id, outcome.outcome === 'appended' ? outcome.position : -1);
  }

  async #claim({ id, owner }: Collection, newHash: string, context: CommandContext): Promise<void> {
    if ((await this.parts.names.claim(newHash, { thing: 'collection', id, owner }, false, context)) === undefined) throw nameTaken('collection');
  }

  async #found(id: string): Promise<Collection> {
    const collection = await this.parts.catalogue.collection(id);
    if (!collection) throw refusedBy(styleRefusals, 'CollectionNotFound');
    return collection;
  }

  /** All must be there and of one type. */
  async #members(references: readonly string[]): Promise<{ styles: readonly string[]; kind: StyleKind }> {
    const found: Style[] = [];
    for (const reference of references) {
      const one = await this.parts.catalogue.find(reference);
      if (one?.category !== 'style') throw badRequest('One of the styles does not exist.');
      found.push(one.style);
    }
    const { kind } = found[0]!;
    if (found.some((style) => style.kind !== kind)) throw refusedBy(styleRefusals, 'StyleMismatch');
    return { styles: [...new Set(found.map(({ id }) => id))], kind };
  }

  #contentOf(owner: number, { name, info, public: isPublic }: CollectionBody): Partial<CollectionContent> {
    const clean = name === undefined ? undefined : nameOf(name);
    return defined({
      name: clean === undefined ? undefined : writtenBy(owner, clean), nameHash: clean === undefined ? undefined : this.parts.names.hashOf('collection', owner, clean),
      info: info === undefined ? undefined : writtenBy(owner, sanitised(info, INFO_MAX)), public: isPublic,
    });
  }

  async #shown(id: string, position: number): Promise<Written> {
    await this.parts.catalogue.shown(position);
    return { id, position };
  }
}

const checkCount = ({ length }: readonly string[]): void => {
  if (length < 1 || length > STYLES_MAX) throw badRequest(`A collection has 1 to ${STYLES_MAX} styles.`);
};
