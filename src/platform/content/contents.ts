import type { Clock } from '../../kernel/clock.js';
import type { Database } from '../postgres/database.js';
import { ByteBoundedCache } from './byte-bounded-cache.js';

export interface Content {
  readonly id: string;
  /** What it is, for people who look into the table: `prompt`, `result`. */
  readonly kind: string;
  /** Any text, JSON as a rule. Never logged, never part of an error. */
  readonly text: string;
  /** ms since 1970. */
  readonly expiresAt: number;
}
export interface ContentsOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** For what an event may say of a content: equal for equal texts, and no help in guessing one. */
  readonly hash: (text: string) => string;
  readonly cacheBytesMax?: number;
}

/** Some 20,000 prompts: what is queued is read back within seconds or minutes. */
const CACHE_BYTES_MAX = 64 * 1_048_576;
/** Two bytes a character, and the objects around it. */
const ENTRY_BYTES = 300;
/** One statement takes no more, so that a commit stays short and its message small. */
const GROUP_ITEMS_MAX = 1_000;
const GROUP_CHARACTERS_MAX = 8 * 1_048_576;
/** A source image of 20 MiB would belong into the blob store; text of this length is none. */
const ITEM_CHARACTERS_MAX = 16 * 1_048_576;
const GET_IDS_MAX = 10_000;

type Remembered = Pick<Content, 'text' | 'expiresAt'>;
type Found = Omit<Content, 'kind'>;

interface Waiting {
  readonly contents: readonly Content[];
  readonly stored: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Prompts, parameters and text results: what requests need and the ledger must not hold (design §2.7). Lives until it
 * expires; the first content under an id stays. Every method throws DatabaseUnavailable while PostgreSQL is away.
 */
export class Contents {
  readonly #cache: ByteBoundedCache<Remembered>;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(private readonly options: ContentsOptions) {
    this.#cache = new ByteBoundedCache(options.cacheBytesMax ?? CACHE_BYTES_MAX);
  }

  /** Keyed hash of a text, hex: what stands in events in place of the content. */
  hash(text: string): string {
    return this.options.hash(text);
  }

  put(content: Content): Promise<void> {
    return this.putMany([content]);
  }

  /** Resolves when all are on the disk. Whatever is put while a commit is under way shares the next one. */
  async putMany(contents: readonly Content[]): Promise<void> {
    if (contents.length === 0) return;
    for (const content of contents) refuseUnstorable(content);
    await new Promise<void>((stored, failed) => {
      this.#waiting.push({ contents, stored, failed });
      if (!this.#writing) {
        this.#writing = true;
        setImmediate(() => void this.#write()); // the other puts of this tick come along; never rejects
      }
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#insert(group.flatMap(({ contents }) => contents));
        for (const { stored } of group) stored();
      } catch (error) {
        for (const { failed } of group) failed(error);
      }
    }
    this.#writing = false;
  }

  /** The contents of one call stay together: one statement, all or nothing. */
  #nextGroup(): readonly Waiting[] {
    let items = 0;
    let characters = 0;
    let end = 0;
    for (const { contents } of this.#waiting) {
      items += contents.length;
      for (const { text } of contents) characters += text.length;
      if (end > 0 && (items > GROUP_ITEMS_MAX || characters > GROUP_CHARACTERS_MAX)) break;
      end++;
    }
    return this.#waiting.splice(0, end);
  }

  async #insert(contents: readonly Content[]): Promise<void> {
    const columns = [contents.map(({ id }) => id), contents.map(({ kind }) => kind), contents.map(({ text }) => text), contents.map(({ expiresAt }) => expiresAt)];
    const inserted = await this.options.database.query<{ id: string }>(
      `INSERT INTO content.item (id, kind, body, expires_at)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) ON CONFLICT (id) DO NOTHING RETURNING id`,
      columns, 'content.put',
    );
    const isNew = new Set(inserted.map(({ id }) => id));
    for (const content of contents) if (isNew.delete(content.id)) this.#remember(content); // of two with one id, the first was stored
  }

  /** The text, or undefined when there is none or it has expired. */
  async get(id: string): Promise<string | undefined> {
    return (await this.getMany([id])).get(id);
  }

  /** The texts that there are of these; at most 10,000 ids. */
  async getMany(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length > GET_IDS_MAX) throw new RangeError(`${ids.length} contents asked for at once, more than ${GET_IDS_MAX}`);
    const now = this.options.clock.now();
    const texts = new Map<string, string>();
    const missing: string[] = [];
    for (const id of ids) {
      const known = this.#cache.get(id);
      if (known && known.expiresAt > now) texts.set(id, known.text);
      else missing.push(id); // another process may have extended what our cache holds for expired
    }
    for (const found of missing.length > 0 ? await this.#read(missing, now) : []) {
      this.#remember(found);
      texts.set(found.id, found.text);
    }
    return texts;
  }

  #read(ids: readonly string[], now: number): Promise<readonly Found[]> {
    return this.options.database.query<Found>(
      'SELECT id, body AS text, expires_at AS "expiresAt" FROM content.item WHERE id = ANY($1) AND expires_at > $2', [ids, now], 'content.get');
  }

  #remember({ id, text, expiresAt }: Found): void {
    this.#cache.set(id, { text, expiresAt }, text.length * 2 + ENTRY_BYTES);
  }

  /** Lets contents live until `expiresAt` at least; nothing is ever shortened. Returns how many there are. */
  async extend(ids: readonly string[], expiresAt: number): Promise<number> {
    const rows = await this.options.database.query<{ id: string; expiresAt: number }>(
      'UPDATE content.item SET expires_at = greatest(expires_at, $2) WHERE id = ANY($1) RETURNING id, expires_at AS "expiresAt"', [ids, expiresAt], 'content.extend');
    for (const { id, expiresAt: until } of rows) {
      const known = this.#cache.get(id);
      if (known) this.#remember({ id, text: known.text, expiresAt: until });
    }
    return rows.length;
  }

  /** Removes at most `limit` expired contents, the longest expired first; returns how many. Safe in several processes at once. */
  async deleteExpired(limit: number): Promise<number> {
    const rows = await this.options.database.query<{ id: string }>(
      `DELETE FROM content.item WHERE id IN
         (SELECT id FROM content.item WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`,
      [this.options.clock.now(), limit], 'content.expire',
    );
    for (const { id } of rows) this.#cache.delete(id);
    return rows.length;
  }
}

/** Before it joins a group: what PostgreSQL would refuse must not fail the others' contents. */
const refuseUnstorable = ({ id, text }: Content): void => {
  if (text.includes('\0')) throw new RangeError(`content ${id} holds a NUL character`);
  if (text.length > ITEM_CHARACTERS_MAX) throw new RangeError(`content ${id} has ${text.length} characters, more than ${ITEM_CHARACTERS_MAX}`);
};
