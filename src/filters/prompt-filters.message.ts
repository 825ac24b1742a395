import { plainText, type Personal, type Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { FilterEvent } from './filter.events.js';
import { FilterSet, type PromptFilter, type Score } from './filter-set.js';
import { judge, type AskedPrompt, type Judgement } from './judgement.js';

/** The stream of the filters, its words in clear. */
export interface FilterRows {
  head(): Promise<Position>;
  after(revision: number): Promise<readonly Recorded<FilterEvent>[]>;
}

const BEFORE_THE_FIRST = -1;

/**
 * The filters of prompts, compiled, on every node (docs/decisions/0037). Their words are sealed in the feed, so an event is only the sign
 * that there is something to read; a round reads it, within a second.
 */
export class PromptFilters implements NodeFold {
  readonly name = 'prompt filters';
  readonly #filters = new Map<number, PromptFilter>();
  #set = new FilterSet([]);
  #revision = BEFORE_THE_FIRST;
  #seen = BEFORE_THE_FIRST;

  constructor(private readonly rows: FilterRows, private readonly enabled: boolean) {}

  async open(): Promise<Position> {
    const head = await this.rows.head();
    await this.refresh();
    return head;
  }

  apply({ stream, revision }: Recorded): void {
    if (stream === 'filters') this.#seen = Math.max(this.#seen, revision);
  }

  /** Reads what the feed has told of; returns how many filters there are. */
  async round(): Promise<number> {
    if (this.#seen > this.#revision) await this.refresh();
    return this.#filters.size;
  }

  /** As the log has them now. */
  async refresh(): Promise<void> {
    const before = this.#revision;
    for (const event of await this.rows.after(this.#revision)) if (event.revision === this.#revision + 1) this.#fold(event);
    if (this.#revision !== before) this.#set = new FilterSet(this.all(), this.#set);
  }

  /** By their numbers. */
  all(): readonly PromptFilter[] {
    return [...this.#filters.values()].sort((one, other) => one.id - other.id);
  }

  one(id: number): PromptFilter | undefined {
    return this.#filters.get(id);
  }

  judge(asked: AskedPrompt): Judgement {
    return this.enabled ? judge(asked, this.#set) : { outcome: 'passed', prompt: asked.prompt };
  }

  score(positive: string, filterType?: number): Score {
    return this.enabled ? this.#set.score(positive, filterType) : { suspicion: 0, matches: [] };
  }

  #fold({ type, revision, data }: Recorded<FilterEvent>): void {
    this.#revision = revision;
    switch (type) {
      case 'FilterAdded.v1': {
        const { filter: id, filterType, regex, description, replacement, by } = data as Extract<FilterEvent, { type: 'FilterAdded.v1' }>['data'];
        return void this.#filters.set(id, { id, filterType, regex: wordsOf(regex), description: description && wordsOf(description), replacement: wordsOf(replacement), by });
      }
      case 'FilterChanged.v1': return this.#change(data as Extract<FilterEvent, { type: 'FilterChanged.v1' }>['data']);
      case 'FilterDeleted.v1': return void this.#filters.delete(data.filter);
      default: // nothing else is said of filters
    }
  }

  #change({ filter, by, filterType, regex, description, replacement }: Extract<FilterEvent, { type: 'FilterChanged.v1' }>['data']): void {
    const known = this.#filters.get(filter)!;
    this.#filters.set(filter, {
      ...known, by, ...(filterType === undefined ? {} : { filterType }), ...(regex ? { regex: wordsOf(regex) } : {}),
      ...(description ? { description: wordsOf(description) } : {}), ...(replacement ? { replacement: wordsOf(replacement) } : {}),
    });
  }
}

/** Without the key that they are sealed under nothing is left of them: such a filter matches nothing. */
const wordsOf = (text: Personal): string => plainText(text) ?? '';
