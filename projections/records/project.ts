import type { Recorded } from '../../src/kernel/event.js';
import { roundHalfEven } from '../../src/kernel/kudos.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import type { JobSettled } from '../../src/kudos/account.events.js';
import type { RequestAccepted, RequestKind } from '../../src/requests/request.events.js';
import type { UserSettingsChanged } from '../../src/users/user.events.js';
import type { UptimeRewarded } from '../../src/workers/worker.events.js';
import { numbers, plain } from '../columns.js';
import { schemaBeside } from '../load-schema.js';

const HANDLED: ReadonlySet<string> = new Set<(RequestAccepted | JobSettled | UserSettingsChanged | UptimeRewarded)['type']>([
  'RequestAccepted.v1', 'JobSettled.v1', 'UserSettingsChanged.v1', 'UptimeRewarded.v1',
]);

/**
 * The records of the user object (horde-rules §8.5, horde-api C4.0); user 0 is everybody who asked without a key. A request
 * counts once when it is accepted and once for each job that is settled, as clients know it (Q21); a style, when it has earned its
 * owner something.
 */
export const records: Projection = {
  name: 'records',
  version: 2,
  schema: schemaBeside(import.meta.url),
  tables: ['record', 'activity'],
  handles: (type) => HANDLED.has(type),
  project: (events) => {
    const batch = new Batch();
    for (const event of events) batch.add(event);
    return statements(batch);
  },
};

type RecordName = 'request' | 'usage' | 'fulfillment' | 'contribution' | 'style';
interface Change {
  readonly user: number;
  readonly record: RecordName;
  readonly kind: string;
  /** Thousandths; null where the table says it, or where nothing is scaled. */
  readonly multiplier: number | null;
  amount: number;
}

class Batch {
  readonly changes = new Map<string, Change>();
  readonly multipliers = new Map<number, number>();
  readonly activeAt = new Map<number, string>();

  add(event: Recorded): void {
    switch (event.type) {
      case 'RequestAccepted.v1': {
        const { payer, kind, acceptedAt } = event.data as RequestAccepted['data'];
        this.active(payer, acceptedAt);
        return this.count(payer, 'request', nameOf(kind), 1);
      }
      case 'JobSettled.v1': return this.settled(event.data as JobSettled['data']);
      case 'UptimeRewarded.v1': {
        const { owner, rewardedAt } = event.data as UptimeRewarded['data'];
        return this.active(owner, rewardedAt);
      }
      case 'UserSettingsChanged.v1': {
        const { user, usageMultiplier } = event.data as UserSettingsChanged['data'];
        if (usageMultiplier !== undefined) this.multipliers.set(user, usageMultiplier);
        return;
      }
      default: // The runner asks `handles` first.
    }
  }

  private settled({ payer, owner, kind: asked, things, style, settledAt, selfTest }: JobSettled['data']): void {
    this.active(payer, settledAt);
    this.active(owner, settledAt);
    if (style) this.count(style.owner, 'style', nameOf(asked), 1);
    if (selfTest) return; // whoever tests a machine has not used the horde, nor served it
    const kind = nameOf(asked);
    const amount = kind === 'image' ? roundHalfEven(things / PIXELSTEPS_PER_HUNDREDTH) : roundHalfEven(things);
    this.count(payer, 'request', kind, 1);
    this.count(payer, 'usage', kind, amount);
    this.count(owner, 'fulfillment', kind, 1);
    this.count(owner, 'contribution', kind, amount);
  }

  private count(user: number, record: RecordName, kind: string, amount: number): void {
    const multiplier = record === 'usage' ? (this.multipliers.get(user) ?? null) : null;
    const key = `${user} ${record} ${kind} ${multiplier}`;
    const change = this.changes.get(key);
    if (change) change.amount += amount;
    else this.changes.set(key, { user, record, kind, multiplier, amount });
  }

  /** Nobody is behind the anonymous user. */
  private active(user: number, at: string): void {
    if (user !== 0 && at > (this.activeAt.get(user) ?? '')) this.activeAt.set(user, at);
  }
}

/** Alchemy bears the API's old name in records. */
const nameOf = (kind: RequestKind): string => (kind === 'alchemy' ? 'interrogation' : kind);

/** Each job is rounded to hundredths of a megapixelstep, then they are added (horde-rules §8.5). */
const PIXELSTEPS_PER_HUNDREDTH = 10_000;

// What was used before a multiplier changed within the batch is scaled by the one that the table still has.
const UPSERT = `
INSERT INTO rm.record AS r (user_id, record, kind, amount)
SELECT n.user_id, n.record, n.kind, sum(n.amount * CASE WHEN n.record = 'usage' THEN coalesce(n.multiplier, a.usage_multiplier, 1000) ELSE 1 END)
FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[], $5::int[]) AS n (user_id, record, kind, amount, multiplier)
LEFT JOIN rm.activity a ON a.user_id = n.user_id AND n.record = 'usage'
GROUP BY n.user_id, n.record, n.kind
ON CONFLICT (user_id, record, kind) DO UPDATE SET amount = r.amount + excluded.amount`;

const ACTIVE = `
INSERT INTO rm.activity AS a (user_id, last_active_at, usage_multiplier)
SELECT n.user_id, n.at, 1000 FROM unnest($1::int[], $2::timestamptz[]) AS n (user_id, at)
ON CONFLICT (user_id) DO UPDATE SET last_active_at = greatest(a.last_active_at, excluded.last_active_at)`;

const SCALE = `
INSERT INTO rm.activity AS a (user_id, usage_multiplier) SELECT * FROM unnest($1::int[], $2::int[])
ON CONFLICT (user_id) DO UPDATE SET usage_multiplier = excluded.usage_multiplier`;

const statements = ({ changes, multipliers, activeAt }: Batch): Statement[] => [
  ...(changes.size > 0 ? [{ text: UPSERT, values: countedColumns([...changes.values()]) }] : []),
  ...(activeAt.size > 0 ? [{ text: ACTIVE, values: [numbers([...activeAt.keys()]), plain([...activeAt.values()])] }] : []),
  ...(multipliers.size > 0 ? [{ text: SCALE, values: [numbers([...multipliers.keys()]), numbers([...multipliers.values()])] }] : []),
];

const countedColumns = (changes: readonly Change[]): unknown[] => [
  numbers(changes.map(({ user }) => user)), plain(changes.map(({ record }) => record)), plain(changes.map(({ kind }) => kind)),
  numbers(changes.map(({ amount }) => amount)), numbers(changes.map(({ multiplier }) => multiplier)),
];
