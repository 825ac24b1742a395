import { centikudos, type Kudos } from '../../src/kernel/kudos.js';
import type { AccountClass } from '../../src/kudos/account.events.js';
import { firstOf, num, rowsOf, text, type Queries, type Row } from '../rows.js';

/** All amounts in centikudos. `kudos_details` of the API are the eight that follow `opening` (horde-api C4.0). */
export interface Balance {
  readonly user: number;
  readonly accountClass: AccountClass | null;
  readonly spendable: Kudos;
  readonly escrow: Kudos;
  readonly held: Kudos;
  readonly creditsElsewhere: CreditsElsewhere;
  readonly opening: Kudos;
  readonly details: KudosDetails;
}
/** Increases of a user's pockets that were recorded outside the user's own account stream (spec/ledger.md §4.2). */
export interface CreditsElsewhere {
  readonly spendable: Kudos;
  readonly escrow: Kudos;
}
export interface KudosDetails {
  readonly accumulated: Kudos;
  readonly gifted: Kudos;
  readonly donated: Kudos;
  readonly admin: Kudos;
  readonly received: Kudos;
  readonly recurring: Kudos;
  readonly awarded: Kudos;
  readonly styled: Kudos;
}

/** Undefined for an account that no event has touched yet. */
export const findBalance = async (db: Queries, user: number): Promise<Balance | undefined> => {
  const row = await firstOf(db, 'SELECT * FROM rm.balance WHERE user_id = $1', [user]);
  return row && balanceOf(row);
};

export const findBalances = async (db: Queries, users: readonly number[]): Promise<Map<number, Balance>> => {
  const rows = await rowsOf(db, 'SELECT * FROM rm.balance WHERE user_id = ANY($1::int[])', [users]);
  return new Map(rows.map((row) => [num(row['user_id']), balanceOf(row)]));
};

/** Every user's credits from elsewhere: a node loads them at start and folds the feed on top. */
export const allCreditsElsewhere = async (db: Queries): Promise<Map<number, CreditsElsewhere>> => {
  const rows = await rowsOf(db, `SELECT user_id, credits_elsewhere_spendable, credits_elsewhere_escrow FROM rm.balance
    WHERE credits_elsewhere_spendable <> 0 OR credits_elsewhere_escrow <> 0`);
  return new Map(rows.map((row) => [num(row['user_id']), creditsOf(row)]));
};

export interface PocketsOf {
  readonly user: number;
  readonly spendable: Kudos;
  readonly escrow: Kudos;
  readonly escrowElsewhere: Kudos;
}
/** What everybody has: a node loads it at start and folds the feed on top. */
export const allPockets = async (db: Queries): Promise<PocketsOf[]> => {
  const rows = await rowsOf(db, 'SELECT user_id, spendable, escrow, credits_elsewhere_escrow FROM rm.balance');
  return rows.map((row) => ({
    user: num(row['user_id']), spendable: money(row['spendable']), escrow: money(row['escrow']), escrowElsewhere: money(row['credits_elsewhere_escrow']),
  }));
};

export interface Supply {
  /** Centikudos issued (negative) and burned (positive), by account name; `pool:commons` and suspense too. */
  readonly system: Readonly<Record<string, Kudos>>;
  readonly spendable: Kudos;
  readonly escrow: Kudos;
}
/** Supply by reason. The system accounts and both user totals sum to zero (I3). */
export const supply = async (db: Queries): Promise<Supply> => {
  const system = await rowsOf(db, 'SELECT account, balance FROM rm.system_account ORDER BY account');
  const users = await firstOf(db, 'SELECT coalesce(sum(spendable), 0) AS spendable, coalesce(sum(escrow), 0) AS escrow FROM rm.balance');
  return {
    system: Object.fromEntries(system.map((row) => [text(row['account']), money(row['balance'])])),
    spendable: money(users?.['spendable']), escrow: money(users?.['escrow']),
  };
};

const money = (value: unknown): Kudos => centikudos(num(value));
const creditsOf = (row: Row): CreditsElsewhere => ({
  spendable: money(row['credits_elsewhere_spendable']), escrow: money(row['credits_elsewhere_escrow']),
});
const balanceOf = (row: Row): Balance => ({
  user: num(row['user_id']),
  accountClass: (row['account_class'] ?? null) as AccountClass | null,
  spendable: money(row['spendable']), escrow: money(row['escrow']), held: money(row['held']),
  creditsElsewhere: creditsOf(row),
  opening: money(row['opening']),
  details: {
    accumulated: money(row['accumulated']), gifted: money(row['gifted']), donated: money(row['donated']), admin: money(row['admin']),
    received: money(row['received']), recurring: money(row['recurring']), awarded: money(row['awarded']), styled: money(row['styled']),
  },
});
