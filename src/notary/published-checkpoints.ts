import type { Position } from '../platform/event-log/event-log.js';
import type { Database } from '../platform/postgres/database.js';
import type { Signed, SignedState } from './signed-state.js';

/** What every process shows as the newest checkpoint. */
export interface PublishedCheckpoint extends Signed {
  readonly verifierKey: string;
  /** Of the last event that it covers. */
  readonly position: Position;
  readonly note: string;
  /** Milliseconds since 1970. */
  readonly signedAt: number;
}

const COLUMNS = 'verifier_key AS "verifierKey", size, root, position, note, signed_at AS "signedAt"';

/**
 * The row of `platform.notary_checkpoint` of one ledger. It only moves from what its writer believes it to be: of two
 * notaries one is refused, and knows that it is not alone.
 */
export class PublishedCheckpoints {
  constructor(private readonly database: Database, readonly storeId: string) {}

  async find(): Promise<PublishedCheckpoint | undefined> {
    const [row] = await this.database.query<PublishedCheckpoint>(`SELECT ${COLUMNS} FROM platform.notary_checkpoint WHERE store_id = $1`, [this.storeId], 'notary.find');
    return row;
  }

  /** False when something else is published than `expected`: then nothing was changed. */
  async replace(expected: Signed | undefined, { size, root, position, note, signedAt }: SignedState, verifierKey: string): Promise<boolean> {
    const values = [this.storeId, verifierKey, size, root, position, note, signedAt];
    const rows = expected
      ? await this.database.execute(REPLACE, [...values, expected.size, expected.root], 'notary.replace')
      : await this.database.execute(INSERT, values, 'notary.insert');
    return rows === 1;
  }

  /** For whoever begins anew: nothing is published until the next notary signs. */
  async forget(): Promise<void> {
    await this.database.execute('DELETE FROM platform.notary_checkpoint WHERE store_id = $1', [this.storeId]);
  }
}

const INSERT = `
  INSERT INTO platform.notary_checkpoint (store_id, verifier_key, size, root, position, note, signed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (store_id) DO NOTHING`;
const REPLACE = `
  UPDATE platform.notary_checkpoint SET size = $3, root = $4, position = $5, note = $6, signed_at = $7
  WHERE store_id = $1 AND verifier_key = $2 AND size = $8 AND root = $9`;
