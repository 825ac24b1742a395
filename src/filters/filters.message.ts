import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { FilterEvent } from './filter.events.js';
import type { Filters, FiltersCommand, FiltersRc } from './filters.decider.js';

/** Anything that may be asked of the filters of prompts. */
export class OnFilters extends Command<Outcome<FilterEvent, Filters, FiltersRc>> {
  constructor(readonly command: FiltersCommand, readonly context: CommandContext) {
    super();
  }
}
