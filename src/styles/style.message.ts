import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { Collection, CollectionCommand, CollectionRc } from './collection.decider.js';
import type { NameHolder, StyleNameCommand, StyleNameRc } from './style-name.decider.js';
import type { Style, StyleCommand, StyleRc } from './style.decider.js';
import type { CollectionEvent, StyleEvent, StyleNameEvent } from './style.events.js';

/** Anything that may be asked of one style. */
export class OnStyle extends Command<Outcome<StyleEvent, Style, StyleRc>> {
  constructor(readonly style: string, readonly command: StyleCommand, readonly context: CommandContext) {
    super();
  }
}

/** Anything that may be asked of one collection of styles. */
export class OnCollection extends Command<Outcome<CollectionEvent, Collection, CollectionRc>> {
  constructor(readonly collection: string, readonly command: CollectionCommand, readonly context: CommandContext) {
    super();
  }
}

/** One name of one owner, by its keyed hash. */
export class OnStyleName extends Command<Outcome<StyleNameEvent, NameHolder, StyleNameRc>> {
  constructor(readonly nameHash: string, readonly command: StyleNameCommand, readonly context: CommandContext) {
    super();
  }
}
