import { describe, expect, it } from '@jest/globals';
import { Refold, type RefoldReport } from '../../src/audit/refold.js';
import type { Recorded } from '../../src/kernel/event.js';
import { encode } from '../../src/platform/event-log/codec.js';
import type { RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { history } from './delivery.js';

type Fact = { stream: string; type: string; data: Record<string, unknown> };

const refolded = (events: readonly RecordedEvent[]): RefoldReport => {
  const fold = new Refold();
  for (const event of events) fold.add(event);
  return fold.report();
};
const facts = (events: readonly Recorded[]): Fact[] => events.map(({ stream, type, data }) => ({ stream, type, data: structuredClone(data) as Record<string, unknown> }));

/** A log of these facts whose chain of hashes is in order, so that only the books can be wrong. */
const chained = (all: readonly Fact[]): RecordedEvent[] => {
  const heads = new Map<string, { revision: number; leaf: string }>();
  return all.map(({ stream, ...event }, index) => {
    const head = heads.get(stream);
    const revision = (head?.revision ?? -1) + 1;
    const id = `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
    const metadata = { $correlationId: id, $causationId: id, prevHash: head?.leaf ?? null, actor: { kind: 'system' as const }, schema: 1 as const, node: 'test' };
    const { event: stored, leaf } = encode(event, { stream, revision, id, metadata });
    heads.set(stream, { revision, leaf });
    return { ...stored, stream, revision, position: index * 10, data: Buffer.from(stored.data), metadata: Buffer.from(stored.metadata), created: 0 };
  });
};

describe('an audit of the log', () => {
  const { raw, events } = history({ seed: 11, events: 4_000 });
  const invariantsOf = (report: RefoldReport): string[] => [...new Set(report.violations.map(({ invariant }) => invariant))].sort();

  it('finds nothing in a history that kept the rules', () => {
    const report = refolded(raw);
    expect(report.violations).toEqual([]);
    expect(report).toMatchObject({ events: raw.length, position: raw.at(-1)!.position, violationsTotal: 0 });
    const users = [...report.balances.values()].reduce((sum, { spendable, escrow }) => sum + spendable + escrow, 0);
    expect(users + [...report.system.values()].reduce((sum, balance) => sum + balance, 0)).toBe(0);
    expect(report.openHolds.length).toBeGreaterThan(0);
  });

  it('finds nothing after the same facts were chained anew', () => {
    expect(refolded(chained(facts(events))).violations).toEqual([]);
  });

  it.each<[string, string, (events: RecordedEvent[]) => void]>([
    ['a byte of an event changed', 'I16', (all) => {
      const index = all.findIndex(({ type, stream }, at) => type === 'RequestAccepted.v1' && all.slice(at + 1).some((later) => later.stream === stream));
      const data = Buffer.from(all[index]!.data.toString().replace('"r2":true', '"r2":null').replace('"steps":30', '"steps":31').replace('"maxLength":80', '"maxLength":81'));
      all[index] = { ...all[index]!, data };
    }],
    ['an event was taken out', 'I16', (all) => void all.splice(all.findIndex(({ type }) => type === 'ApiKeyIssued.v1') - 1, 1)],
    ['prevHash was dropped', 'I16', (all) => {
      const index = all.findIndex(({ revision }) => revision > 0);
      const metadata = JSON.parse(all[index]!.metadata.toString()) as object;
      all[index] = { ...all[index]!, metadata: Buffer.from(JSON.stringify({ ...metadata, prevHash: null })) };
    }],
    ['positions went back', 'I16', (all) => {
      all[100] = { ...all[100]!, position: all[98]!.position };
    }],
  ])('finds that %s', (_what, invariant, plant) => {
    const planted = [...raw];
    plant(planted);
    expect(invariantsOf(refolded(planted))).toContain(invariant);
  });

  const ledger = (fact: Fact): { txId: string; postings: { account: string; amount: number }[] } => fact.data['ledger'] as ReturnType<typeof ledger>;
  const first = (all: readonly Fact[], type: string, fits: (data: Fact['data']) => boolean = () => true): number => {
    const index = all.findIndex((fact) => fact.type === type && fits(fact.data));
    expect(index).toBeGreaterThanOrEqual(0);
    return index;
  };

  it.each<[string, string[], (all: Fact[]) => void]>([
    ['a leg grew by one', ['I1', 'I2'], (all) => void (ledger(all[first(all, 'FundsTransferred.v1')]!).postings[1]!.amount += 1)],
    ['a transaction id came twice', ['I8'], (all) => {
      const [one, two] = all.filter(({ type }) => type === 'FundsTransferred.v1');
      ledger(two!).txId = ledger(one!).txId;
    }],
    ['an account paid in a stream that is not its own', ['I11'], (all) => {
      const fact = all[first(all, 'FundsTransferred.v1')]!;
      fact.stream = 'grant-planted';
    }],
    ['a transfer took more than there was', ['I4'], (all) => {
      const { postings } = ledger(all[first(all, 'FundsTransferred.v1')]!);
      postings[0]!.amount -= 1_000_000_000;
      postings[1]!.amount += 1_000_000_000;
    }],
    ['a job was settled twice', ['I7'], (all) => {
      const index = first(all, 'JobSettled.v1', ({ payer }) => payer !== 0);
      all.splice(index + 1, 0, structuredClone(all[index]!));
    }],
    ['a job was settled that nobody delivered', ['I7'], (all) => void all.splice(first(all, 'JobSubmitted.v1'), 1)],
    ['a settlement paid another price than was frozen', ['I7'], (all) => {
      const fact = all[first(all, 'JobSettled.v1', ({ payer, forgiven }) => payer !== 0 && forgiven === 0)]!;
      fact.data['debit'] = (fact.data['debit'] as number) + 1;
    }],
    ['a worker got less than its job was worth', ['I25'], (all) => {
      const fact = all[first(all, 'JobSettled.v1', ({ payer, owner, spendable }) => payer !== owner && (spendable as number) > 10)]!;
      const owner = ledger(fact).postings.find(({ account }) => account === `user:${String(fact.data['owner'])}:spendable`)!;
      owner.amount -= 5;
      ledger(fact).postings.push({ account: 'pool:commons', amount: 5 });
    }],
    ['a job that was paid calls itself a test of its worker', ['I25', 'I7'], (all) => {
      const paid = first(all, 'JobSubmitted.v1', ({ price, selfTest }) => selfTest === undefined && (price as number) > 0);
      all[paid]!.data['selfTest'] = true;
    }],
    ['a worker\'s test of itself was counted as a job', ['I7'], (all) => { delete all[first(all, 'JobSettled.v1', ({ selfTest }) => selfTest === true)]!.data['selfTest']; }],
    ['more was forgiven than was issued for it', ['I4'], (all) => {
      const fact = all[first(all, 'JobSettled.v1', ({ payer, forgiven }) => payer !== 0 && forgiven === 0)]!;
      fact.data['forgiven'] = 1;
    }],
    ['a request cost more than its quote', ['I26'], (all) => {
      const settled = all[first(all, 'JobSettled.v1', ({ payer }) => payer !== 0)]!;
      const opened = all[first(all, 'AuthorizationOpened.v1', ({ request }) => request === settled.data['request'])]!;
      opened.data['quote'] = opened.data['activation'];
    }],
    ['an authorization closed before its jobs were settled', ['I28'], (all) => {
      const index = first(all, 'AuthorizationClosed.v1', ({ settled }) => (settled as number) > 0);
      const request = all[index]!.data['request'];
      all.splice(first(all, 'JobSettled.v1', (data) => data['request'] === request), 0, ...all.splice(index, 1));
    }],
    ['a hold was captured beyond its amount', ['I6'], (all) => {
      const fact = all[first(all, 'JobSettled.v1', ({ payer, captured }) => payer !== 0 && (captured as number) > 0)]!;
      fact.data['captured'] = (fact.data['captured'] as number) + 1_000_000;
    }],
    ['a hold ended in no state', ['I6'], (all) => {
      const fact = all[first(all, 'AuthorizationClosed.v1')]!;
      fact.data['released'] = (fact.data['released'] as number) - 1;
    }],
    ['somebody else delivered', ['I18'], (all) => void (all[first(all, 'JobSubmitted.v1')]!.data['worker'] = '00000000-0000-4000-8000-000000000000')],
    ['one job was handed out twice', ['I18'], (all) => {
      const index = first(all, 'JobAssigned.v1');
      all.splice(index + 1, 0, structuredClone(all[index]!));
    }],
    ['one form was handed out to two workers', ['I18'], (all) => {
      const taken = all[first(all, 'JobAssigned.v1', ({ form }) => form !== undefined)]!;
      const other = all[first(all, 'JobAssigned.v1', ({ request, form }) => request === taken.data['request'] && form !== undefined && form !== taken.data['form'])]!;
      other.data['form'] = taken.data['form'];
    }],
    ['a form was set aside for after its request was over', ['I6'], (all) => {
      const index = first(all, 'FormHoldPlaced.v1');
      const { request } = all[index]!.data;
      const closed = first(all, 'AuthorizationClosed.v1', (data) => data['request'] === request);
      all.splice(closed, 0, ...all.splice(index, 1));
    }],
    ['the hold of a form ended in no state', ['I6'], (all) => {
      const fact = all[first(all, 'FormHoldPlaced.v1', ({ request }) => all.some(({ type, data }) => type === 'AuthorizationClosed.v1' && data['request'] === request))]!;
      fact.data['amount'] = (fact.data['amount'] as number) + 1;
    }],
    ['a form that was cancelled at its worker was not paid', ['I28'], (all) => {
      const cut = all[first(all, 'JobSubmitted.v1', ({ state, request }) => state === 'cancelled'
        && all.some(({ type, data }) => type === 'AuthorizationClosed.v1' && data['request'] === request))]!;
      all.splice(first(all, 'JobSettled.v1', ({ job }) => job === cut.data['job']), 1);
    }],
    ['anonymous use took from a user', ['I11'], (all) => {
      const fact = all[first(all, 'JobSettled.v1', ({ payer }) => payer === 0)]!;
      ledger(fact).postings.find(({ account }) => account === 'issue:anonymous')!.account = 'user:2:spendable';
    }],
    ['a job was taken away before its time', ['HR22'], (all) => {
      const fact = all[first(all, 'JobExpired.v1')]!;
      const assigned = all[first(all, 'JobAssigned.v1', ({ job }) => job === fact.data['job'])]!;
      fact.data['expiredAt'] = assigned.data['assignedAt'];
    }],
    ['a shared key was promised more than it had', ['HR39'], (all) => {
      const fact = all[first(all, 'SharedKeyCreated.v1', ({ budget }) => budget !== null)]!;
      fact.data['budget'] = 1;
    }],
    ['a shared key did not pay for a job of its request', ['HR39'], (all) => {
      delete all[first(all, 'JobSettled.v1', ({ sharedKey }) => sharedKey !== undefined)]!.data['sharedKey'];
    }],
    ['a shared key got more back than was left', ['HR39'], (all) => {
      const fact = all[first(all, 'AuthorizationClosed.v1', ({ sharedKey }) => sharedKey !== undefined)]!;
      (fact.data['sharedKey'] as { released: number }).released += 1;
    }],
    ['a shared key took back what it had used', ['HR39'], (all) => {
      const fact = all[first(all, 'AuthorizationClosed.v1', ({ sharedKey, settled }) => sharedKey !== undefined && (settled as number) > 0)]!;
      (fact.data['sharedKey'] as { returned: number }).returned = 300;
    }],
    ['the anonymous user got an account', ['I29'], (all) => void (ledger(all[first(all, 'FundsTransferred.v1')]!).postings[1]!.account = 'user:0:spendable')],
    ['a style was paid out of nothing', ['I3'], (all) => {
      const fact = all[first(all, 'JobSettled.v1', ({ style }) => style !== undefined)]!;
      for (const posting of ledger(fact).postings) if (posting.account === 'burn:style') posting.account = 'issue:style';
    }],
    ['a style was paid twice', ['I3'], (all) => {
      const rewarded = all.filter(({ type, data }) => type === 'JobSettled.v1' && data['style'] !== undefined);
      const again = all[first(all, 'JobSettled.v1', ({ request, style }) => style === undefined && rewarded.some(({ data }) => data['request'] === request))]!;
      again.data['style'] = rewarded.find(({ data }) => data['request'] === again.data['request'])!.data['style'];
    }],
    ['a style got more than was set aside', ['I3'], (all) => {
      const fact = all[first(all, 'JobSettled.v1', ({ style }) => style !== undefined)]!;
      fact.data['style'] = { ...(fact.data['style'] as object), reward: 300 };
    }],
    ['more was set aside for a style than was paid', ['I3'], (all) => {
      const fact = all[first(all, 'AuthorizationOpened.v1', ({ style }) => (style as { reward?: number } | undefined)?.reward === 0)]!;
      fact.data['style'] = { ...(fact.data['style'] as object), reward: 200 };
    }],
    ['a style was paid for by its owner', ['I3'], (all) => {
      const fact = all[first(all, 'AuthorizationOpened.v1', ({ style }) => style !== undefined)]!;
      fact.data['style'] = { ...(fact.data['style'] as object), owner: fact.data['user'] };
    }],
    ['an issue was paid back beyond zero', ['I3'], (all) => {
      const fact = all[first(all, 'BalanceAdjusted.v1', (data) => (data['ledger'] as { postings: { account: string }[] }).postings.some(({ account }) => account === 'issue:adjustment'))]!;
      for (const posting of ledger(fact).postings) if (posting.account === 'issue:adjustment') posting.account = 'burn:adjustment';
    }],
    ['a transaction was taken back twice', ['I8'], (all) => {
      const index = first(all, 'TransactionReversed.v1');
      const again = structuredClone(all[index]!);
      ledger(again).txId = '00000000-0000-5000-8000-000000000001';
      all.splice(index + 1, 0, again);
    }],
    ['something was taken back that never happened', ['I8'], (all) => {
      (all[first(all, 'TransactionReversed.v1')]!.data['ledger'] as Fact['data'])['reverses'] = '00000000-0000-5000-8000-000000000002';
    }],
    ['an account that was forced below its floor fell again', ['I4'], (all) => {
      const fact = all[first(all, 'FundsTransferred.v1')]!;
      const { postings } = ledger(fact);
      const [from, to] = postings.map(({ account }) => account);
      const takes = (txId: string, amount: number, parts: Fact['data']): Fact => ({ stream: `account-${from!.split(':')[1]!}`, type: 'TransactionReversed.v1', data: {
        user: 0, reason: 'moderator', by: 1, ...parts,
        ledger: { txId, kind: 'reversal', effectiveAt: '', policy: 1, reverses: txId, postings: [{ account: from, amount: -amount }, { account: to, amount }] },
      } });
      all.push(takes('00000000-0000-5000-8000-000000000003', 1_000_000_000, { forced: true }), takes('00000000-0000-5000-8000-000000000004', 1, {}));
    }],
    ['a moderator\'s reversal names no moderator', ['I27'], (all) => {
      delete all[first(all, 'TransactionReversed.v1', ({ reason, taken }) => reason === 'moderator' && (taken as number) > 0)]!.data['by'];
    }],
    ['kudos expired', ['I27'], (all) => {
      const fact = all[first(all, 'CapExcessSwept.v1')]!;
      (fact.data['ledger'] as Fact['data'])['kind'] = 'opening';
    }],
    ['the cap took more than was above it', ['I27'], (all) => void (all[first(all, 'CapExcessSwept.v1')]!.data['cap'] = 1_000_000_000)],
    ['escrow went to somebody whom nobody trusts', ['I10'], (all) => {
      const { user } = all[first(all, 'EscrowReleased.v1')]!.data as { user: number };
      const isTrust = ({ type, data }: Fact): boolean => data['user'] === user && (type === 'TrustGranted.v1' || (type === 'RolesChanged.v1' && (data['granted'] as string[]).includes('trusted')));
      all.splice(0, all.length, ...all.filter((fact) => !isTrust(fact)));
    }],
    ['somebody was trusted before a week had passed', ['I10'], (all) => {
      const fact = all[first(all, 'TrustGranted.v1')]!;
      fact.data['grantedAt'] = all[first(all, 'UserRegistered.v1', ({ user }) => user === fact.data['user'])]!.data['registeredAt'];
    }],
    ['somebody was trusted for the threshold itself', ['I10'], (all) => {
      const fact = all[first(all, 'TrustGranted.v1')]!;
      fact.data['escrow'] = fact.data['threshold'];
    }],
    ['a place in the queue was bought beyond the cap', ['I20'], (all) => {
      all.unshift({ stream: 'policy', type: 'PolicyAdopted.v1', data: { kudosCap: 1_000 } });
    }],
  ])('finds that %s', (_what, invariants, plant) => {
    const planted = facts(events);
    plant(planted);
    expect(invariantsOf(refolded(chained(planted)))).toEqual(expect.arrayContaining(invariants));
  });
});
