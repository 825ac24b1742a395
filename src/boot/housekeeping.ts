import type { Clock } from '../kernel/clock.js';
import type { BlobStore } from '../platform/blobs/blob-store.js';
import { isSourceKey } from '../requests/rules/source-image.js';
import type { Contents } from '../platform/content/contents.js';

const ROWS_A_ROUND_MAX = 10_000;
/** horde-rules §6.10: images are kept for two hours. */
const BLOB_LIFE_MS = 120 * 60_000;
/** Source images wait as long as the prompts that they came with, and an hour more. */
const SOURCE_LIFE_MS = 25 * 60 * 60_000;

/** Removes prompts, results and images whose time is over. Nothing of the ledger depends on them. */
export class Housekeeping {
  constructor(private readonly contents: Contents, private readonly blobs: BlobStore, private readonly clock: Clock) {}

  async round(): Promise<number> {
    const contents = await this.contents.deleteExpired(ROWS_A_ROUND_MAX);
    const now = this.clock.now();
    const results = await this.blobs.deleteOlderThan(now - BLOB_LIFE_MS, (key) => !isSourceKey(key));
    return contents + results + (await this.blobs.deleteOlderThan(now - SOURCE_LIFE_MS, isSourceKey));
  }
}
