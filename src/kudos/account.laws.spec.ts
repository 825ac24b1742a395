import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adjust, authorize, ME, opened, OWNER, release, send, settle } from '../../test/support/an-account.js';
import { folded, stored } from '../../test/support/given.js';
import { ledgerOf } from '../kernel/event.js';
import { centikudos, type Kudos } from '../kernel/kudos.js';
import { userOf } from '../kernel/ledger.js';
import type { AccountCommand } from './account.commands.js';
import { accountDecider, type AccountRc } from './account.decider.js';
import type { AccountEvent } from './account.events.js';
import { TRANSFERS_REMEMBERED, type Account } from './account.state.js';

/** What happens to an account in these laws: money comes in elsewhere, and somebody asks for something. */
type Step =
  | { readonly kind: 'income'; readonly amount: number }
  | { readonly kind: 'command'; readonly command: (credits: Credits) => AccountCommand; readonly lag: number; readonly complete: boolean };
interface Credits {
  readonly creditsElsewhere: Kudos;
  readonly creditsComplete: boolean;
}

const REQUESTS = ['r1', 'r2', 'r3'];
const amounts = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 6_000 })).map(centikudos);
const requests = fc.constantFrom(...REQUESTS);
const jobs = fc.tuple(requests, fc.constantFrom('a', 'b', 'c')).map(([request, job]) => ({ request, job: `${request}-${job}` }));
const activation = centikudos(300);
/** Dear enough for every settlement below, as admission makes sure (spec/ledger.md §4.5). */
const quoteOf = (count: number): Kudos => centikudos(300 + count * 1_500);

const commands: fc.Arbitrary<(credits: Credits) => AccountCommand> = fc.oneof(
  fc.record({ txId: fc.constantFrom('t1', 't2', 't3', 't4'), amount: amounts, to: fc.constantFrom(OWNER, 21, ME) })
    .map(({ amount, ...parts }) => (credits: Credits) => send(amount, { ...parts, ...credits })),
  fc.record({ request: requests, jobs: fc.integer({ min: 1, max: 3 }), upfront: fc.boolean(), styleOwner: fc.constantFrom(undefined, OWNER, 30, ME) })
    .map(({ request, jobs: count, upfront, styleOwner }) => (credits: Credits) => authorize({
      request, jobs: count, activation, quote: quoteOf(count), required: upfront ? quoteOf(count) : centikudos(0), ...credits,
      ...(styleOwner === undefined ? {} : { style: { style: 's', owner: styleOwner, surcharge: centikudos(200) } }),
    })),
  fc.record({ of: jobs, price: fc.integer({ min: 0, max: 1_400 }), censored: fc.boolean(), ownerTrusted: fc.boolean(), owner: fc.constantFrom(OWNER, ME), last: fc.boolean() })
    .map(({ of, price, censored, last, ...parts }) => (credits: Credits) => settle(of.job, {
      ...parts, request: of.request, price: centikudos(price), debit: centikudos(censored ? 100 : price + 100), ended: last ? [of.job] : null, ...credits,
    })),
  fc.record({ request: requests, jobs: fc.integer({ min: 0, max: 3 }) }).map((parts) => () => ({ ...release(0), ...parts })),
  jobs.map(({ request, job }) => () => ({ type: 'CloseAuthorization', request, submitted: [job], at: '2026-03-01T12:00:00.000Z', policy: 3 } as const)),
  requests.map((request) => () => ({ type: 'AbandonAuthorization', request, at: '2026-03-01T12:00:00.000Z', policy: 3 } as const)),
  fc.record({ txId: fc.constantFrom('d1', 'd2'), amount: amounts }).map(({ txId, amount }) => (credits: Credits) => adjust(amount, { txId, ...credits })),
);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(fc.oneof(
  fc.record({ kind: fc.constant('income' as const), amount: amounts }),
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('command' as const), command: commands, lag: fc.integer({ min: 0, max: 3_000 }), complete: fc.boolean() }) },
), { maxLength: 60 });

/** Balances by name, from nothing but postings: knows no rule of the account. */
class Books {
  readonly balances = new Map<string, number>();
  credit(account: string, amount: number): void {
    this.balances.set(account, this.of(account) + amount);
  }
  of(account: string): number {
    return this.balances.get(account) ?? 0;
  }
}

interface Asked {
  readonly command: AccountCommand;
  readonly before: number;
  readonly events: readonly AccountEvent[];
  readonly rc: AccountRc | undefined;
}

/** One account, its history, and beside it the books that an auditor would keep. */
class World {
  readonly books = new Books();
  readonly events: AccountEvent[] = [];
  readonly held = new Map<string, { placed: number; gone: number; debited: number; quote: number }>();
  state: Account = accountDecider.initialState(String(ME));
  income = 0;

  constructor() {
    this.record([opened()]);
  }

  balance(): number {
    return this.books.of(`user:${ME}:spendable`);
  }
  holds(): number {
    return [...this.held.values()].reduce((sum, { placed, gone }) => sum + placed - gone, 0);
  }

  step(step: Step): Asked | undefined {
    if (step.kind === 'income') {
      this.income += step.amount;
      this.books.credit(`user:${ME}:spendable`, step.amount);
      this.books.credit('issue:uptime', -step.amount);
      return undefined;
    }
    // A view that lags knows a part of the income; it claims to be complete only when it is (spec/ledger.md §4.2).
    const seen = Math.max(0, this.income - step.lag);
    const credits = { creditsElsewhere: centikudos(seen), creditsComplete: step.complete && seen === this.income };
    return this.ask(step.command(credits));
  }

  ask(command: AccountCommand): Asked {
    const before = this.balance();
    const decision = accountDecider.decide(command, this.state);
    const events = decision.outcome === 'accepted' ? decision.events : [];
    this.record(events);
    return { command, before, events, rc: decision.outcome === 'refused' ? decision.rc : undefined };
  }

  private record(events: readonly AccountEvent[]): void {
    for (const event of events) {
      this.events.push(event);
      this.state = accountDecider.evolve(this.state, stored(event));
      for (const { account, amount } of ledgerOf(event)?.postings ?? []) this.books.credit(account, amount);
      this.hold(event);
    }
  }

  private hold({ type, data }: AccountEvent): void {
    if (type === 'AuthorizationOpened.v1') {
      this.held.set(data.request, { placed: data.hold, gone: 0, debited: data.activation, quote: data.quote });
      return;
    }
    const request = 'request' in data ? this.held.get(data.request) : undefined;
    if (!request) return;
    if (type === 'JobSettled.v1') Object.assign(request, { gone: request.gone + data.captured, debited: request.debited + data.debit });
    else if (type === 'HoldReleased.v1') request.gone += data.amount;
    else if (type === 'AuthorizationClosed.v1') {
      request.gone += data.released;
      expect(request.gone).toBe(request.placed); // I6: exactly one end, and nothing is left behind
      this.held.delete(data.request);
    }
  }
}

const law = (claim: string, holds: (steps: readonly Step[]) => void): void => it(claim, () => fc.assert(fc.property(steps, holds), { numRuns: 400 }));
/** Runs the steps and looks after each. */
const afterEach = (all: readonly Step[], look: (world: World, asked: Asked | undefined) => void): World => {
  const world = new World();
  for (const step of all) look(world, world.step(step));
  return world;
};
const REFUSABLE = new Set(['FundsTransferred.v1', 'BalanceAdjusted.v1']);

law('every transaction balances, has two legs at least and moves whole hundredths (I1, I2)', (all) => {
  const { books, events } = afterEach(all, () => undefined);
  for (const { postings } of events.flatMap((event) => ledgerOf(event) ?? [])) {
    expect(postings.length).toBeGreaterThanOrEqual(2);
    expect(new Set(postings.map(({ account }) => account)).size).toBe(postings.length);
    expect(postings.every(({ amount }) => Number.isSafeInteger(amount) && amount !== 0)).toBe(true);
    expect(postings.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
  }
  expect([...books.balances.values()].reduce((sum, amount) => sum + amount, 0)).toBe(0);
});

law('no history takes an account below its floor (I4)', (all) => {
  afterEach(all, (world) => expect(world.balance()).toBeGreaterThanOrEqual(2_500));
});

law('what may be refused leaves something available, holds counted (I5)', (all) => {
  afterEach(all, (world, asked) => {
    const refusable = asked?.events.some((event) => REFUSABLE.has(event.type) || (event.type === 'AuthorizationOpened.v1' && event.data.hold > 0));
    if (refusable) expect(world.balance() - world.holds() - 2_500).toBeGreaterThanOrEqual(0);
  });
});

law('nobody else loses anything by what happens here (I11)', (all) => {
  const { events } = afterEach(all, () => undefined);
  for (const { account, amount } of events.flatMap((event) => ledgerOf(event)?.postings ?? []))
    if (amount < 0 && userOf(account)) expect(userOf(account)!.user).toBe(ME);
});

law('a hold is used up or given back, never both, and exactly once (I6)', (all) => {
  afterEach(all, (world) => {
    for (const { placed, gone } of world.held.values()) {
      expect(gone).toBeGreaterThanOrEqual(0);
      expect(gone).toBeLessThanOrEqual(placed);
    }
    expect(world.state.held).toBe(world.holds());
  });
});

law('a job is paid once, and its owner gets exactly its price (I7, I25)', (all) => {
  const { events } = afterEach(all, () => undefined);
  const open = new Map<string, Set<string>>();
  for (const event of events) {
    if (event.type === 'AuthorizationOpened.v1') open.set(event.data.request, new Set());
    if (event.type === 'AuthorizationClosed.v1') open.delete(event.data.request);
    if (event.type !== 'JobSettled.v1') continue;
    const { request, job, price, owner, payer, debit, forgiven, style, ledger } = event.data;
    expect(open.get(request)?.has(job)).toBe(false);
    open.get(request)!.add(job);
    const got = (pocket: string) => ledger?.postings.find(({ account }) => account === `user:${owner}:${pocket}`)?.amount ?? 0;
    const gaveItself = owner === payer ? debit - forgiven : 0; // merged with what the owner gets
    const forItsStyle = style?.owner === owner ? style.reward : 0; // likewise
    expect(got('spendable') + got('escrow') + gaveItself - forItsStyle).toBe(price);
  }
});

law('a style earns its owner only what somebody else has really paid for it, once a request (I3)', (all) => {
  const { books, events } = afterEach(all, (world) => expect(world.books.of('burn:style')).toBeGreaterThanOrEqual(0));
  const waiting = new Map<string, number>();
  for (const event of events) {
    if (event.type === 'AuthorizationOpened.v1' && event.data.style) {
      const { style, request, ledger } = event.data;
      expect(style.owner).not.toBe(ME);
      expect(style.reward).toBeLessThanOrEqual(-(ledger?.postings.find(({ account }) => account === `user:${ME}:spendable`)?.amount ?? 0));
      waiting.set(request, style.reward);
    } else if (event.type === 'JobSettled.v1' && event.data.style) {
      expect(event.data.style.reward).toBe(waiting.get(event.data.request));
      waiting.delete(event.data.request);
    }
  }
  expect(books.of('issue:style')).toBe(0);
});

law('a request is never debited more than its quote, when its jobs fit it (I26)', (all) => {
  afterEach(all, (world) => {
    for (const [request, { debited, quote }] of world.held) {
      expect(world.state.authorizations.get(request)?.debited).toBe(debited);
      if (world.state.authorizations.get(request)!.settled.size <= world.state.authorizations.get(request)!.jobs) expect(debited).toBeLessThanOrEqual(quote);
    }
  });
});

law('the floor forgives, and a want of kudos refuses, only on complete knowledge of the credits', (all) => {
  afterEach(all, (_world, asked) => {
    if (!asked || !('creditsComplete' in asked.command) || asked.command.creditsComplete) return;
    expect(['KudosTransferNotEnough', 'KudosUpfront']).not.toContain(asked.rc);
    for (const event of asked.events) expect(ledgerOf(event)?.postings.some(({ account }) => account === 'issue:floor') ?? false).toBe(false);
  });
});

law('a late view refuses or waits, but allows nothing that a complete one would refuse', (all) => {
  afterEach(all, (world, asked) => {
    if (asked?.command.type !== 'TransferKudos' || asked.events.length === 0) return;
    expect(asked.command.amount).toBeLessThanOrEqual(asked.before - world.holds() - 2_500);
  });
});

law('asked again, every command changes nothing', (all) => {
  const world = new World();
  for (const step of all) {
    const asked = world.step(step);
    if (!asked || asked.rc || asked.command.type === 'OpenAuthorization') continue;
    expect(world.ask(asked.command).events).toEqual([]);
  }
});

law('an authorization is opened once while it is open', (all) => {
  afterEach(all, (world, asked) => {
    if (asked?.command.type !== 'OpenAuthorization' || asked.rc) return;
    expect(world.ask(asked.command).events).toEqual([]);
  });
});

law('folding the stored events gives the state that the rules had', (all) => {
  const world = afterEach(all, () => undefined);
  expect(folded(accountDecider, String(ME), world.events)).toEqual(world.state);
  expect(world.state.own + world.income).toBe(world.balance());
  expect(world.state.ownEscrow).toBe(world.books.of(`user:${ME}:escrow`));
  expect(world.state.revision).toBe(world.events.length - 1);
  expect(world.state.transfers.size).toBeLessThanOrEqual(TRANSFERS_REMEMBERED);
});
