import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AT, authorize, ME, opened, POLICY, release, settle, transferred } from '../../test/support/an-account.js';
import { folded, stored } from '../../test/support/given.js';
import { SharedKeyBooks } from '../audit/shared-keys.js';
import { Violations } from '../audit/violations.js';
import type { Recorded } from '../kernel/event.js';
import { centikudos, kudos, NO_KUDOS } from '../kernel/kudos.js';
import type { AccountCommand } from './account.commands.js';
import { accountDecider } from './account.decider.js';
import type { AccountEvent } from './account.events.js';
import type { Account } from './account.state.js';
import { freeOf, remainingOf } from './shared-key.state.js';

const KEYS = ['k1', 'k2'];
const REQUESTS = ['r1', 'r2', 'r3', 'r4'];
const UNIT = 1_000;
const ACTIVATION = 300;
const given = { at: AT, policy: POLICY } as const;
const keys = fc.constantFrom(...KEYS);
const requests = fc.constantFrom(...REQUESTS);
const budgets = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 6_000 }).map(centikudos) }, fc.constant(null), fc.constant(NO_KUDOS));

/** What happens to an owner in these laws: somebody sends kudos to a key, or something is asked of the account. `seen` is what has been read of them. */
type Step = { readonly sent: number; readonly key: string } | { readonly ask: (seen: (key: string) => number) => AccountCommand; readonly lag: number };
const ask = (arbitrary: fc.Arbitrary<(seen: (key: string) => number) => AccountCommand>): fc.Arbitrary<Step> => fc.record({ ask: arbitrary, lag: fc.integer({ min: 0, max: 2_000 }) });

const steps: fc.Arbitrary<readonly Step[]> = fc.array(fc.oneof(
  fc.record({ sent: fc.integer({ min: 1, max: 3_000 }), key: keys }),
  ask(fc.record({ key: keys, budget: budgets }).map(({ key, budget }) => () => ({
    type: 'CreateSharedKey', key, id: key, name: null, budget, expiresAt: null, limits: { maxImagePixels: -1, maxImageSteps: -1, maxTextTokens: -1 }, keysMax: 2, ...given,
  }))),
  ask(fc.record({ key: keys, budget: budgets }).map(({ key, budget }) => (seen) => ({ type: 'ChangeSharedKey', key, budget, credited: centikudos(seen(key)), limits: {}, ...given }))),
  ask(keys.map((key) => () => ({ type: 'DeleteSharedKey', key, ...given }))),
  { weight: 5, arbitrary: ask(fc.record({ request: requests, key: keys, jobs: fc.integer({ min: 1, max: 3 }), complete: fc.boolean() }).map(({ request, key, jobs, complete }) => (seen) => authorize({
    request, jobs, activation: centikudos(ACTIVATION), quote: centikudos(ACTIVATION + jobs * UNIT), creditsElsewhere: kudos(1_000_000), creditsComplete: complete,
    sharedKey: { key, credited: centikudos(seen(key)), asks: undefined },
  }))) },
  { weight: 5, arbitrary: ask(fc.record({ request: requests, job: fc.constantFrom('a', 'b', 'c'), debit: fc.integer({ min: 100, max: UNIT }), last: fc.boolean() }).map(({ request, job, debit, last }) => () => settle(`${request}-${job}`, {
    request, price: centikudos(debit - 100), debit: centikudos(debit), ended: last ? [`${request}-${job}`] : null, creditsElsewhere: kudos(1_000_000),
  }))) },
  ask(fc.record({ request: requests, jobs: fc.integer({ min: 0, max: 3 }) }).map(({ request, jobs }) => () => ({ ...release(jobs), request }))),
  ask(requests.map((request) => () => ({ type: 'CloseAuthorization', request, submitted: [], ...given }))),
  ask(requests.map((request) => () => ({ type: 'AbandonAuthorization', request, ...given }))),
), { maxLength: 60 });

/** An account whose every event an auditor reads, who knows none of its rules. */
class World {
  readonly violations = new Violations();
  readonly books = new SharedKeyBooks(this.violations);
  readonly events: AccountEvent[] = [];
  readonly sent = new Map<string, number>();
  state: Account = accountDecider.initialState(String(ME));

  constructor() {
    this.record(opened(), ME);
  }

  step(step: Step): readonly AccountEvent[] {
    if ('sent' in step) {
      if (!this.state.sharedKeys.has(step.key)) return [];
      this.sent.set(step.key, (this.sent.get(step.key) ?? 0) + step.sent);
      const { data } = transferred(centikudos(step.sent), { to: ME }) as Extract<AccountEvent, { type: 'FundsTransferred.v1' }>;
      this.books.add(recorded({ type: 'FundsTransferred.v1', data: { ...data, sharedKey: step.key } }, 99));
      return [];
    }
    const decision = accountDecider.decide(step.ask((key) => Math.max(0, (this.sent.get(key) ?? 0) - step.lag)), this.state);
    const events = decision.outcome === 'accepted' ? decision.events : [];
    for (const event of events) this.record(event, ME);
    return events;
  }

  sentTo(key: string): number {
    return this.sent.get(key) ?? 0;
  }

  private record(event: AccountEvent, user: number): void {
    this.events.push(event);
    this.state = accountDecider.evolve(this.state, stored(event));
    this.books.add(recorded(event, user));
  }
}
const recorded = ({ type, data }: AccountEvent, user: number): Recorded => ({
  stream: `account-${user}`, revision: 0, position: 0, id: 'id', type, data: stored({ type, data }).data,
  metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
});
const law = (claim: string, holds: (steps: readonly Step[]) => void): void => it(claim, () => fc.assert(fc.property(steps, holds), { seed: 39, numRuns: 600 }));

law('a budget is never below what is promised of it, and what is promised is never below nothing', (all) => {
  const world = new World();
  for (const step of all) {
    world.step(step);
    for (const [id, key] of world.state.sharedKeys) {
      const remaining = remainingOf(key, centikudos(world.sentTo(id)));
      expect(key.reserved).toBeGreaterThanOrEqual(0);
      if (remaining !== null) expect(remaining).toBeGreaterThanOrEqual(key.reserved);
    }
  }
});

law('what a key has used goes up, but for the price of a request that never came', (all) => {
  const world = new World();
  for (const step of all) {
    const before = new Map([...world.state.sharedKeys].map(([id, { utilised }]) => [id, utilised]));
    const events = world.step(step);
    const returned = events.some(({ type }) => type === 'TransactionReversed.v1');
    for (const [id, { utilised }] of world.state.sharedKeys) if (!returned) expect(utilised).toBeGreaterThanOrEqual(before.get(id) ?? 0);
  }
});

law('an auditor who knows only the events finds the same keys, and nothing wrong', (all) => {
  const world = new World();
  for (const step of all) world.step(step);
  expect(world.violations.kept).toEqual([]);
  for (const [id, { budget, credited, reserved, utilised }] of world.state.sharedKeys) expect(world.books.keys.get(id)).toMatchObject({ budget, credited, reserved, utilised });
});

law('a reservation is used or given back, and nothing is left of it when no request is open', (all) => {
  const world = new World();
  for (const step of all) {
    world.step(step);
    for (const [id, { reserved }] of world.state.sharedKeys) {
      const promised = [...world.state.authorizations.values()].reduce((sum, { sharedKey }) => sum + (sharedKey?.key === id ? sharedKey.reserved : 0), 0);
      expect(reserved).toBe(promised);
    }
  }
});

law('a view that lags admits nothing that a complete one would refuse', (all) => {
  const world = new World();
  for (const step of all) {
    const before = new Map([...world.state.sharedKeys].map(([id, key]) => [id, freeOf(key, centikudos(world.sentTo(id)))]));
    for (const event of world.step(step)) {
      if (event.type !== 'AuthorizationOpened.v1') continue;
      const free = before.get(event.data.sharedKey!.key) ?? null;
      if (free !== null) expect(event.data.quote).toBeLessThanOrEqual(free);
    }
  }
});

law('folding the stored events gives the state that the rules had', (all) => {
  const world = new World();
  for (const step of all) world.step(step);
  expect(folded(accountDecider, String(ME), world.events)).toEqual(world.state);
});
