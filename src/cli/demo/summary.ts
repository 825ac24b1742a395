import type { RefoldReport } from '../../audit/refold.js';
import { centikudos, inKudos } from '../../kernel/kudos.js';
import type { Fields, HordeClient, Person } from '../load/horde-client.js';
import { table } from '../table.js';
import type { Told } from './story.js';

const SHOWN_EACH = 4;
const ENTRIES_SHOWN = 12;

/** A few of those who paid and of those who earned. */
export const balances = async (client: HordeClient, { payers, owners, before }: Told): Promise<string[]> => {
  const rows = await Promise.all([...payers.slice(0, SHOWN_EACH), ...owners.slice(0, SHOWN_EACH)].map(async ({ id, alias }) => {
    const { body } = await client.user(id);
    const now = Number(body['kudos']);
    const details = body['kudos_details'] as Readonly<Record<string, number>>;
    const was = before.get(id) ?? 0;
    return [alias, money(was), money(now), signed(now - was), money(details['accumulated'] ?? 0), money(-(details['gifted'] ?? 0)), money(details['received'] ?? 0)];
  }));
  return ['Balances, payers first (the volunteers that are not trusted yet have half of their earnings in escrow, which is not shown here):', ...table([['', 'before', 'now', '', 'by jobs', 'given', 'received'], ...rows])];
};

export const statement = async (client: HordeClient, { id, key, alias }: Person): Promise<string[]> => {
  const { body } = await client.statement(id, key, ENTRIES_SHOWN);
  const entries = body['entries'] as readonly Fields[];
  const rows = entries.map((entry) => [
    String(entry['kind']), signed(Number(entry['amount'])), money(Number(entry['balance'])),
    (entry['counterparties'] as readonly { account: string; amount: number }[]).map(({ account, amount }) => `${account} ${signed(amount)}`).join(', '),
  ]);
  const widths = table([['', 'amount', 'balance'], ...rows.map((row) => row.slice(0, 3))]);
  return [`The statement of ${alias}, its first ${rows.length} entries:`, ...widths.map((line, index) => `${line}  ${rows[index - 1]?.[3] ?? '  other side'}`)];
};

/** Where all kudos come from and where they went. */
export const supply = ({ system, balances: users }: RefoldReport): string[] => {
  const named = [...system].filter(([, amount]) => amount !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  let held = 0;
  for (const { spendable, escrow } of users.values()) held += spendable + escrow;
  const rows = named.map(([account, amount]) => [account, inWords(amount)]);
  const total = named.reduce((sum, [, amount]) => sum + amount, held);
  return ['Supply, by reason (what was issued is negative, as in every double entry):', ...table([...rows, ['held by users', inWords(held)], ['together', inWords(total)]])];
};

const money = (amount: number): string => amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const signed = (amount: number): string => (amount > 0 ? `+${money(amount)}` : money(amount));
const inWords = (amount: number): string => money(inKudos(centikudos(amount)));
