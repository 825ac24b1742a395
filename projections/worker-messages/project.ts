import { plainText, type Recorded } from '../../src/kernel/event.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import type { WorkerMessageDeleted, WorkerMessagePosted } from '../../src/workers/worker-message.events.js';
import { numbers, plain, texts } from '../columns.js';
import { schemaBeside } from '../load-schema.js';

const HANDLED: ReadonlySet<string> = new Set(['WorkerMessagePosted.v1', 'WorkerMessageDeleted.v1', 'PersonalDataErased.v1']);

/** What is said to workers, and what was until lately. */
export const workerMessages: Projection = {
  name: 'worker-messages',
  version: 1,
  schema: schemaBeside(import.meta.url),
  tables: ['worker_message'],
  handles: (type) => HANDLED.has(type),
  project: (events) => {
    const batch = new MessageBatch();
    for (const event of events) batch.add(event);
    return statements(batch);
  },
};

type Posted = WorkerMessagePosted['data'] & { readonly position: number };

class MessageBatch {
  readonly posted = new Map<string, Posted>();
  readonly deleted: string[] = [];
  readonly erased: number[] = [];
  newest: string | undefined;

  add({ type, data, position }: Recorded): void {
    if (type === 'WorkerMessagePosted.v1') {
      const posted = data as WorkerMessagePosted['data'];
      this.posted.set(posted.message, { ...posted, position });
      if (this.newest === undefined || posted.postedAt > this.newest) this.newest = posted.postedAt;
    } else if (type === 'WorkerMessageDeleted.v1') this.deleted.push((data as WorkerMessageDeleted['data']).message);
    else this.erased.push((data as { user: number }).user);
  }
}

const POST = `
INSERT INTO rm.worker_message (id, worker, author, message, origin, posted_at, expires_at, position)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::bigint[])`;
const DELETE = 'DELETE FROM rm.worker_message WHERE id = ANY($1::uuid[])';
/** Nobody reads what was said by somebody who is no more. */
const ERASE = 'DELETE FROM rm.worker_message WHERE author = ANY($1::int[])';
/** By the time of the newest message, so that the same rows are left however the log is cut. */
const PRUNE = "DELETE FROM rm.worker_message WHERE expires_at < $1::timestamptz - interval '30 days'";

const statements = ({ posted, deleted, erased, newest }: MessageBatch): Statement[] => [
  ...(posted.size > 0 ? [{ text: POST, values: columns([...posted.values()]) }] : []),
  ...(deleted.length > 0 ? [{ text: DELETE, values: [plain(deleted)] }] : []),
  ...(erased.length > 0 ? [{ text: ERASE, values: [numbers(erased)] }] : []),
  ...(newest === undefined ? [] : [{ text: PRUNE, values: [newest] }]),
];

const columns = (rows: readonly Posted[]): unknown[] => [
  plain(rows.map(({ message }) => message)), plain(rows.map(({ worker }) => worker)), numbers(rows.map(({ author }) => author)),
  texts(rows.map(({ text }) => plainText(text) ?? null)), texts(rows.map(({ origin }) => plainText(origin) ?? null)),
  plain(rows.map(({ postedAt }) => postedAt)), plain(rows.map(({ expiresAt }) => expiresAt)), numbers(rows.map(({ position }) => position)),
];
