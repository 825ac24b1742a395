import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { personal, type Personal } from '../kernel/event.js';
import { skipNone } from '../platform/http/marshal.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { aliasOf, UserDirectory, type KnownUser } from '../users/directory.message.js';
import { compileRegex } from './filter-regex.js';
import type { PromptFilter } from './filter-set.js';
import type { FiltersCommand, RegexWords } from './filters.decider.js';
import { OnFilters } from './filters.message.js';
import { filterRefusals } from './filters.refusals.js';
import { PromptFilters } from './prompt-filters.message.js';

/** Under this name the words of all filters are sealed: they are the horde's, and stay when who wrote them goes. */
const SUBJECT = 'filters';
const ID = /^\d{1,9}$/;

interface NewFields {
  readonly regex: string;
  readonly filter_type: number;
  readonly description?: string;
  readonly replacement: string;
}
type SomeFields = Partial<NewFields>;

/** What moderators do with filters, and what they are shown: as the log has it when they ask. */
@Injectable()
export class FilterEditing {
  constructor(
    private readonly commands: CommandBus, private readonly filters: PromptFilters, private readonly directory: UserDirectory, private readonly ports: Ports,
  ) {}

  /** @throws Refused InvalidAPIKey, NotModerator */
  async moderator(apiKey: string): Promise<KnownUser> {
    const caller = await this.directory.byKey(apiKey);
    if (!caller) throw refusedBy(filterRefusals, 'InvalidAPIKey');
    if (!caller.roles.has('moderator')) throw refusedBy(filterRefusals, 'NotModerator');
    return caller;
  }

  async listed(wanted: (filter: PromptFilter) => boolean): Promise<readonly object[]> {
    await this.filters.refresh();
    return Promise.all(this.filters.all().filter(wanted).map(async (filter) => skipNone(await this.#view(filter))));
  }

  /** @throws Refused FilterNotFound */
  async shown(id: string): Promise<object> {
    return this.#view(await this.#found(id));
  }

  /** One that is there already is shown as it is (horde-api C12). @throws Refused BadRequest */
  async add(caller: KnownUser, { regex, filter_type: filterType, description, replacement }: NewFields): Promise<object> {
    const texts = { description: description === undefined ? null : sealed(description), replacement: sealed(replacement) };
    const filter = await this.#act(caller, { type: 'AddFilter', filterType, words: this.#words(regex), ...texts, by: caller.id, at: this.#now() });
    return this.shown(String(filter));
  }

  /** @throws Refused FilterNotFound, NoFilterModSelected, BadRequest */
  async change(caller: KnownUser, id: string, { regex, filter_type: filterType, description, replacement }: SomeFields): Promise<object> {
    const { id: filter } = await this.#found(id);
    if ([regex, filterType, description, replacement].every((each) => each === undefined)) throw refusedBy(filterRefusals, 'NoFilterModSelected');
    await this.#act(caller, {
      type: 'ChangeFilter', filter, by: caller.id, at: this.#now(), ...(filterType === undefined ? {} : { filterType }), ...(regex === undefined ? {} : { words: this.#words(regex) }),
      ...(description === undefined ? {} : { description: sealed(description) }), ...(replacement === undefined ? {} : { replacement: sealed(replacement) }),
    });
    return this.shown(id);
  }

  /** @throws Refused FilterNotFound */
  async delete(caller: KnownUser, id: string): Promise<void> {
    const { id: filter } = await this.#found(id);
    await this.#act(caller, { type: 'DeleteFilter', filter, by: caller.id, at: this.#now() });
    await this.filters.refresh();
  }

  /** Returns which filter it was about, if that had to be found out. */
  async #act(caller: KnownUser, command: FiltersCommand): Promise<number | undefined> {
    const context = { actor: { kind: 'user' as const, user: caller.id }, correlationId: this.ports.ids.uuid() };
    const outcome = await this.commands.execute(new OnFilters(command, context));
    if (outcome.outcome === 'appended') return outcome.events[0]!.data.filter;
    if (outcome.outcome === 'unchanged') return outcome.detail['filter'] as number | undefined;
    if (outcome.rc === 'FilterNotFound') throw refusedBy(filterRefusals, 'FilterNotFound');
    throw refusedBy(filterRefusals, 'BadRequest', {
      fault: outcome.rc === 'FilterExists' ? `filter ${outcome.detail['filter']} has the same regex and type` : `there are ${outcome.detail['most']} already`,
    });
  }

  /** @throws Refused BadRequest */
  #words(regex: string): RegexWords {
    const compiled = compileRegex(regex);
    if ('fault' in compiled) throw refusedBy(filterRefusals, 'BadRequest', { fault: `the regex ${compiled.fault}` });
    return { regex: sealed(regex), regexHash: this.ports.secrets.keyedHash('filter-regex', regex) };
  }

  /** @throws Refused FilterNotFound */
  async #found(id: string): Promise<PromptFilter> {
    await this.filters.refresh();
    const filter = ID.test(id) ? this.filters.one(Number(id)) : undefined;
    if (!filter) throw refusedBy(filterRefusals, 'FilterNotFound');
    return filter;
  }

  async #view({ id, regex, filterType, description, replacement, by }: PromptFilter): Promise<object> {
    const author = await this.directory.byId(by);
    return { id: String(id), regex, filter_type: filterType, description, replacement, user: author ? aliasOf(author) : '' };
  }

  #now(): string {
    return iso(this.ports.clock.now());
  }
}

const sealed = (text: string): Personal => personal(SUBJECT, text);
