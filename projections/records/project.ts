import type { Recorded } from '../../src/kernel/event.js';
import { roundHalfEven } from '../../src/kernel/kudos.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import type { JobSettled } from '../../src/kudos/account.events.js';
import type { RequestAccepted, RequestKind } from '../../src/requests/request.events.js';
import { numbers, plain } from '../columns.js';
import { schemaBeside } from '../load-schema.js';

const HANDLED: ReadonlySet<string> = new Set<(RequestAccepted | JobSettled)['type']>(['RequestAccepted.v1', 'JobSettled.v1']);

/**
 * The records of the user object (horde-rules §8.5, horde-api C4.0); user 0 is everybody who asked without a key. A request
 * counts once when it is accepted and once for each job that is settled, as clients know it (Q21); a style, when it has earned its
 * owner something.
 */
export const records: Projection = {
  name: 'records',
  version: 2,
  schema: schemaBeside(import.meta.url),
  tables: ['record'],
  handles: (type) => HANDLED.has(type),
  project: (events) => {
    const batch = new Batch();
    for (const event of events) batch.add(event);
    return statements([...batch.changes.values()]);
  },
};

type RecordName = 'request' | 'usage' | 'fulfillment' | 'contribution' | 'style';
interface Change {
  readonly user: number;
  readonly record: RecordName;
  readonly kind: string;
  amount: number;
}

class Batch {
  readonly changes = new Map<string, Change>();

  add(event: Recorded): void {
    switch (event.type) {
      case 'RequestAccepted.v1': {
        const { payer, kind } = event.data as RequestAccepted['data'];
        return this.count(payer, 'request', nameOf(kind), 1);
      }
      case 'JobSettled.v1': return this.settled(event.data as JobSettled['data']);
      default: // The runner asks `handles` first.
    }
  }

  private settled({ payer, owner, kind: asked, things, style }: JobSettled['data']): void {
    const kind = nameOf(asked);
    const amount = kind === 'image' ? roundHalfEven(things / PIXELSTEPS_PER_HUNDREDTH) : roundHalfEven(things);
    this.count(payer, 'request', kind, 1);
    this.count(payer, 'usage', kind, amount);
    this.count(owner, 'fulfillment', kind, 1);
    this.count(owner, 'contribution', kind, amount);
    if (style) this.count(style.owner, 'style', kind, 1);
  }

  private count(user: number, record: RecordName, kind: string, amount: number): void {
    const key = `${user} ${record} ${kind}`;
    const change = this.changes.get(key);
    if (change) change.amount += amount;
    else this.changes.set(key, { user, record, kind, amount });
  }
}

/** Alchemy bears the API's old name in records. */
const nameOf = (kind: RequestKind): string => (kind === 'alchemy' ? 'interrogation' : kind);

/** Each job is rounded to hundredths of a megapixelstep, then they are added (horde-rules §8.5). */
const PIXELSTEPS_PER_HUNDREDTH = 10_000;

const UPSERT = `
INSERT INTO rm.record AS r (user_id, record, kind, amount)
SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[])
ON CONFLICT (user_id, record, kind) DO UPDATE SET amount = r.amount + excluded.amount`;

const statements = (changes: readonly Change[]): Statement[] => (changes.length === 0 ? [] : [{
  text: UPSERT,
  values: [
    numbers(changes.map(({ user }) => user)), plain(changes.map(({ record }) => record)), plain(changes.map(({ kind }) => kind)),
    numbers(changes.map(({ amount }) => amount)),
  ],
}]);
