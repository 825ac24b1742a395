import type { Clock } from '../kernel/clock.js';
import type { BlobStore } from '../platform/blobs/blob-store.js';
import type { Contents } from '../platform/content/contents.js';

const ROWS_A_ROUND_MAX = 10_000;
/** horde-rules §6.10: images are kept for two hours. */
const BLOB_LIFE_MS = 120 * 60_000;

/** Removes prompts, results and images whose time is over. Nothing of the ledger depends on them. */
export class Housekeeping {
  constructor(private readonly contents: Contents, private readonly blobs: BlobStore, private readonly clock: Clock) {}

  async round(): Promise<number> {
    const contents = await this.contents.deleteExpired(ROWS_A_ROUND_MAX);
    return contents + (await this.blobs.deleteOlderThan(this.clock.now() - BLOB_LIFE_MS));
  }
}
