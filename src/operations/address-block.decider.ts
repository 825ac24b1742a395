import { accept, type Decider } from '../kernel/decider.js';
import type { AddressBlockEvent } from './address-block.events.js';

export interface AddressBlock {
  readonly id: string;
  readonly until: string | undefined;
}
export type AddressBlockCommand =
  | { readonly type: 'BlockAddress'; readonly by: number; readonly worker?: string; readonly until: string; readonly at: string }
  /** As `BlockAddress`, and never ends one that lasts longer. */
  | { readonly type: 'TimeOutAddress'; readonly offence: number; readonly until: string; readonly at: string }
  | { readonly type: 'UnblockAddress'; readonly by: number; readonly at: string };

/** A block that is placed again ends when the newest says, sooner or later than before. */
export const addressBlockDecider: Decider<AddressBlock, AddressBlockCommand, AddressBlockEvent, never> = {
  category: 'addressblock',
  stateVersion: 1,
  initialState: (id) => ({ id, until: undefined }),
  evolve: ({ id }, event) => ({ id, until: event.type === 'AddressUnblocked.v1' ? undefined : event.data.until }),
  decide: (command, { id, until }) => {
    if (command.type === 'TimeOutAddress') {
      if (until !== undefined && until >= command.until) return accept();
      return accept({ type: 'AddressTimedOut.v1', data: { block: id, offence: command.offence, until: command.until, timedOutAt: command.at } });
    }
    const { by, at } = command;
    if (command.type === 'UnblockAddress') return until === undefined ? accept() : accept({ type: 'AddressUnblocked.v1', data: { block: id, by, unblockedAt: at } });
    const worker = command.worker === undefined ? {} : { worker: command.worker };
    return accept({ type: 'AddressBlocked.v1', data: { block: id, by, ...worker, until: command.until, blockedAt: at } });
  },
};
