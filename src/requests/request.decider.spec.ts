import { describe, expect, it } from '@jest/globals';
import {
  abandon, abandoned, accept, accepted, assign, assigned, cancel, cancelled, completed, expire, expired, expireJobs, explain, facts, fault, faulted, minute, OWNER,
  request, REQUEST, requestExpired, requestFaulted, second, settledAnonymously, submit, submitted, takeBack, TTL_S, PAYER, unheard,
} from '../../test/support/a-request.js';
import { transactionId } from '../kernel/ids.js';
import { centikudos, kudos } from '../kernel/kudos.js';
import { balanced, posting } from '../kernel/ledger.js';
import { requestDecider } from './request.decider.js';
import type { RequestEvent } from './request.events.js';
import { EXTRA_SLOW_LIFE_MS, LIFE_MS } from './request.state.js';

/** Nobody waits for it any more. */
const excused = (event: RequestEvent): RequestEvent => ({ ...event, data: { ...event.data, excused: true } }) as RequestEvent;

describe('a request', () => {
  it('is accepted once, however often it is asked', () => {
    request().when(accept()).then(accepted());
    request(accepted()).when(accept()).thenNothing();
  });
  it('of an anonymous user is activated by its acceptance', () => {
    const ledger = balanced(
      { txId: transactionId('activation', REQUEST), kind: 'activation', effectiveAt: second(0), policy: 1 }, [posting('issue:anonymous', -300), posting('burn:activation', 300)],
    );
    request().when(accept({ payer: 0 }, ledger)).then({ type: 'RequestAccepted.v1', data: { ...facts({ payer: 0, jobs: 2 }), ledger } });
  });
  it('that never came is abandoned, and can never come late', () => {
    request().when(abandon).then(abandoned);
    request(abandoned).when(accept()).thenRefused('AlreadyAbandoned');
    request(abandoned).when(abandon).thenNothing();
  });
  it.each([
    ['has come', [], { completed: 0, submitted: '' }], ['is under way', [assigned('a')], { completed: 0, submitted: '' }],
    ['has ended', [cancelled(2), completed('cancelled', [])], { completed: 1, submitted: '' }],
    ['was delivered', [assigned('a'), assigned('b'), submitted('b'), submitted('a'), completed('done', ['b', 'a'])], { completed: 1, submitted: 'a,b' }],
  ] as const)('that %s cannot be abandoned, and the refusal tells how far it came', (_stage, events, detail) =>
    request(accepted(), ...events).when(abandon).thenRefused('AlreadyAccepted', detail));
  it.each([assign(['a']), expireJobs(minute(9)), expire(minute(99))] as const)('%#: that never came does nothing', (command) => {
    for (const events of [[], [abandoned]]) {
      const { decision } = request(...events).when(command);
      expect(decision).toEqual(command.type === 'AssignJobs' ? { outcome: 'refused', rc: 'NothingWaiting' } : { outcome: 'accepted', events: [] });
    }
  });
});

it('a request is opened by its acceptance, and by nothing else', () => {
  const commands = [accept(), abandon, assign(['a']), submit('a'), fault('a'), expireJobs(minute(9)), expire(minute(99)), cancel];
  expect(commands.map((command) => requestDecider.opens?.(command))).toEqual(commands.map((_, at) => at === 0));
});

describe('handing out jobs', () => {
  it('gives as many as are asked for', () => request(accepted(3)).when(assign(['a', 'b'])).then(assigned('a'), assigned('b')));
  it('gives no more than are waiting', () => request(accepted(2), assigned('a')).when(assign(['b', 'c'])).then(assigned('b')));
  it('says from when its payer\'s requests age, where that is known', () => {
    const ages = { payerAgesFrom: minute(-3) };
    const told = (job: string) => ({ type: 'JobAssigned.v1', data: { ...assigned(job).data, ...ages } }) as RequestEvent;
    request(accepted(3)).when({ ...assign(['a', 'b']), ...ages }).then(told('a'), told('b'));
  });
  it('gives a job once, however often it is asked for', () => {
    request(accepted(3), assigned('a')).when(assign(['a'])).thenRefused('NothingWaiting');
    request(accepted(3), assigned('a'), faulted('a')).when(assign(['a', 'b'])).then(assigned('b'));
  });
  it.each([
    ['nothing is waiting', [assigned('a'), assigned('b')]], ['it is cancelled', [assigned('a'), cancelled(1)]],
    ['it is faulted', [requestFaulted(2), completed('faulted', [])]], ['it has expired', [requestExpired(2, minute(20)), completed('expired', [])]],
    ['it is done', [assigned('a'), assigned('b'), submitted('a'), submitted('b'), completed('done', ['a', 'b'])]],
  ])('gives nothing when %s', (_why, events) => request(accepted(2), ...events).when(assign(['x'])).thenRefused('NothingWaiting'));
  it.each([faulted('a'), expired('a', minute(3))])('%#: gives out again what came back', (lost) =>
    request(accepted(1), assigned('a'), lost).when(assign(['b'])).then(assigned('b')));
});

describe('a worker\'s test of itself', () => {
  const test = (jobs: readonly string[], owner = PAYER) => assign(jobs, { owner, selfTest: true });
  const own = (job: string): RequestEvent => {
    const { type, data } = assigned(job) as Extract<RequestEvent, { type: 'JobAssigned.v1' }>;
    return { type, data: { ...data, owner: PAYER, selfTest: true } };
  };
  it('is handed its owner\'s jobs and nobody else\'s, whoever that is', () => {
    request(accepted(2)).when(test(['a'])).then(own('a'));
    request(accepted(2)).when(test(['a'], OWNER)).thenRefused('NothingWaiting');
    request(accepted(2, { payer: 0 })).when(test(['a'], 0)).thenRefused('NothingWaiting');
    request().when(test(['a'])).thenRefused('NothingWaiting');
  });
  it('is free whatever it would be worth, and never too fast', () => {
    const { type, data } = submitted('a') as Extract<RequestEvent, { type: 'JobSubmitted.v1' }>;
    request(accepted(2), own('a')).when(submit('a', { reward: kudos(5), speedMax: 1 })).then({ type, data: { ...data, owner: PAYER, price: kudos(0), debit: kudos(0), selfTest: true } });
  });
  it('that fails, or takes too long, says what it was', () => {
    const [lost, late] = [faulted('a'), expired('a', minute(3))].map(({ type, data }) => ({ type, data: { ...data, selfTest: true } }) as RequestEvent);
    request(accepted(2), own('a')).when(fault('a')).then(lost!);
    request(accepted(2), own('a')).when(expireJobs(minute(3))).then(late!);
  });
  it('is one of the three faults of its request all the same', () =>
    request(accepted(4), own('a'), own('b'), own('c'), faulted('a'), faulted('b')).when(fault('c')).then(
      { ...faulted('c'), data: { ...faulted('c').data, selfTest: true } } as RequestEvent, requestFaulted(4), completed('faulted', [])));
});

describe('a result', () => {
  it('is taken from a pending job', () => request(accepted(2), assigned('a')).when(submit('a')).then(submitted('a')));
  it('of the last job completes the request, and names all that were delivered', () =>
    request(accepted(2), assigned('a'), assigned('b'), submitted('b')).when(submit('a')).then(submitted('a'), completed('done', ['b', 'a'])));
  it('does not complete it while another job is pending or waiting', () => {
    request(accepted(2), assigned('a'), assigned('b')).when(submit('a')).then(submitted('a'));
    request(accepted(3), assigned('a'), assigned('b'), submitted('b')).when(submit('a')).then(submitted('a'));
  });
  it('is taken late, as long as nobody has taken the job away', () =>
    request(accepted(1), assigned('a')).when(submit('a', { at: minute(99) })).then(submitted('a', minute(99)), completed('done', ['a'], { at: minute(99) })));
  const jobStates = [
    ['never existed', [], 'InvalidJobID'], ['is delivered', [submitted('a')], 'DuplicateGen'], ['was given up', [faulted('a')], 'AbortedGen'],
    ['took too long', [expired('a', minute(3))], 'AbortedGen'], ['took too long, and was given to somebody else', [expired('a', minute(3)), assigned('b', minute(4))], 'AbortedGen'],
    ['is delivered, and the request completed', [submitted('a'), completed('done', ['a'])], 'DuplicateGen'],
    ['was given up after a cancellation', [cancelled(0), faulted('a'), completed('cancelled', [])], 'AbortedGen'],
  ] as const;
  it.each(jobStates)('of a job that %s is refused, and so is its explanation', (_state, events, rc) => {
    const history = rc === 'InvalidJobID' ? [accepted(1)] : [accepted(1), assigned('a'), ...events];
    request(...history).when(submit('a')).thenRefused(rc);
    request(...history).when(explain('a')).thenRefused(rc);
  });
  it('of a job of no request at all is unknown', () => {
    request().when(submit('a')).thenRefused('InvalidJobID');
    request(abandoned).when(submit('a')).thenRefused('InvalidJobID');
    request().when(fault('a')).thenRefused('InvalidJobID');
  });
  it.each<readonly [string, number | undefined, string, boolean]>([
    ['at the speed that is allowed', 983_040, second(9), false], ['a little faster', 983_039.9, second(9), true], ['at any speed where none is set', undefined, second(9), false],
    ['in no time, of which no speed can be told', 1, second(1), false], ['before its hand-out, by another clock', 1, second(0), false],
  ])('that comes %s is marked only when it is too fast', (_how, speedMax, at, isTooFast) => {
    const taken = submitted('a', at);
    request(accepted(2), assigned('a')).when(submit('a', { at, ...(speedMax === undefined ? {} : { speedMax }) }))
      .then({ ...taken, data: { ...taken.data, ...(isTooFast ? { tooFast: true } : {}) } } as RequestEvent);
  });
  it.each<readonly [string, number, number, boolean]>([
    ['while its worker had it', 4, 6, true], ['and began before it was handed out', 0, 2, true], ['and went on when it was delivered', 8, 20, true], ['before it was handed out', 0, 1, false],
    ['after it was delivered', 9, 20, false],
  ])('of which nobody served %s says so', (_when, from, until, isInterrupted) => {
    const outages = [{ fromMs: Date.parse(second(from)), untilMs: Date.parse(second(until)) }];
    request(accepted(2), assigned('a')).when(submit('a', { outages }))
      .then({ ...submitted('a'), data: { ...submitted('a').data, ...(isInterrupted ? { interrupted: true } : {}) } } as RequestEvent);
  });
  it('says that its requester is to be told by a webhook', () =>
    request(accepted(2, { webhook: true }), assigned('a')).when(submit('a')).then({ ...submitted('a'), data: { ...submitted('a').data, webhook: true } } as RequestEvent));
  it('needs no explanation while it can still be delivered', () => request(accepted(1), assigned('a')).when(explain('a')).thenNothing());

  describe('for an anonymous user', () => {
    const anonymous = accepted(2, { payer: 0 });
    it('counts for the team that the worker was in, as the result does', () =>
      expect(request(anonymous, assigned('a')).when(submit('a', { team: 'night shift' })).events.map(({ data }) => (data as { team?: string }).team)).toEqual(['night shift', 'night shift']));
    it('is paid by issue:anonymous in the same append', () => request(anonymous, assigned('a')).when(submit('a')).then(submitted('a'), settledAnonymously('a')));
    it('is paid before the request completes, which is always its last event', () =>
      request(anonymous, assigned('a'), assigned('b'), submitted('a'), settledAnonymously('a')).when(submit('b'))
        .then(submitted('b'), settledAnonymously('b'), completed('done', ['a', 'b'], { payer: 0 })));
    it('charges no user, whatever it is worth', () => {
      for (const [price, debit] of [[0, 0], [901, 100], [901, 1_001], [0, 100]] as const) {
        const [, settlement] = request(anonymous, assigned('a')).when(submit('a', { price: centikudos(price), debit: centikudos(debit), ownerTrusted: true })).events;
        const data = settlement!.data as { ledger?: { postings: { account: string; amount: number }[] } };
        const sums = Object.fromEntries((data.ledger?.postings ?? []).map(({ account, amount }) => [account, amount]));
        const fee = debit >= price ? { 'burn:settlement': debit - price } : { 'issue:makeup': debit - price };
        const expected = { 'issue:anonymous': -debit, [`user:${OWNER}:spendable`]: price, ...fee };
        expect(sums).toEqual(Object.fromEntries(Object.entries(expected).filter(([, amount]) => amount !== 0)));
      }
    });
    it('is settled by its own stream only: a registered payer settles in the account', () =>
      expect(request(accepted(2), assigned('a')).when(submit('a')).events.map(({ type }) => type)).toEqual(['JobSubmitted.v1']));
  });
});

describe('a fault', () => {
  it('gives the job back', () => request(accepted(1), assigned('a')).when(fault('a')).then(faulted('a')));
  it('of a job that is no longer pending changes nothing', () => {
    request(accepted(1), assigned('a'), faulted('a')).when(fault('a')).thenNothing();
    request(accepted(1), assigned('a'), expired('a', minute(3))).when(fault('a')).thenNothing();
  });
  it('of a delivered job is refused', () => request(accepted(2), assigned('a'), submitted('a')).when(fault('a')).thenRefused('DuplicateGen'));
  it('of an unknown job is refused', () => request(accepted(1)).when(fault('a')).thenRefused('InvalidJobID'));

  const two = [accepted(2), assigned('a'), faulted('a'), assigned('b'), faulted('b')];
  it('the third ends the request and withdraws what is waiting, the lost job included', () =>
    request(...two, assigned('c')).when(fault('c')).then(faulted('c'), requestFaulted(2), completed('faulted', [])));
  it('the third is the third, whether jobs were given up or took too long', () =>
    request(accepted(2), assigned('a'), expired('a', minute(3)), assigned('b'), faulted('b'), assigned('c')).when(fault('c'))
      .then(faulted('c'), requestFaulted(2), completed('faulted', [])));
  it('the third lets running jobs finish, and the last of them completes the request', () => {
    const ending = [...two, assigned('c'), assigned('d')];
    request(...ending).when(fault('c')).then(faulted('c'), requestFaulted(1));
    const ended = [...ending, faulted('c'), requestFaulted(1)];
    request(...ended).when(assign(['e'])).thenRefused('NothingWaiting');
    request(...ended).when(submit('d')).then(submitted('d'), completed('faulted', ['d']));
    request(...ended).when(fault('d')).then(faulted('d'), completed('faulted', []));
  });
  it('the third names what was delivered before', () =>
    request(accepted(2), assigned('o'), submitted('o'), ...two.slice(1), assigned('c')).when(fault('c')).then(faulted('c'), requestFaulted(1), completed('faulted', ['o'])));
});

describe('a job that its worker never heard of', () => {
  const three = ['a', 'b', 'c'].flatMap((job) => [assigned(job), unheard(job)]);

  it('is the next one\'s at once, and its worker does not have it any more', () => {
    request(accepted(2), assigned('a'), assigned('b')).when(takeBack('a', 'b')).then(unheard('a'), unheard('b'));
    request(accepted(1), assigned('a'), unheard('a')).when(assign(['b'])).then(assigned('b'));
    request(accepted(1), assigned('a'), unheard('a')).when(submit('a')).thenRefused('AbortedGen');
  });
  it('counts among no faults, however often that happens', () => {
    request(accepted(1), ...three, assigned('d')).when(takeBack('d')).then(unheard('d'));
    request(accepted(2), ...three, assigned('d'), faulted('d'), assigned('e')).when(fault('e')).then(faulted('e'));
  });
  it('that has come to an end stays what it is', () => {
    request(accepted(3), assigned('a'), submitted('a'), assigned('b'), faulted('b')).when(takeBack('a', 'b', 'none')).thenNothing();
    request(accepted(1), assigned('a'), unheard('a')).when(takeBack('a')).thenNothing();
    request(accepted(1), cancelled(1), completed('cancelled', [])).when(takeBack('a')).thenNothing(); // nor does it end again
    request().when(takeBack('a')).thenNothing();
  });
  it('ends a request that was only waiting for it', () => {
    request(accepted(2), assigned('a'), cancelled(1)).when(takeBack('a')).then(unheard('a'), completed('cancelled', []));
    request(accepted(2), assigned('a'), assigned('b'), cancelled(0)).when(takeBack('a')).then(unheard('a'));
  });
});

describe('a job whose time is up', () => {
  const deadline = (assignedAt: number) => second(assignedAt + TTL_S);

  it('goes back, not a millisecond early', () => {
    request(accepted(1), assigned('a', second(1))).when(expireJobs(new Date(Date.parse(deadline(1)) - 1).toISOString())).thenNothing();
    request(accepted(1), assigned('a', second(1))).when(expireJobs(deadline(1))).then(expired('a', deadline(1)));
  });
  it('goes back alone, if the others still have time', () =>
    request(accepted(2), assigned('a', second(1)), assigned('b', second(60))).when(expireJobs(deadline(1))).then(expired('a', deadline(1))));
  it('that is delivered or given up is past all time', () => {
    request(accepted(2), assigned('a'), submitted('a'), assigned('b'), faulted('b')).when(expireJobs(minute(99))).thenNothing();
  });
  it('counts as a fault, several at once as several', () => {
    const at = deadline(1);
    request(accepted(3), assigned('a'), assigned('b'), assigned('c')).when(expireJobs(at))
      .then(expired('a', at), expired('b', at), expired('c', at), requestFaulted(3, at), completed('faulted', [], { at }));
    request(accepted(3), assigned('a'), assigned('b')).when(expireJobs(at)).then(expired('a', at), expired('b', at));
  });
  it('ends a cancelled request when it was the last', () => {
    const at = deadline(1);
    request(accepted(2), assigned('a'), cancelled(1)).when(expireJobs(at)).then(excused(expired('a', at)), completed('cancelled', [], { at }));
    request(accepted(2), assigned('a'), assigned('b', second(60)), cancelled(0)).when(expireJobs(at)).then(excused(expired('a', at)));
  });
});

describe('a request whose time is up', () => {
  const expiry = (activity: number, lifeMs = LIFE_MS) => new Date(Date.parse(second(activity)) + lifeMs).toISOString();
  const justBefore = (at: string) => new Date(Date.parse(at) - 1).toISOString();

  it.each([
    ['from its acceptance', [], 0, LIFE_MS], ['from the last hand-out', [assigned('a', second(60)), faulted('a', second(70))], 60, LIFE_MS],
    ['from the last delivery', [assigned('a', second(1)), submitted('a', second(90))], 90, LIFE_MS],
    ['longer, once an extra slow worker took part', [assigned('a', second(60), true), faulted('a'), assigned('b', second(65)), faulted('b')], 65, EXTRA_SLOW_LIFE_MS],
  ])('ends 20 minutes %s', (_claim, events, activity, lifeMs) => {
    const at = expiry(activity, lifeMs);
    const delivered = events.filter(({ type }) => type === 'JobSubmitted.v1').length;
    request(accepted(3), ...events).when(expire(justBefore(at))).thenNothing();
    request(accepted(3), ...events).when(expire(at)).then(requestExpired(3 - delivered, at), completed('expired', delivered > 0 ? ['a'] : [], { at }));
  });
  it('lives as long as one of its jobs is pending', () => request(accepted(2), assigned('a', second(1))).when(expire(minute(999))).thenNothing());
  it.each([
    ['cancelled', [cancelled(2), completed('cancelled', [])]], ['done', [assigned('a'), assigned('b'), submitted('a'), submitted('b'), completed('done', ['a', 'b'])]],
    ['expired', [requestExpired(2, minute(20)), completed('expired', [])]],
  ])('does not end again when it is %s', (_how, events) => request(accepted(2), ...events).when(expire(minute(999))).thenNothing());
});

describe('a cancellation', () => {
  it('withdraws everything when nothing is pending, and completes', () =>
    request(accepted(3), assigned('a'), submitted('a')).when(cancel).then(cancelled(2), completed('cancelled', ['a'], { at: second(5) })));
  it('lets running jobs finish, which are paid', () => {
    request(accepted(3), assigned('a')).when(cancel).then(cancelled(2));
    const running = [accepted(3), assigned('a'), assigned('b'), cancelled(1)];
    request(...running).when(submit('a')).then(submitted('a'));
    request(...running, submitted('a')).when(submit('b')).then(submitted('b'), completed('cancelled', ['a', 'b']));
    request(...running, submitted('a')).when(fault('b')).then(excused(faulted('b')), completed('cancelled', ['a']));
  });
  it('takes no waiting job along that came back later', () =>
    request(accepted(2), assigned('a'), assigned('b'), cancelled(0), faulted('a')).when(assign(['c'])).thenRefused('NothingWaiting'));
  it('of a faulted request changes nothing', () =>
    request(accepted(3), assigned('a'), assigned('b'), assigned('c'), assigned('d'), faulted('a'), faulted('b'), faulted('c'), requestFaulted(2)).when(cancel).thenNothing());
  it('happens once, however often it is asked', () => {
    request(accepted(2), cancelled(2), completed('cancelled', [])).when(cancel).thenNothing();
    request(accepted(2), assigned('a'), cancelled(1)).when(cancel).thenNothing();
  });
  it('of what never came is refused', () => {
    request().when(cancel).thenRefused('RequestNotFound');
    request(abandoned).when(cancel).thenRefused('RequestNotFound');
  });
  it('does not turn a job that is done into one that is not', () =>
    request(accepted(1), assigned('a'), submitted('a'), completed('done', ['a'])).when(cancel).thenNothing());
});

it('every price that a submit froze stands in its event', () =>
  request(accepted(2), assigned('a')).when(submit('a', { price: kudos(12.34), debit: kudos(1), ownerTrusted: true, state: 'censored', seed: 7, resultHash: 'beef' })).then({
    ...submitted('a'), data: { ...submitted('a').data, price: kudos(12.34), debit: kudos(1), ownerTrusted: true, state: 'censored', seed: 7, resultHash: 'beef' },
  } as ReturnType<typeof submitted>));
