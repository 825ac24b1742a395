import { join } from 'node:path';
import { reconcile } from '../../src/audit/reconcile.js';
import { pagesOf, refold, type RefoldReport } from '../../src/audit/refold.js';
import { EVENT_TYPES } from '../../src/boot/event-types.js';
import type { Recorded } from '../../src/kernel/event.js';
import type { FundsTransferred } from '../../src/kudos/account.events.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import type { EventLog } from '../../src/platform/event-log/event-log.js';
import { registerTypes } from '../../src/platform/event-log/upcasts.js';
import { Database } from '../../src/platform/postgres/database.js';
import { runningPostgresUrl } from '../../src/platform/postgres/start-postgres.js';
import { SystemIds } from '../../src/platform/system/system.js';
import type { JobAssigned, RequestAccepted } from '../../src/requests/request.events.js';
import { clock, eventually } from './eventually.js';
import { type Act, type HeldJob, type Journal, nameOf } from './journal.js';

registerTypes(EVENT_TYPES);

/** Looks at the log of a data directory beside the process that writes it. */
export const withLog = async <Answer>(dataDir: string, look: (log: EventLog) => Promise<Answer>): Promise<Answer> => {
  const log = await EmbeddedLog.open({ directory: join(dataDir, 'log'), mode: 'read', clock, ids: new SystemIds() });
  try {
    return await look(log);
  } finally {
    await log.close();
  }
};

/** What the log says has happened, by act and id, each with how often. */
export class Stored {
  readonly counts = new Map<string, number>();
  /** Requests by their jobs. */
  readonly requestOf = new Map<string, string>();
  /** At a worker now. */
  readonly pending = new Map<string, HeldJob>();
  readonly ended = new Set<string>();
  readonly #requests = new Map<string, RequestAccepted['data']>();

  static async of(log: EventLog): Promise<Stored> {
    const stored = new Stored();
    for await (const page of pagesOf(log, await log.head())) for (const event of page) stored.#add(decode(event));
    return stored;
  }

  countOf(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  #add({ type, data }: Recorded): void {
    const { request, job, user } = data as { request: string; job: string; user: number };
    switch (type) {
      case 'RequestAccepted.v1':
        this.#requests.set(request, data as RequestAccepted['data']);
        return this.#count('asked', request);
      case 'AuthorizationOpened.v1': return this.#count('authorized', request);
      case 'JobAssigned.v1':
        this.requestOf.set((data as JobAssigned['data']).job, request);
        this.pending.set(job, { job, kind: this.#requests.get(request)!.kind as 'image' | 'text' }); // the load asks for no alchemy
        return this.#count('handed out', job);
      case 'JobSubmitted.v1':
        this.pending.delete(job);
        return this.#count('submitted', job);
      case 'JobFaulted.v1':
        this.pending.delete(job);
        return this.#count('faulted', job);
      case 'JobSettled.v1': return this.#count('settled', job);
      case 'RequestCancelled.v1': return this.#count('cancelled', request);
      case 'RequestCompleted.v1': return void this.ended.add(request);
      case 'FundsTransferred.v1': {
        const { from, to, amount } = data as FundsTransferred['data'];
        return this.#count('transferred', nameOf({ from: { id: from }, to: { id: to }, amount: amount / 100 }));
      }
      case 'UserRegistered.v1': return this.#count('registered', String(user));
      case 'AccountOpened.v1': return this.#count('opened', String(user));
      default: return undefined;
    }
  }

  #count(act: Act | 'authorized' | 'settled' | 'opened', id: string): void {
    this.counts.set(`${act} ${id}`, this.countOf(`${act} ${id}`) + 1);
  }
}

export interface Verdict {
  /** Acknowledged and not in the log. */
  readonly lost: readonly string[];
  /** In the log more than once. */
  readonly doubled: readonly string[];
  /** In the log although nobody asked for it. */
  readonly invented: readonly string[];
}

/** Holds what clients were told against what is stored; `before` is what was stored when the journal was begun. */
export const judge = (journal: Journal, stored: Stored, before = new Stored()): Verdict => {
  const isThere = (act: Act, id: string): boolean =>
    stored.countOf(`${act} ${id}`) > 0 || (act === 'cancelled' && stored.ended.has(id)); // ended otherwise before: nothing to cancel
  const asked = new Set(journal.transfers.map(nameOf));
  const written = [...stored.counts.keys()].filter((name) => !before.counts.has(name));
  const transferred = written.filter((name) => name.startsWith('transferred ')).map((name) => name.slice('transferred '.length));
  const accepted = written.filter((name) => name.startsWith('asked ')).length;
  const acknowledged = journal.acknowledged.filter(({ act }) => act === 'asked').length;
  const unknown = (journal.unknown.get('asked') ?? 0) + journal.unanswered.filter(({ act }) => act === 'asked').length;
  return {
    lost: journal.acknowledged.filter(({ act, id }) => !isThere(act, id)).map(({ act, id }) => `${act} ${id}`),
    doubled: [...stored.counts].filter(([, count]) => count > 1).map(([name, count]) => `${name}: ${count} times`),
    invented: [
      ...transferred.filter((name) => !asked.has(name)),
      ...(accepted - acknowledged > unknown ? [`${accepted} requests were accepted; ${acknowledged} were acknowledged, and ${unknown} not answered`] : []),
    ],
  };
};

export const FAULTLESS: Verdict = { lost: [], doubled: [], invented: [] };

/** The books by the log alone, and every read model against them. The projector runs in another process, so it is waited for. */
export const audit = async (
  dataDir: string, patienceMs: number, url = runningPostgresUrl(join(dataDir, 'postgres')),
): Promise<{ readonly report: RefoldReport; readonly drift: readonly unknown[] }> => {
  if (url === undefined) throw new Error('no PostgreSQL runs on this data directory');
  const database = new Database({ url, log: () => undefined, poolMax: 2 });
  try {
    const head = await withLog(dataDir, (log) => log.head());
    await eventually('the read models reach the head of the log', patienceMs, async () => {
      const [row] = await database.query<{ least: number }>('SELECT min(position) AS least FROM rm.checkpoint');
      return row !== undefined && row.least >= head ? true : undefined;
    });
    return await withLog(dataDir, async (log) => {
      const { projections, missing, driftTotal } = await reconcile(log, database);
      const drift = [...missing, ...projections.flatMap((each) => each.drift), ...(driftTotal > 0 ? [`${driftTotal} in all`] : [])];
      return { report: await refold(log), drift };
    });
  } finally {
    await database.close();
  }
};
