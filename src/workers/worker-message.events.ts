// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: workermessage-{id}
import type { Personal, Stored } from '../kernel/event.js';

/** A message to one worker, or to all of them. Its words are its author's, and gone with the author. */
export type WorkerMessagePosted = Stored<'WorkerMessagePosted.v1', {
  message: string;
  /** Null: to every worker. */
  worker: string | null;
  author: number;
  text: Personal;
  /** Whom it says that it is from. */
  origin: Personal;
  postedAt: string;
  expiresAt: string;
}>;
/** Always the last event of a message. */
export type WorkerMessageDeleted = Stored<'WorkerMessageDeleted.v1', { message: string; by: number; deletedAt: string }>;

export type WorkerMessageEvent = WorkerMessagePosted | WorkerMessageDeleted;
export const WORKER_MESSAGE_EVENT_TYPES = ['WorkerMessagePosted.v1', 'WorkerMessageDeleted.v1'] as const satisfies readonly WorkerMessageEvent['type'][];
