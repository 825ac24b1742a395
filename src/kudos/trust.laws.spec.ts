import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adjust, authorize, ME, opened, release, send } from '../../test/support/an-account.js';
import { CAP, original, releaseEscrow, sweep, takeBack } from '../../test/support/a-reversal.js';
import { stored } from '../../test/support/given.js';
import { ledgerOf } from '../kernel/event.js';
import { centikudos, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { escrow, posting, spendable, type Posting } from '../kernel/ledger.js';
import type { AccountCommand, Original } from './account.commands.js';
import { accountDecider } from './account.decider.js';
import type { AccountEvent } from './account.events.js';
import type { Account } from './account.state.js';

const SEED = 20_260_301;
const RUNS = 400;
const FLOOR = 2_500;

/** One account, and everything that others credit to it; books are kept by postings alone. */
class Life {
  readonly #account: Account = accountDecider.initialState(String(ME));
  readonly #balances = new Map<string, number>();
  /** What has been credited elsewhere, after each credit: a view may have seen any prefix of it. */
  readonly #elsewhere: { readonly spendable: Kudos; readonly escrow: Kudos }[] = [{ spendable: NO_KUDOS, escrow: NO_KUDOS }];
  readonly credits: Original[] = [];
  credited = 0;
  released = 0;

  constructor() {
    this.#happened(opened());
  }

  earn({ spendable: part, escrow: rest }: { spendable: number; escrow: number }): void {
    const legs = [posting('issue:uptime', -part - rest), posting(spendable(ME), part), posting(escrow(ME), rest)].filter(({ amount }) => amount !== 0);
    if (legs.length < 2) return;
    const last = this.#elsewhere.at(-1)!;
    this.#elsewhere.push({ spendable: centikudos(last.spendable + part), escrow: centikudos(last.escrow + rest) });
    this.credits.push(original('uptime_reward', legs.map(({ account, amount }) => [account, amount] as const), { txId: `credit-${this.credits.length}` }));
    this.credited += rest;
    this.#book(legs);
  }

  /** `lag` credits have not been seen. */
  ask(command: (seen: { spendable: Kudos; escrow: Kudos }, isComplete: boolean) => AccountCommand, lag = 0): void {
    const seen = this.#elsewhere[Math.max(0, this.#elsewhere.length - 1 - lag)]!;
    const decision = accountDecider.decide(command(seen, lag === 0), this.#account);
    if (decision.outcome === 'accepted') for (const event of decision.events) this.#happened(stored(event));
  }

  of(account: string): number {
    return this.#balances.get(account) ?? 0;
  }
  get held(): number {
    return this.#account.held;
  }

  #happened(event: AccountEvent): void {
    accountDecider.evolve(this.#account, event);
    if (event.type === 'EscrowReleased.v1') this.released += event.data.amount;
    this.#book(ledgerOf(event)?.postings ?? []);
  }
  #book(legs: readonly Posting[]): void {
    for (const { account, amount } of legs) this.#balances.set(account, this.of(account) + amount);
  }
}

type Step = (life: Life) => void;
const amounts = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 5_000 }) }, fc.integer({ min: 0, max: 200_000 }));
const lags = fc.nat({ max: 4 });
const earns = fc.record({ spendable: amounts, escrow: amounts }).map((credit): Step => (life) => { life.earn(credit); });
const releases = lags.map((lag): Step => (life) => { life.ask(({ escrow: seen }) => releaseEscrow(seen), lag); });
const sweeps = lags.map((lag): Step => (life) => { life.ask(({ spendable: seen }) => sweep(seen), lag); });
const reversals = fc.record({ which: fc.nat({ max: 30 }), lag: lags }).map(({ which, lag }): Step => (life) => {
  const credit = life.credits[which % Math.max(1, life.credits.length)];
  if (credit) life.ask((seen, creditsComplete) => takeBack(credit, { creditsElsewhere: seen.spendable, escrowElsewhere: seen.escrow, creditsComplete }), lag);
});
const spends = fc.record({ kind: fc.constantFrom('gift', 'correction', 'hold', 'unhold'), amount: amounts, id: fc.nat({ max: 5 }), lag: lags }).map(({ kind, amount, id, lag }): Step => (life) => {
  life.ask(({ spendable: creditsElsewhere }, creditsComplete) => {
    const seen = { creditsElsewhere, creditsComplete };
    if (kind === 'gift') return send(centikudos(amount), { ...seen, txId: `gift-${id}` });
    if (kind === 'correction') return adjust(centikudos(amount), { ...seen, txId: `correction-${id}` });
    if (kind === 'hold') return authorize({ ...seen, request: `r${id}`, activation: NO_KUDOS, required: centikudos(amount), quote: centikudos(amount) });
    return { ...release(2), request: `r${id}` };
  }, lag);
});
const lives = fc.array(fc.oneof({ weight: 3, arbitrary: earns }, releases, sweeps, reversals, spends), { maxLength: 40 });

const lived = (steps: readonly Step[], after: (life: Life) => void): Life => {
  const life = new Life();
  for (const step of steps) {
    step(life);
    after(life);
  }
  return life;
};

it('no more escrow is released than was credited and not taken back, however much the views lag', () => {
  fc.assert(fc.property(lives, (steps) => {
    lived(steps, (life) => {
      expect(life.of(escrow(ME))).toBeGreaterThanOrEqual(0);
      expect(life.released).toBeLessThanOrEqual(life.credited);
      expect(life.of(spendable(ME))).toBeGreaterThanOrEqual(FLOOR);
      expect(life.of('pool:commons')).toBeGreaterThanOrEqual(0);
    });
  }), { seed: SEED, numRuns: RUNS });
});

it('the escrow of a trusted user reaches zero once the views have caught up', () => {
  fc.assert(fc.property(lives, (steps) => {
    const life = lived(steps, () => undefined);
    life.ask(({ escrow: seen }) => releaseEscrow(seen));
    expect(life.of(escrow(ME))).toBe(0);
  }), { seed: SEED, numRuns: RUNS });
});

it('a balance comes down to the cap once the views have caught up, but for what is held, and never below', () => {
  fc.assert(fc.property(lives, (steps) => {
    const life = lived(steps, () => undefined);
    const before = life.of(spendable(ME));
    life.ask(({ spendable: seen }) => sweep(seen));
    const after = life.of(spendable(ME));
    expect(after).toBeLessThanOrEqual(Math.max(CAP, life.held + FLOOR));
    expect(after).toBe(before > CAP ? Math.max(CAP, Math.min(before, life.held + FLOOR)) : before);
  }), { seed: SEED, numRuns: RUNS });
});

it('what was taken back, was swept and is there adds up to what was ever given', () => {
  fc.assert(fc.property(lives, (steps) => {
    const life = lived(steps, () => undefined);
    const all = ['issue:uptime', 'issue:opening', 'pool:commons', 'burn:adjustment', spendable(ME), escrow(ME), spendable(21)].reduce((sum, name) => sum + life.of(name), 0);
    expect(all).toBe(0);
  }), { seed: SEED, numRuns: RUNS });
});
