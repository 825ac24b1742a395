import { decode } from '../../platform/event-log/codec.js';
import type { EventLog } from '../../platform/event-log/event-log.js';
import { pagesOf } from '../../audit/refold.js';
import { transferKey, type Acknowledged } from '../load/acknowledged.js';

export interface WritesReport {
  readonly requests: number;
  readonly submits: number;
  readonly transfers: number;
  /** What was acknowledged and is not there once, and what is there and was never acknowledged; in words. */
  readonly faults: readonly string[];
}

/** Every acknowledged request, submit and transfer must be in the log exactly once, and no other (I14, I15). */
export const countAcknowledged = async (log: EventLog, acknowledged: Acknowledged): Promise<WritesReport> => {
  const found = { requests: new Map<string, number>(), submits: new Map<string, number>(), transfers: new Map<string, number>() };
  for await (const page of pagesOf(log, await log.head())) {
    for (const raw of page) {
      if (raw.type === 'RequestAccepted.v1') count(found.requests, (decode(raw).data as { request: string }).request);
      else if (raw.type === 'JobSubmitted.v1') count(found.submits, (decode(raw).data as { job: string }).job);
      else if (raw.type === 'FundsTransferred.v1') {
        const { from, to, amount } = decode(raw).data as { from: number; to: number; amount: number };
        count(found.transfers, transferKey(from, to, amount));
      }
    }
  }
  const once = (keys: ReadonlySet<string>): ReadonlyMap<string, number> => new Map([...keys].map((key) => [key, 1]));
  return {
    requests: acknowledged.requests.size, submits: acknowledged.submits.size, transfers: acknowledged.transfersTotal,
    faults: [
      ...differences('request', once(acknowledged.requests), found.requests), ...differences('submit of job', once(acknowledged.submits), found.submits),
      ...differences('transfer', acknowledged.transfers, found.transfers),
    ],
  };
};

const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

const differences = (what: string, acknowledged: ReadonlyMap<string, number>, found: ReadonlyMap<string, number>): string[] =>
  [...new Set([...acknowledged.keys(), ...found.keys()])]
    .filter((key) => (acknowledged.get(key) ?? 0) !== (found.get(key) ?? 0))
    .map((key) => `${what} ${key}: acknowledged ${acknowledged.get(key) ?? 0} times, in the log ${found.get(key) ?? 0} times`);
