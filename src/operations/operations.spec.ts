import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Recorded } from '../kernel/event.js';
import { addressBlockDecider, type AddressBlockCommand } from './address-block.decider.js';
import { timeOutMs } from './address-offences.message.js';
import { HordeModes } from './horde-modes.message.js';
import { modesDecider, NO_MODES } from './modes.decider.js';
import type { Modes, ModesChanged } from './modes.events.js';

const AT = '2026-03-01T12:00:00.000Z';
const LATER = '2026-03-02T12:00:00.000Z';

const changed = (data: Partial<Modes>): ModesChanged => ({ type: 'ModesChanged.v1', data: { ...data, by: 1, changedAt: AT } });
const change = (modes: Partial<Modes>, given: Modes = NO_MODES) => modesDecider.decide({ type: 'ChangeModes', modes, by: 1, at: AT }, given);
const recorded = (revision: number, data: Partial<Modes>): Recorded<ModesChanged> => ({
  stream: 'horde', revision, position: revision, id: 'id', ...changed(data), metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
});

describe('the modes of the horde', () => {
  it('are all off at first, and change only where somebody says so', () => {
    expect(change({ raid: true })).toEqual({ outcome: 'accepted', events: [changed({ raid: true })] });
    expect(change({ raid: false, maintenance: false, inviteOnly: false })).toEqual({ outcome: 'accepted', events: [] });
    expect(change({ raid: true, maintenance: true }, { ...NO_MODES, raid: true })).toEqual({ outcome: 'accepted', events: [changed({ maintenance: true })] });
  });

  it('are what was last said of each, and asking again says nothing', () => {
    const some = fc.record({ maintenance: fc.boolean(), inviteOnly: fc.boolean(), raid: fc.boolean() }, { requiredKeys: [] });
    fc.assert(fc.property(fc.array(some), (wishes) => {
      let state = NO_MODES;
      for (const wish of wishes) {
        const decision = change(wish, state);
        for (const event of decision.outcome === 'accepted' ? decision.events : []) state = modesDecider.evolve(state, event);
        expect(state).toMatchObject(wish);
        expect(change(wish, state)).toEqual({ outcome: 'accepted', events: [] });
      }
    }), { seed: 10 });
  });

  it('are known to a node from the start, and no older word takes back a newer one', async () => {
    const view = new HordeModes({ modes: () => Promise.resolve({ position: 5, changes: [recorded(0, { raid: true }), recorded(1, { raid: false, inviteOnly: true })] }) });
    expect(await view.open()).toBe(5);
    expect(view).toMatchObject({ maintenance: false, inviteOnly: true, raid: false });
    for (const event of [recorded(2, { maintenance: true }), recorded(0, { raid: true }), recorded(2, { maintenance: true })]) view.apply(event);
    expect(view).toMatchObject({ maintenance: true, inviteOnly: true, raid: false });
  });
});

describe('a block of an address', () => {
  const after = (...commands: readonly AddressBlockCommand[]) => {
    let state = addressBlockDecider.initialState('b');
    const types: string[] = [];
    for (const command of commands) {
      const decision = addressBlockDecider.decide(command, state);
      for (const event of decision.outcome === 'accepted' ? decision.events : []) {
        types.push(event.type);
        state = addressBlockDecider.evolve(state, event);
      }
    }
    return { types, until: state.until };
  };
  const block = (until: string): AddressBlockCommand => ({ type: 'BlockAddress', by: 1, worker: 'w', until, at: AT });
  const unblock: AddressBlockCommand = { type: 'UnblockAddress', by: 1, at: AT };

  it('lasts as long as was said last', () => expect(after(block(LATER), block(AT))).toEqual({ types: ['AddressBlocked.v1', 'AddressBlocked.v1'], until: AT }));
  it('ends once', () => expect(after(block(LATER), unblock, unblock)).toEqual({ types: ['AddressBlocked.v1', 'AddressUnblocked.v1'], until: undefined }));
  it('of the horde itself is never shorter than the one that is there, and anybody may end it', () => {
    const timeOut = (until: string): AddressBlockCommand => ({ type: 'TimeOutAddress', offence: 1, until, at: AT });
    expect(after(timeOut(AT), timeOut(AT), timeOut(LATER), timeOut(AT))).toEqual({ types: ['AddressTimedOut.v1', 'AddressTimedOut.v1'], until: LATER });
    expect(after(block(LATER), timeOut(AT))).toEqual({ types: ['AddressBlocked.v1'], until: LATER });
    expect(after(timeOut(LATER), unblock, timeOut(AT))).toEqual({ types: ['AddressTimedOut.v1', 'AddressUnblocked.v1', 'AddressTimedOut.v1'], until: AT });
  });
  it('of the horde itself is longer each time, and five minutes at the most for a service', () => {
    const minutes = (isService: boolean): number[] => [1, 2, 3, 4, 100].map((offence) => timeOutMs(offence, isService) / 60_000);
    expect([minutes(false), minutes(true)]).toEqual([[3, 9, 15, 21, 597], [3, 5, 5, 5, 5]]);
  });
  it('that was never placed is not lifted', () => expect(after(unblock).types).toEqual([]));
  it('does not say what it blocks', () => expect(JSON.stringify(addressBlockDecider.decide(block(LATER), addressBlockDecider.initialState('b')))).not.toMatch(/\d+\.\d+\.\d+\.\d+"/));
});
