import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { AddressBlock, AddressBlockCommand } from './address-block.decider.js';
import type { AddressBlockEvent } from './address-block.events.js';
import type { ChangeModes } from './modes.decider.js';
import type { Modes, ModesChanged } from './modes.events.js';

/** How the whole horde is run. */
export class OnModes extends Command<Outcome<ModesChanged, Modes, never>> {
  constructor(readonly command: ChangeModes, readonly context: CommandContext) {
    super();
  }
}

/** One block of an address or a range, by its opaque id. */
export class OnAddressBlock extends Command<Outcome<AddressBlockEvent, AddressBlock, never>> {
  constructor(readonly block: string, readonly command: AddressBlockCommand, readonly context: CommandContext) {
    super();
  }
}
