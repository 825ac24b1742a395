import type { Both } from './reprice.js';
import { ACTIVATION, UPTIME, type ModelFigures, type WhatIf } from './what-if.js';
import type { UserFigures } from './two-books.js';

/** All amounts in centikudos. */
export interface UserRow {
  readonly user: number;
  readonly balance: Both<number>;
  readonly earned: Both<number>;
  readonly spent: Both<number>;
  /** Of the balance, escrow included: what the other policy would have brought or cost. */
  readonly difference: number;
}
export interface ModelRow {
  readonly kind: string;
  readonly model: string;
  readonly jobs: number;
  readonly earned: Both<number>;
  readonly spent: Both<number>;
  /** Of what requesters spent. */
  readonly difference: number;
}
export interface SystemRow {
  readonly account: string;
  readonly balance: Both<number>;
  readonly difference: number;
}
export interface WhatIfReport {
  readonly events: number;
  readonly jobs: { readonly repriced: number; readonly before: number; readonly unexplained: number };
  /** Rewards for ten minutes of a worker's time. */
  readonly uptime: { readonly repriced: number; readonly before: number; readonly unexplained: number };
  readonly overdrawn: number;
  readonly totals: { readonly earned: Both<number>; readonly spent: Both<number>; readonly gainers: number; readonly losers: number; readonly unchanged: number };
  /** Who gains most first, who loses most last. */
  readonly users: readonly UserRow[];
  /** The largest difference first. */
  readonly models: readonly ModelRow[];
  /** By kind of request, activations among them. */
  readonly kinds: readonly ModelRow[];
  readonly system: readonly SystemRow[];
  /** In ten-thousandths; 0 is everybody alike, 10,000 is one who has all. */
  readonly gini: Both<number>;
}

export const whatIfReport = (fold: WhatIf): WhatIfReport => {
  const users = [...fold.books.users.values()].map(userRow).sort((a, b) => b.difference - a.difference || a.user - b.user);
  const models = [...fold.models.values()].map(modelRow);
  const sum = (of: (row: UserRow) => number): number => users.reduce((total, row) => total + of(row), 0);
  return {
    events: fold.events, jobs: { ...fold.jobs }, uptime: { ...fold.uptime }, overdrawn: fold.overdrawn,
    totals: {
      earned: { was: sum(({ earned }) => earned.was), would: sum(({ earned }) => earned.would) },
      spent: { was: sum(({ spent }) => spent.was), would: sum(({ spent }) => spent.would) },
      gainers: users.filter(({ difference }) => difference > 0).length, losers: users.filter(({ difference }) => difference < 0).length,
      unchanged: users.filter(({ difference }) => difference === 0).length,
    },
    users, models: models.filter(({ kind, model }) => model !== ACTIVATION && kind !== UPTIME).sort(largestFirst), kinds: kindRows(models),
    system: [...fold.books.system].map(([account, { was, would }]) => ({ account, balance: { was, would }, difference: would - was }))
      .sort((a, b) => (a.account < b.account ? -1 : 1)),
    gini: { was: gini(users.map(({ balance }) => balance.was)), would: gini(users.map(({ balance }) => balance.would)) },
  };
};

const userRow = ({ user, was, would }: UserFigures): UserRow => {
  const balance = { was: was.spendable + was.escrow, would: would.spendable + would.escrow };
  return {
    user, balance, earned: { was: was.earned, would: would.earned }, spent: { was: was.spent, would: would.spent }, difference: balance.would - balance.was,
  };
};

const modelRow = ({ kind, model, jobs, earned, spent }: ModelFigures): ModelRow =>
  ({ kind, model, jobs, earned: { ...earned }, spent: { ...spent }, difference: spent.would - spent.was });

const largestFirst = (a: ModelRow, b: ModelRow): number =>
  Math.abs(b.difference) - Math.abs(a.difference) || b.spent.was - a.spent.was || (a.kind + a.model < b.kind + b.model ? -1 : 1);

const kindRows = (models: readonly ModelRow[]): readonly ModelRow[] => {
  const rows = new Map<string, ModelRow>();
  for (const row of models) {
    const part = row.model === ACTIVATION ? ACTIVATION : row.kind === UPTIME ? '(ten minutes)' : '(jobs)';
    const known = rows.get(row.kind + part);
    rows.set(row.kind + part, { ...(known ? together(known, row) : row), model: part });
  }
  return [...rows.values()].sort((a, b) => (a.kind + a.model < b.kind + b.model ? -1 : 1));
};
const together = (one: ModelRow, other: ModelRow): ModelRow => ({
  ...one, jobs: one.jobs + other.jobs, earned: both(one.earned, other.earned), spent: both(one.spent, other.spent), difference: one.difference + other.difference,
});
const both = (one: Both<number>, other: Both<number>): Both<number> => ({ was: one.was + other.was, would: one.would + other.would });

const TEN_THOUSANDTHS = 10_000n;
/** How unequally kudos are spread, in whole numbers throughout; who would be below zero counts as having nothing. */
export const gini = (amounts: readonly number[]): number => {
  const sorted = amounts.map((amount) => BigInt(Math.max(0, amount))).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const count = BigInt(sorted.length);
  let total = 0n;
  let weighted = 0n;
  sorted.forEach((amount, at) => {
    total += amount;
    weighted += (2n * BigInt(at) + 1n - count) * amount;
  });
  return total === 0n ? 0 : Number((2n * TEN_THOUSANDTHS * weighted + count * total) / (2n * count * total)); // rounded to the nearest
};
