import type { Recorded } from '../kernel/event.js';
import { roundHalfEven } from '../kernel/kudos.js';
import type { JobSettled } from '../kudos/account.events.js';
import type { Queries } from '../platform/postgres/database.js';
import type { RequestAccepted, RequestKind } from '../requests/request.events.js';
import type { UserSettingsChanged } from '../users/user.events.js';
import type { Columns, Drifts } from './drift.js';

/** The records of users, counted one event at a time. */
export class ExpectedRecords {
  readonly amounts = new Map<string, number>();
  /** Thousandths. */
  private readonly multipliers = new Map<number, number>();

  add({ type, data }: Recorded): void {
    if (type === 'RequestAccepted.v1') {
      const { payer, kind } = data as RequestAccepted['data'];
      this.count(payer, `request ${nameOf(kind)}`, 1);
    } else if (type === 'JobSettled.v1') this.settled(data as JobSettled['data']);
    else if (type === 'UserSettingsChanged.v1') {
      const { user, usageMultiplier } = data as UserSettingsChanged['data'];
      if (usageMultiplier !== undefined) this.multipliers.set(user, usageMultiplier);
    }
  }

  private settled({ payer, owner, kind, things, style, selfTest }: JobSettled['data']): void {
    if (style) this.count(style.owner, `style ${kind}`, 1);
    if (selfTest) return;
    const amount = kind === 'image' ? roundHalfEven(things / 10_000) : roundHalfEven(things); // hundredths of a megapixelstep, or tokens
    const used = amount * (this.multipliers.get(payer) ?? 1_000);
    for (const [user, record, more] of [[payer, 'request', 1], [payer, 'usage', used], [owner, 'fulfillment', 1], [owner, 'contribution', amount]] as const)
      this.count(user, `${record} ${nameOf(kind)}`, more);
  }

  private count(user: number, what: string, amount: number): void {
    const key = `${user} ${what}`;
    this.amounts.set(key, (this.amounts.get(key) ?? 0) + amount);
  }
}

const nameOf = (kind: RequestKind): string => (kind === 'alchemy' ? 'interrogation' : kind);

export const compareRecords = async (queries: Queries, drifts: Drifts, { amounts }: ExpectedRecords): Promise<void> => {
  const expected = new Map<string, Columns>([...amounts].map(([key, amount]) => [key, { amount }]));
  const rows = await queries.query<{ key: string; amount: number }>(`SELECT concat_ws(' ', user_id, record, kind) AS key, amount FROM rm.record`);
  drifts.compareAll('rm.record', expected, new Map(rows.map(({ key, amount }) => [key, { amount }])));
};
