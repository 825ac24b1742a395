import { accept, type Decider } from '../kernel/decider.js';
import type { Modes, ModesChanged } from './modes.events.js';

/** What a PUT may change; the caller's rank was looked at. */
export interface ChangeModes {
  readonly type: 'ChangeModes';
  readonly modes: Partial<Modes>;
  readonly by: number;
  readonly at: string;
}

export const NO_MODES: Modes = { maintenance: false, inviteOnly: false, raid: false };
const MODES = ['maintenance', 'inviteOnly', 'raid'] as const satisfies readonly (keyof Modes)[];

/** The modes after an event. */
export const modesAfter = (modes: Modes, { maintenance = modes.maintenance, inviteOnly = modes.inviteOnly, raid = modes.raid }: Partial<Modes>): Modes =>
  ({ maintenance, inviteOnly, raid });

export const modesDecider: Decider<Modes, ChangeModes, ModesChanged, never> = {
  category: 'horde',
  stateVersion: 1,
  initialState: () => NO_MODES,
  evolve: (modes, { data }) => modesAfter(modes, data),
  decide: ({ modes: wanted, by, at }, modes) => {
    const changed = Object.fromEntries(MODES.flatMap((mode) => (wanted[mode] === undefined || wanted[mode] === modes[mode] ? [] : [[mode, wanted[mode]]])));
    return Object.keys(changed).length === 0 ? accept() : accept({ type: 'ModesChanged.v1', data: { ...changed, by, changedAt: at } });
  },
};
