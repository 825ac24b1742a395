import { accept, refuse, type Decider } from '../kernel/decider.js';
import type { StyleNameEvent } from './style.events.js';

/** What a name of one owner stands for. */
export interface NameHolder {
  readonly holder?: string;
  readonly reservedAt?: string;
}
export type StyleNameCommand =
  | { readonly type: 'ReserveStyleName'; readonly holder: string; readonly owner: number; readonly at: string }
  /** `heldSince`: only a reservation that is at least so old is given up. */
  | { readonly type: 'ReleaseStyleName'; readonly holder: string; readonly heldSince?: string; readonly at: string }
  /** Changes nothing: the answer is in the state, which is confirmed at the head of the log. */
  | { readonly type: 'ReadStyleName' };
/** The detail names the holder. */
export type StyleNameRc = 'NameTaken' | 'NameInUse';

export const styleNameDecider: Decider<NameHolder, StyleNameCommand, StyleNameEvent, StyleNameRc> = {
  category: 'stylename',
  stateVersion: 1,
  initialState: () => ({}),
  evolve: (_name, event) => (event.type === 'StyleNameReserved.v1' ? { holder: event.data.holder, reservedAt: event.data.reservedAt } : {}),
  decide: (command, name) => {
    if (command.type === 'ReadStyleName') return accept();
    const { holder, at } = command;
    if (command.type === 'ReserveStyleName') {
      if (name.holder !== undefined && name.holder !== holder) return refuse('NameTaken', { holder: name.holder });
      // Asked again, it is held from now on: by the age of an earlier try, somebody else might take it away before it is borne.
      if (name.holder === holder && name.reservedAt! >= at) return accept();
      return accept({ type: 'StyleNameReserved.v1', data: { holder, owner: command.owner, reservedAt: at } });
    }
    if (name.holder !== holder) return accept(); // released before
    if (command.heldSince !== undefined && name.reservedAt! > command.heldSince) return refuse('NameInUse');
    return accept({ type: 'StyleNameReleased.v1', data: { holder, releasedAt: at } });
  },
};
