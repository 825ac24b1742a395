import { ms, num, rowsOf, text, textOrNull, type Queries, type Row } from '../rows.js';

export interface MessageRow {
  readonly id: string;
  /** Null: to every worker. */
  readonly worker: string | null;
  readonly author: number;
  readonly text: string;
  readonly origin: string;
  /** Ms since 1970. */
  readonly postedAt: number;
  readonly expiresAt: number;
}

export interface MessageFilter {
  /** Only this author's, and broadcasts too if the reader may see no more. */
  readonly author?: number;
  readonly withBroadcasts?: boolean;
  readonly worker?: string;
  /** Undefined: whether they are over or not. */
  readonly active?: boolean;
  readonly nowMs: number;
}

/** horde-api C7.1. */
export const MESSAGES_PAGE_SIZE = 50;

/** Newest first; `offset` rows are left out. */
export const messagePage = async (db: Queries, { author, withBroadcasts, worker, active, nowMs }: MessageFilter, offset: number): Promise<MessageRow[]> => {
  const rows = await rowsOf(db, `
    SELECT * FROM rm.worker_message
    WHERE message IS NOT NULL AND ($1::int IS NULL OR author = $1 OR ($2 AND worker IS NULL)) AND ($3::uuid IS NULL OR worker = $3)
      AND ($4::bool IS NULL OR (expires_at > to_timestamp($5::double precision / 1000)) = $4)
    ORDER BY position DESC LIMIT ${MESSAGES_PAGE_SIZE} OFFSET $6`, [author ?? null, withBroadcasts ?? false, worker ?? null, active ?? null, nowMs, offset]);
  return rows.map(messageOf);
};

export const findMessages = async (db: Queries, ids: readonly string[]): Promise<MessageRow[]> =>
  ids.length === 0 ? [] : (await rowsOf(db, 'SELECT * FROM rm.worker_message WHERE id = ANY($1::uuid[]) AND message IS NOT NULL ORDER BY position', [ids])).map(messageOf);

/** All that may still be delivered, without their words. */
export const activeMessages = async (db: Queries, nowMs: number): Promise<Omit<MessageRow, 'text' | 'origin'>[]> => {
  const rows = await rowsOf(db, `
    SELECT id, worker, author, posted_at, expires_at FROM rm.worker_message WHERE message IS NOT NULL AND expires_at > to_timestamp($1::double precision / 1000) ORDER BY position`, [nowMs]);
  return rows.map(placeOf);
};

const placeOf = (row: Row): Omit<MessageRow, 'text' | 'origin'> => ({
  id: text(row['id']), worker: textOrNull(row['worker']), author: num(row['author']), postedAt: ms(row['posted_at']), expiresAt: ms(row['expires_at']),
});
const messageOf = (row: Row): MessageRow => ({ ...placeOf(row), text: text(row['message']), origin: textOrNull(row['origin']) ?? '' });
