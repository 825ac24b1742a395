import type { Recorded } from '../kernel/event.js';
import type { Queries } from '../platform/postgres/database.js';
import type { PersonalDataErased } from '../users/user.events.js';
import type { WorkerMessageDeleted, WorkerMessagePosted } from '../workers/worker-message.events.js';
import type { Columns, Drifts } from './drift.js';

type Expected = Omit<WorkerMessagePosted['data'], 'message' | 'text' | 'origin'>;

/** So long after it has expired, before a newer one was posted, a message is still looked up. */
const KEPT_MS = 30 * 24 * 60 * 60_000;

/** What is said to workers, folded one event at a time; the words are sealed and not looked at. */
export class ExpectedMessages {
  readonly messages = new Map<string, Expected>();

  add({ type, data }: Recorded): void {
    if (type === 'WorkerMessagePosted.v1') this.posted(data as WorkerMessagePosted['data']);
    else if (type === 'WorkerMessageDeleted.v1') this.messages.delete((data as WorkerMessageDeleted['data']).message);
    else if (type === 'PersonalDataErased.v1') this.forget(({ author }) => author === (data as PersonalDataErased['data']).user);
  }

  private posted({ message, worker, author, postedAt, expiresAt }: WorkerMessagePosted['data']): void {
    this.messages.set(message, { worker, author, postedAt, expiresAt });
    this.forget((each) => Date.parse(each.expiresAt) < Date.parse(postedAt) - KEPT_MS);
  }

  private forget(isOver: (message: Expected) => boolean): void {
    for (const [id, message] of this.messages) if (isOver(message)) this.messages.delete(id);
  }
}

export const compareMessages = async (queries: Queries, drifts: Drifts, { messages }: ExpectedMessages): Promise<void> => {
  const expected = new Map<string, Columns>([...messages].map(([id, { worker, author, postedAt, expiresAt }]) => (
    [id, { worker, author, posted_at: Date.parse(postedAt), expires_at: Date.parse(expiresAt) }]
  )));
  const rows = await queries.query<{ id: string }>(`
    SELECT id, worker, author, (extract(epoch FROM posted_at) * 1000)::bigint AS posted_at, (extract(epoch FROM expires_at) * 1000)::bigint AS expires_at FROM rm.worker_message`);
  drifts.compareAll('rm.worker_message', expected, new Map(rows.map((row) => [row.id, { ...row }])));
};
