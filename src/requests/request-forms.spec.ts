import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as req from '../../test/support/a-request.js';
import { folded } from '../../test/support/given.js';
import { alchemyFacts } from '../../test/support/request-facts.js';
import { kudos, NO_KUDOS } from '../kernel/kudos.js';
import type { FormFacts } from '../pricing/job-features.js';
import type { AssignForms, RequestCommand } from './request.commands.js';
import { requestDecider } from './request.decider.js';
import type { RequestEvent, RequestFacts } from './request.events.js';
import { FORM_RETURNS_MAX } from './request-forms.js';
import { pendingJobs, submittedJobs } from './request.state.js';

const { REQUEST, PAYER, OWNER, WORKER, second, request } = req;
const TTL_S = 180;
const CAPTION: FormFacts = { form: 'caption', price: kudos(1), debit: kudos(3) };
const DEPTH: FormFacts = { form: 'annotation', controlType: 'depth', price: kudos(20), debit: kudos(22) };

const facts = (payer = PAYER, forms: readonly FormFacts[] = [CAPTION, DEPTH]): RequestFacts => alchemyFacts({ request: REQUEST, payer, acceptedAt: second(0) }, forms);
const accepted = (payer = PAYER, forms?: readonly FormFacts[]): RequestEvent => ({ type: 'RequestAccepted.v1', data: facts(payer, forms) });
const assigned = (job: string, form: number, held = NO_KUDOS): RequestEvent => ({ type: 'JobAssigned.v1', data: {
  request: REQUEST, job, worker: WORKER, owner: OWNER, model: form === 0 ? 'caption' : 'annotation/depth', ttlS: TTL_S, extraSlow: false, assignedAt: second(1),
  form, ownerTrusted: false, ...(held > 0 ? { held } : {}),
} });
const returned = (job: string, form: number, final = false): RequestEvent => ({ type: 'JobFaulted.v1', data: {
  request: REQUEST, job, worker: WORKER, faultedAt: second(9), form, ...(final ? { final: true as const } : {}),
} });
const submitted = (job: string, form: number): RequestEvent => {
  const { price, debit } = [CAPTION, DEPTH][form]!;
  return { type: 'JobSubmitted.v1', data: {
    request: REQUEST, job, worker: WORKER, owner: OWNER, model: form === 0 ? 'caption' : 'annotation/depth', state: 'ok', result: `content-of-${job}`, resultHash: null,
    seed: 0, price, debit, ownerTrusted: false, things: 1, policy: 1, reference: 1, submittedAt: second(9), form,
  } };
};
/** What a form is worth that was cut short by its requester. */
const cut = (job: string, form: number): RequestEvent => {
  const { type, data } = submitted(job, form) as Extract<RequestEvent, { type: 'JobSubmitted.v1' }>;
  return { type, data: { ...data, state: 'cancelled', result: '', submittedAt: second(5) } };
};

const assign = (...forms: readonly (readonly [job: string, form: number])[]): AssignForms => ({
  type: 'AssignForms', forms: forms.map(([job, form]) => ({ job, form, held: NO_KUDOS })), worker: WORKER, owner: OWNER, ownerTrusted: false, ttlS: TTL_S, at: second(1),
});
const submit = (job: string, { price, debit } = CAPTION): RequestCommand =>
  ({ type: 'SubmitJob', job, state: 'ok', result: `content-of-${job}`, resultHash: null, seed: 0, price, debit, ownerTrusted: false, things: 1, policy: 1, reference: 1, at: second(9) });
const fault = (job: string): RequestCommand => ({ type: 'FaultJob', job, at: second(9) });
const cancelForms: RequestCommand = { type: 'CancelForms', at: second(5) };

describe('a hand-out of forms', () => {
  it('names each form and what it asks of a worker', () => request(accepted()).when(assign(['a', 0], ['b', 1])).then(assigned('a', 0), assigned('b', 1)));
  it('says from when its payer\'s requests age, where that is known', () => {
    const ages = { payerAgesFrom: second(-3) };
    request(accepted()).when({ ...assign(['a', 0]), ...ages }).then({ type: 'JobAssigned.v1', data: { ...assigned('a', 0).data, ...ages } } as RequestEvent);
  });
  it('leaves out forms that somebody else has', () => request(accepted(), assigned('a', 0)).when(assign(['b', 0], ['c', 1])).then(assigned('c', 1)));
  it('is refused when nothing of it waits any more', () => {
    request(accepted(), assigned('a', 0)).when(assign(['b', 0])).thenRefused('NothingWaiting');
    request(accepted(), assigned('a', 0)).when(assign(['a', 1])).thenRefused('NothingWaiting'); // the same hand-out, asked again
    request(accepted()).when(assign(['a', 7])).thenRefused('NothingWaiting');
    request().when(assign(['a', 0])).thenRefused('NothingWaiting');
    request(accepted(), req.cancelled(2), req.completed('cancelled', [], { at: second(5) })).when(assign(['a', 0])).thenRefused('NothingWaiting');
  });
  it('to a worker that tests itself is of its owner\'s forms alone, and free, also when it is cut short', () => {
    const test = { ...assign(['a', 0]), owner: PAYER, selfTest: true };
    const own = { type: 'JobAssigned.v1', data: { ...assigned('a', 0).data, owner: PAYER, selfTest: true } } as RequestEvent;
    request(accepted()).when(test).then(own);
    request(accepted()).when({ ...test, owner: OWNER }).thenRefused('NothingWaiting');
    const free = { owner: PAYER, price: NO_KUDOS, debit: NO_KUDOS, selfTest: true };
    request(accepted(PAYER, [CAPTION, CAPTION]), own).when(submit('a')).then({ type: 'JobSubmitted.v1', data: { ...submitted('a', 0).data, ...free } } as RequestEvent);
    request(accepted(), own).when(cancelForms).then(
      req.cancelled(1), { type: 'JobSubmitted.v1', data: { ...cut('a', 0).data, ...free } } as RequestEvent, req.completed('cancelled', ['a'], { at: second(5) }));
    request(accepted(), own).when(fault('a')).then({ type: 'JobFaulted.v1', data: { ...returned('a', 0).data, selfTest: true } } as RequestEvent);
  });
  it('says what is held for a form', () => {
    const command = { ...assign(['a', 0]), forms: [{ job: 'a', form: 0, held: kudos(3) }] };
    request(accepted()).when(command).then(assigned('a', 0, kudos(3)));
  });
});

describe('a request of forms', () => {
  it('without any is over when it is accepted', () =>
    request().when({ type: 'AcceptRequest', facts: facts(PAYER, []), at: second(0) }).then(accepted(PAYER, []), req.completed('faulted', [], { at: second(0) })));
  it('is done when its last form is delivered', () =>
    request(accepted(), assigned('a', 0), assigned('b', 1), submitted('b', 1)).when(submit('a')).then(submitted('a', 0), req.completed('done', ['b', 'a'])));
  it('goes on while a form waits or is out', () => request(accepted(), assigned('a', 0)).when(submit('a')).then(submitted('a', 0)));
});

describe('a form that is given back', () => {
  const thrice = [1, 2, 3].flatMap((turn) => [assigned(`a${turn}`, 0), returned(`a${turn}`, 0)]);
  it('waits again', () => {
    request(accepted(), assigned('a', 0)).when(fault('a')).then(returned('a', 0));
    request(accepted(), assigned('a', 0), returned('a', 0)).when(assign(['b', 0])).then(assigned('b', 0));
  });
  it('is faulted the fourth time, and nobody gets it any more', () => {
    const four = [accepted(), ...thrice, assigned('a4', 0)];
    request(...four).when(fault('a4')).then(returned('a4', 0, true));
    request(...four, returned('a4', 0, true)).when(assign(['a5', 0])).thenRefused('NothingWaiting');
  });
  it('counts for itself alone: three faults of several forms end nothing', () =>
    request(accepted(), ...thrice, assigned('b', 1)).when(fault('b')).then(returned('b', 1)));
  it('ends a request that has no other: faulted if nothing was delivered, else done', () => {
    request(accepted(PAYER, [CAPTION]), ...thrice, assigned('a4', 0)).when(fault('a4')).then(returned('a4', 0, true), req.completed('faulted', []));
    request(accepted(), assigned('b', 1), submitted('b', 1), ...thrice, assigned('a4', 0)).when(fault('a4')).then(returned('a4', 0, true), req.completed('done', ['b']));
  });
  it('that its worker never heard of comes back whenever that is, and is no return', () => {
    const unheard = (job: string) => ({ type: 'JobFaulted.v1', data: { request: REQUEST, job, worker: WORKER, faultedAt: second(9), form: 0, excused: true, unheard: true } } as const);
    request(accepted(), ...thrice, assigned('a4', 0)).when(req.takeBack('a4')).then(unheard('a4'));
    request(accepted(), ...thrice, assigned('a4', 0), unheard('a4'), assigned('a5', 0)).when(fault('a5')).then(returned('a5', 0, true));
  });
  it('comes back as well when its time is up', () => {
    const late = second(1 + TTL_S);
    request(accepted(), assigned('a', 0)).when({ type: 'ExpireJobs', at: late }).then({ type: 'JobExpired.v1', data: { request: REQUEST, job: 'a', worker: WORKER, expiredAt: late, form: 0 } });
  });
  it('is an aborted job for its late worker', () => request(accepted(), assigned('a', 0), returned('a', 0)).when(submit('a')).thenRefused('AbortedGen'));
});

describe('a cancellation', () => {
  it('withdraws what waits, and pays for what is at a worker by the trust noted at the hand-out', () =>
    request(accepted(), assigned('b', 1)).when(cancelForms).then(req.cancelled(1), cut('b', 1), req.completed('cancelled', ['b'], { at: second(5) })));
  it('leaves alone what is done', () =>
    request(accepted(), assigned('a', 0), submitted('a', 0)).when(cancelForms).then(req.cancelled(1), req.completed('cancelled', ['a'], { at: second(5) })));
  it('of an anonymous request is paid by issue:anonymous, in the same append', () => {
    const { events } = request(accepted(0), assigned('b', 1)).when(cancelForms);
    expect(events.map(({ type }) => type)).toEqual(['RequestCancelled.v1', 'JobSubmitted.v1', 'JobSettled.v1', 'RequestCompleted.v1']);
    expect(events[2]!.data).toMatchObject({ kind: 'alchemy', price: 2_000, debit: 2_200, ledger: { postings: expect.arrayContaining([
      { account: 'issue:anonymous', amount: -2_200 }, { account: 'burn:alchemy', amount: 200 },
    ]) } });
  });
  it('happens once, and after it a delivery is a duplicate', () => {
    const over = [accepted(), assigned('b', 1), req.cancelled(1), cut('b', 1), req.completed('cancelled', ['b'], { at: second(5) })];
    request(...over).when(cancelForms).thenNothing();
    request(...over).when(submit('b', DEPTH)).thenRefused('DuplicateGen');
  });
  it('of nothing is refused', () => request().when(cancelForms).thenRefused('RequestNotFound'));
});

it('in any story each form is out once at a time, delivered once at most, and nothing comes after the end', () => {
  const forms = [CAPTION, DEPTH, { ...CAPTION, form: 'nsfw' }];
  const steps = fc.array(fc.record({ what: fc.constantFrom('assign', 'assign', 'submit', 'submit', 'fault', 'fault', 'fault', 'hang up', 'cancel' as const), which: fc.nat(2) }), { maxLength: 40, size: 'max' });
  fc.assert(fc.property(fc.constantFrom(0, PAYER), steps, (payer, story) => {
    let state = folded(requestDecider, REQUEST, [accepted(payer, forms)]);
    const out = new Map<string, number>();
    const returns = new Map<number, number>();
    const delivered = new Set<number>();
    let ended = false;
    story.forEach(({ what, which }, index) => {
      const job = pendingJobs(state)[which] ?? 'none';
      const command = what === 'assign' ? assign([`j${index}`, which]) : what === 'submit' ? submit(job, forms[which]) : what === 'fault' ? fault(job) : what === 'hang up' ? req.takeBack(job) : cancelForms;
      const early = what === 'cancel' && index < 20; // or few stories would get far
      const decision = requestDecider.decide(early ? assign([`j${index}`, which]) : command, state);
      if (decision.outcome === 'refused') return;
      for (const event of decision.events) {
        expect(ended).toBe(false);
        if (event.type === 'JobAssigned.v1') {
          const { job: id, form } = event.data as { job: string; form: number };
          expect([...out.values()].includes(form) || delivered.has(form) || (returns.get(form) ?? 0) >= FORM_RETURNS_MAX).toBe(false);
          out.set(id, form);
        } else if (event.type === 'JobSubmitted.v1') {
          const { job: id } = event.data as { job: string };
          expect(delivered.has(out.get(id)!)).toBe(false);
          delivered.add(out.get(id)!);
          out.delete(id);
        } else if (event.type === 'JobFaulted.v1') {
          const { job: id, form, final, unheard } = event.data as { job: string; form: number; final?: true; unheard?: true };
          if (!unheard) returns.set(form, (returns.get(form) ?? 0) + 1);
          expect(final === true).toBe(returns.get(form) === FORM_RETURNS_MAX);
          out.delete(id);
        } else if (event.type === 'RequestCompleted.v1') {
          expect([out.size, (event.data as { submitted: readonly string[] }).submitted.length]).toEqual([0, delivered.size]);
          ended = true;
        }
        state = requestDecider.evolve(state, event);
      }
      const gone = [...returns.values()].filter((count) => count >= FORM_RETURNS_MAX).length;
      if (!ended) expect(state.waiting + out.size + delivered.size + gone).toBe(forms.length);
      expect([submittedJobs(state).length, state.waitingForms.size]).toEqual([delivered.size, state.waiting]);
    });
  }), { seed: 20_261_121, numRuns: 1_000 });
});
