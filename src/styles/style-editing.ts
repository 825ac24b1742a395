import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { sanitised } from '../platform/sanitised-text.js';
import { defined } from '../requests/rules/defined.js';
import type { StyleKind } from '../requests/rules/style-contract.js';
import type { RequestWarning } from '../requests/rules/warnings.js';
import type { KnownUser } from '../users/directory.message.js';
import type { AssignableKey } from './assignable-keys.js';
import { StyleCatalogue, type Style } from './catalogue.message.js';
import { INFO_MAX, nameOf, nameTaken, policyOf, StyleChecks, TAG_MAX, writtenBy, type StyleBody, type StyleEffect } from './style-checks.js';
import type { StyleContent } from './style.events.js';
import { OnStyle } from './style.message.js';
import { StyleNames } from './style-names.js';
import { styleRefusals } from './style.refusals.js';

export interface Edited {
  readonly id: string;
  readonly warnings: readonly RequestWarning[];
  readonly position: number;
}

/** What editors of styles and collections need besides the rules. */
@Injectable()
export class EditingParts {
  constructor(readonly names: StyleNames, readonly catalogue: StyleCatalogue, readonly ports: Ports) {}

  at(): string {
    return iso(this.ports.clock.now());
  }
  context({ id }: KnownUser): CommandContext {
    return { actor: { kind: 'user', user: id }, correlationId: this.ports.ids.uuid() };
  }
}

const PROMPT_DEFAULT: Readonly<Record<StyleKind, string>> = { image: '{p}{np}', text: '{p}' };

/**
 * Makes, changes and removes styles (horde-api C14). Order of effects: the name first, then the style, then the name that it
 * no longer has; `StyleNames` clears up what a process leaves that dies in between.
 */
@Injectable()
export class StyleEditing {
  constructor(private readonly commands: CommandBus, private readonly checks: StyleChecks, private readonly parts: EditingParts) {}

  async create(kind: StyleKind, body: StyleBody, apiKey: string): Promise<Edited> {
    this.checks.counts(body, true);
    const owner = await this.checks.author(apiKey);
    const key = await this.checks.sharedKey(body.sharedkey, owner);
    this.checks.notDeleted(owner);
    const { names } = this.parts;
    const context = this.parts.context(owner);
    const nameHash = names.hashOf('style', owner.id, nameOf(body.name!));
    if (await names.isTaken(nameHash, 'style', context)) throw nameTaken('style');
    const effect = effectOf(kind, body);
    this.checks.effect(kind, effect, owner);
    const id = await names.claim(nameHash, { thing: 'style', id: this.parts.ports.ids.uuid(), owner: owner.id }, true, context);
    if (id === undefined) throw nameTaken('style');
    const content = { ...DEFAULTS, ...this.#contentOf(owner.id, { ...body, prompt: effect.prompt, params: effect.params }), ...keyOf(owner.id, key, body) } as StyleContent;
    const outcome = await this.commands.execute(new OnStyle(id, { type: 'CreateStyle', kind, owner: owner.id, content, at: this.parts.at() }, context));
    if (outcome.outcome !== 'appended') throw nameTaken('style'); // another call of the same owner was faster
    await this.parts.catalogue.shown(outcome.position);
    return { id, warnings: this.checks.warnings(kind, effect), position: outcome.position };
  }

  /** What is not sent stays as it is. */
  async change(kind: StyleKind, id: string, { body, apiKey }: { body: StyleBody; apiKey: string }): Promise<Edited> {
    this.checks.counts(body, false);
    const user = await this.checks.caller(apiKey);
    const style = await this.#found(id);
    if (style.kind !== kind) throw refusedBy(styleRefusals, 'StyleGetMistmatch');
    if (style.owner !== user.id) throw refusedBy(styleRefusals, 'Forbidden');
    const key = await this.checks.sharedKey(body.sharedkey, user);
    this.checks.notDeleted(user);
    const context = this.parts.context(user);
    const newHash = await this.#newName(style, body.name, context);
    const effect = effectOf(kind, body, style);
    this.checks.effect(kind, effect, user);
    const changes = { ...this.#contentOf(user.id, body), ...keyOf(user.id, key, body) };
    const position = await this.#write(style, { newHash, changes, by: user.id }, context);
    return { id: style.id, warnings: this.checks.warnings(kind, effect), position };
  }

  async remove(id: string, apiKey: string): Promise<number> {
    const user = await this.checks.caller(apiKey);
    if (user.id === 0) throw refusedBy(styleRefusals, 'StylesAnonForbidden');
    const style = await this.#found(id);
    const context = this.parts.context(user);
    const outcome = await this.commands.execute(new OnStyle(style.id, {
      type: 'DeleteStyle', by: user.id, moderator: user.roles.has('moderator'), at: this.parts.at(),
    }, context));
    if (outcome.outcome === 'refused') throw refusedBy(styleRefusals, outcome.rc as 'StyleNotFound' | 'Forbidden');
    await this.parts.names.release(style.nameHash, style.id, context);
    return this.#shown(outcome.outcome === 'appended' ? outcome.position : -1);
  }

  async #newName(style: Style, sent: string | undefined, context: CommandContext): Promise<string | undefined> {
    const newHash = sent === undefined ? style.nameHash : this.parts.names.hashOf('style', style.owner, nameOf(sent));
    if (newHash === style.nameHash) return undefined;
    if (await this.parts.names.isTaken(newHash, 'style', context)) throw nameTaken('style');
    return newHash;
  }

  async #write(
    { id, owner, nameHash }: Style, { newHash, changes, by }: { newHash: string | undefined; changes: Partial<StyleContent>; by: number }, context: CommandContext,
  ): Promise<number> {
    const { names } = this.parts;
    if (newHash !== undefined && (await names.claim(newHash, { thing: 'style', id, owner }, false, context)) === undefined) throw nameTaken('style');
    const outcome = await this.commands.execute(new OnStyle(id, { type: 'ChangeStyle', changes, by, moderator: false, at: this.parts.at() }, context));
    if (newHash !== undefined) await names.release(outcome.outcome === 'refused' ? newHash : nameHash, id, context);
    if (outcome.outcome === 'refused') throw refusedBy(styleRefusals, outcome.rc as 'StyleNotFound' | 'Forbidden');
    return this.#shown(outcome.outcome === 'appended' ? outcome.position : -1);
  }

  async #found(id: string): Promise<Style> {
    const style = await this.parts.catalogue.style(id);
    if (!style) throw refusedBy(styleRefusals, 'StyleNotFound');
    return style;
  }

  async #shown(position: number): Promise<number> {
    await this.parts.catalogue.shown(position);
    return position;
  }

  /** The stored members of what was sent. */
  #contentOf(owner: number, body: StyleBody): Partial<StyleContent> {
    const name = body.name === undefined ? undefined : nameOf(body.name);
    const written = (text: string | undefined) => (text === undefined ? undefined : writtenBy(owner, text));
    return defined({
      name: written(name), nameHash: name === undefined ? undefined : this.parts.names.hashOf('style', owner, name),
      info: written(body.info === undefined ? undefined : sanitised(body.info, INFO_MAX)), prompt: written(body.prompt),
      params: written(body.params && JSON.stringify(body.params)), public: body.public, nsfw: body.nsfw,
      tags: body.tags?.map((tag) => writtenBy(owner, sanitised(tag, TAG_MAX))), models: body.models,
      parameterPolicy: policyOf(body), templateFields: written(body.template_fields && JSON.stringify(body.template_fields)),
    });
  }
}

const DEFAULTS = { public: true, nsfw: false, tags: [], sharedKey: null, parameterPolicy: null, templateFields: null };

const keyOf = (owner: number, key: AssignableKey | undefined, { sharedkey: id }: StyleBody): Pick<Partial<StyleContent>, 'sharedKey'> =>
  (key && id !== undefined ? { sharedKey: { key: key.key, id: writtenBy(owner, id.toLowerCase()) } } : {});

/** What the style does once the change is made. */
const effectOf = (kind: StyleKind, body: StyleBody, before: StyleEffect = { ...NO_EFFECT, prompt: PROMPT_DEFAULT[kind] }): StyleEffect => ({
  prompt: body.prompt ?? before.prompt, params: body.params ?? before.params, models: body.models ?? before.models,
  parameterPolicy: policyOf(body) ?? before.parameterPolicy, templateFields: body.template_fields ?? before.templateFields,
});
const NO_EFFECT = { params: {}, models: [], parameterPolicy: null, templateFields: null };
