import { describe, expect, it } from '@jest/globals';
import { arrivalRefusal, type ArrivalFacts, type ArrivalRc } from './arrival-rules.js';

const OWNER = 7;
const welcome: ArrivalFacts = {
  kind: 'image', known: undefined, owner: OWNER, trusted: false, vouchedFor: false, invited: 0, name: 'my worker', isNameProfane: false, isAgentProfane: false,
  timedOutS: 0, verdict: 'safe', raid: false, inviteOnly: false, workers: 0, workersAtAddress: 0,
};
const with_ = (facts: Partial<ArrivalFacts>): ArrivalFacts => ({ ...welcome, ...facts });
const rcOf = (facts: Partial<ArrivalFacts>) => arrivalRefusal(with_(facts))?.rc;

describe('a worker that comes', () => {
  it('is welcome when nothing is wrong with it', () => expect(rcOf({})).toBeUndefined());

  // By descending precedence: each row puts right the fault of the row above and keeps the ones below.
  const everything: Partial<ArrivalFacts> = {
    timedOutS: 60, verdict: 'unknown', name: 'colab', isNameProfane: true, isAgentProfane: true, inviteOnly: true, workers: 25, workersAtAddress: 30,
  };
  const rows: readonly (readonly [Partial<ArrivalFacts>, ArrivalRc])[] = [
    [{ known: { kind: 'text', owner: 8 } }, 'PolymorphicNameConflict'], [{ known: undefined }, 'TimeoutIP'], [{ timedOutS: 0 }, 'TooManyNewIPs'], [{ verdict: 'unsafe' }, 'UnsafeIP'],
    [{ verdict: 'safe' }, 'ProfaneWorkerName'], [{ isNameProfane: false }, 'ProfaneBridgeAgent'], [{ isAgentProfane: false }, 'BadRequest'], [{ name: 'mine' }, 'WorkerInviteOnly'],
    [{ inviteOnly: false }, 'TooManyWorkers'], [{ trusted: true }, 'TooManyWorkersTrusted'], [{ workers: 20 }, 'TooManySameIPs'],
  ];
  it.each(rows.map(([, rc], index) => [rc, index] as const))('%s is the first refusal of those that are left', (rc, index) => {
    const facts = rows.slice(0, index + 1).reduce((sum, [put]) => ({ ...sum, ...put }), everything);
    expect(rcOf(facts)).toBe(rc);
  });

  it('that somebody else owns is refused last, and asked nothing that only newcomers are', () => {
    const known = { kind: 'image' as const, owner: 8 };
    expect(rcOf({ ...everything, known, timedOutS: 0, verdict: 'safe' })).toBe('WrongCredentials');
    expect(rcOf({ ...everything, known, timedOutS: 0, verdict: 'unsafe' })).toBe('UnsafeIP');
    expect(rcOf({ ...everything, known: { ...known, owner: OWNER }, timedOutS: 0, verdict: 'safe' })).toBeUndefined();
  });

  it('is not asked where it is when its owner is vouched for, but never comes from an address in timeout', () => {
    for (const verdict of ['unknown', 'unsafe'] as const) expect(rcOf({ vouchedFor: true, verdict })).toBeUndefined();
    expect(rcOf({ vouchedFor: true, timedOutS: 1 })).toBe('TimeoutIP');
  });

  it('slips in from an unsafe address during a raid, but not from one that nobody knows', () => {
    expect(rcOf({ raid: true, verdict: 'unsafe' })).toBeUndefined();
    expect(rcOf({ raid: true, verdict: 'unknown' })).toBe('TooManyNewIPs');
  });

  it.each<readonly [Partial<ArrivalFacts>, ArrivalRc | undefined]>([
    [{ workers: 3 }, undefined], [{ workers: 4 }, 'TooManyWorkers'], [{ workers: 4, invited: 10 }, 'TooManyWorkers'],
    [{ workers: 20, trusted: true }, undefined], [{ workers: 21, trusted: true }, 'TooManyWorkersTrusted'], [{ workers: 21, trusted: true, invited: 21 }, undefined],
    [{ workers: 22, trusted: true, invited: 21 }, 'TooManyWorkersTrusted'],
    [{ workersAtAddress: 3 }, undefined], [{ workersAtAddress: 4 }, 'TooManySameIPs'], [{ workersAtAddress: 4, invited: 4 }, undefined],
    [{ workersAtAddress: 20, trusted: true }, undefined], [{ workersAtAddress: 21, trusted: true }, 'TooManySameIPs'],
    [{ inviteOnly: true }, 'WorkerInviteOnly'], [{ inviteOnly: true, invited: 1 }, undefined], [{ inviteOnly: true, invited: 1, workers: 1 }, 'WorkerInviteOnly'],
    [{ name: '' }, 'BadRequest'], [{ name: 'My GooGle box' }, 'BadRequest'], [{ name: 'tpu' }, 'BadRequest'],
  ])('with %j: %s', (facts, rc) => expect(rcOf(facts)).toBe(rc));
});
