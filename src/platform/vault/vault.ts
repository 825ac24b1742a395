import { createHmac } from 'node:crypto';
import type { Ids } from '../../kernel/ids.js';
import type { Database } from '../postgres/database.js';
import { newIv, openBytes, sealBytes, SealBroken } from './cipher.js';
import type { Secrets } from './secrets.js';

/** Seals texts of subjects whose keys were loaded: no waiting, so that an event is encoded in one go. */
export interface Sealer {
  /** base64url; bound to `place` (event id and field), under which alone it can be opened. */
  seal(subject: string, place: string, plain: string): string;
}
export interface SealedText {
  readonly subject: string;
  readonly place: string;
  readonly sealed: string;
}

/** Some 10 MB: the people and workers of a busy month. */
const KEYS_MAX = 50_000;
const KEY_BYTES = 32;
/** A row that can be opened by the right master key only; no subject has a `$`. */
const CANARY = '$master-key';
const ERASED = Symbol('erased');
type Known = Buffer | typeof ERASED;

/**
 * A key of its own for each person, wrapped by the master key, in PostgreSQL (spec/ledger.md §4.12). Without its key a
 * sealed text is noise for ever; the events that hold it, their hashes and every proof stay as they are.
 * All methods throw DatabaseUnavailable while PostgreSQL is away.
 */
export class Vault {
  readonly #known = new Map<string, Known>();
  readonly #wrappingKey: Buffer;

  constructor(private readonly database: Database, secrets: Secrets, private readonly ids: Ids) {
    this.#wrappingKey = secrets.keyFor('wrap');
  }

  /** Once, at start. @throws Error the master key is not the one that this database was filled with */
  async verify(): Promise<void> {
    try {
      await this.#load([CANARY], true);
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      throw new Error('the master key does not belong to this database: restore DATA_DIR/master.key (or HORDE_MASTER_KEY) of the day it was made', { cause: error });
    }
  }

  /** Makes the keys that are missing, durably, before anything is sealed under them. */
  async sealer(subjects: Iterable<string>): Promise<Sealer> {
    const keys = await this.#load([...new Set(subjects)], true);
    const random = (size: number): Buffer => this.ids.bytes(size);
    return {
      seal: (subject, place, plain) => {
        const known = keys.get(subject);
        if (known === undefined) throw new Error(`no key was loaded for ${subject}`);
        // What is said about an erased person later is sealed under a key that nobody keeps.
        const key = known === ERASED ? random(KEY_BYTES) : known;
        return sealBytes(key, newIv(random), Buffer.from(plain), place).toString('base64url');
      },
    };
  }

  /** The plain texts in order; undefined for an erased subject. @throws SealBroken */
  async reveal(texts: readonly SealedText[]): Promise<readonly (string | undefined)[]> {
    const keys = await this.#load([...new Set(texts.map(({ subject }) => subject))], false);
    return texts.map(({ subject, place, sealed }) => {
      const key = keys.get(subject);
      return key === undefined || key === ERASED ? undefined : openBytes(key, Buffer.from(sealed, 'base64url'), place).toString();
    });
  }

  /** Deletes the key, for ever: the subject can be sealed for, but never be read again. Once is as good as twice. */
  async erase(subject: string): Promise<void> {
    await this.database.execute('INSERT INTO vault.subject_key (subject, wrapped) VALUES ($1, NULL) ON CONFLICT (subject) DO UPDATE SET wrapped = NULL', [subject]);
    this.#remember(subject, ERASED);
    await this.database.script('VACUUM vault.subject_key'); // an updated row's old bytes would stay in the file until some later day
  }

  /** For other processes, when they read that a subject was erased: what is in memory has to go too. */
  forget(subject: string): void {
    this.#known.delete(subject);
  }

  /** Deletes the keys of all subjects whose names lie between the two, the second not among them: keys that hash, under which nothing was sealed. */
  async destroyKeys(from: string, before: string): Promise<void> {
    const gone = await this.database.query<{ subject: string }>(
      'DELETE FROM vault.subject_key WHERE subject COLLATE "C" >= $1 AND subject COLLATE "C" < $2 RETURNING subject', [from, before], 'vault.destroy');
    for (const subject of this.#known.keys()) if (subject >= from && subject < before) this.#known.delete(subject); // another process may have deleted them
    if (gone.length > 0) await this.database.script('VACUUM vault.subject_key'); // as in `erase`
  }

  /** Keyed hash under the subject's own key (hex): cannot be computed any more once the subject is erased, as a day's key for addresses. */
  async hashUnder(subject: string, text: string): Promise<string | undefined> {
    const key = (await this.#load([subject], true)).get(subject);
    return key === undefined || key === ERASED ? undefined : createHmac('sha256', key).update('hash\0').update(text).digest('hex');
  }

  async #load(subjects: readonly string[], create: boolean): Promise<ReadonlyMap<string, Known>> {
    const keys = new Map<string, Known>();
    const unknown: string[] = [];
    for (const subject of subjects) {
      const known = this.#known.get(subject);
      if (known) keys.set(subject, known);
      else unknown.push(subject);
    }
    if (unknown.length > 0) await this.#read(unknown, keys);
    const missing = create ? unknown.filter((subject) => !keys.has(subject)) : [];
    if (missing.length > 0) {
      await this.#create(missing);
      await this.#read(missing, keys); // another process may have been faster
    }
    return keys;
  }

  async #read(subjects: readonly string[], keys: Map<string, Known>): Promise<void> {
    const rows = await this.database.query<{ subject: string; wrapped: Buffer | null }>(
      'SELECT subject, wrapped FROM vault.subject_key WHERE subject = ANY($1)', [subjects], 'vault.read');
    for (const { subject, wrapped } of rows) {
      const key = wrapped ? openBytes(this.#wrappingKey, wrapped, subject) : ERASED;
      keys.set(subject, key);
      this.#remember(subject, key);
    }
  }

  async #create(subjects: readonly string[]): Promise<void> {
    const random = (size: number): Buffer => this.ids.bytes(size);
    const wrapped = subjects.map((subject) => sealBytes(this.#wrappingKey, newIv(random), random(KEY_BYTES), subject));
    await this.database.execute(
      'INSERT INTO vault.subject_key (subject, wrapped) SELECT * FROM unnest($1::text[], $2::bytea[]) ON CONFLICT (subject) DO NOTHING', [subjects, wrapped], 'vault.create');
  }

  #remember(subject: string, key: Known): void {
    this.#known.delete(subject);
    this.#known.set(subject, key);
    if (this.#known.size <= KEYS_MAX) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      break;
    }
  }
}
