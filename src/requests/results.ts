import { Injectable } from '@nestjs/common';
import { BlobStore } from '../platform/blobs/blob-store.js';
import { Contents } from '../platform/content/contents.js';
import type { DeliveredRow, StatusRow } from './status-rows.js';

interface Metadata {
  readonly type: string;
  readonly value: string;
  readonly ref?: string;
}
interface StoredResult {
  readonly metadata: readonly Metadata[];
  readonly text?: string;
  /** Where the image lies. */
  readonly blob?: string;
}

const IN_BLOB = 'blob:';
/** The blob that a result names: directly, or in its content when there is metadata beside it. */
const blobOf = ({ id, result }: DeliveredRow, stored: StoredResult | undefined): string =>
  (result.startsWith(IN_BLOB) ? result.slice(IN_BLOB.length) : (stored?.blob ?? id));

/** What is sent in place of an image that is gone (horde-api C1.3). */
const GONE = 'N/A';

/** Turns delivered jobs into what clients read (horde-api C1.3, C2.2). */
@Injectable()
export class Results {
  constructor(private readonly contents: Contents, private readonly blobs: BlobStore) {}

  async images(row: StatusRow, delivered: readonly DeliveredRow[]): Promise<object[]> {
    const stored = await this.#stored(delivered);
    return Promise.all(delivered.map(async (job) => ({
      img: await this.#image(`${blobOf(job, stored.get(job.result))}.webp`, row.r2),
      seed: String(job.seed), id: job.id, censored: job.verdict !== 'ok', gen_metadata: stored.get(job.result)?.metadata ?? [],
      worker_id: job.worker, worker_name: job.workerName ?? '', model: job.model, state: 'ok',
    })));
  }

  async texts(delivered: readonly DeliveredRow[]): Promise<object[]> {
    const stored = await this.#stored(delivered);
    return delivered.map((job) => ({
      text: stored.get(job.result)?.text ?? '', seed: job.seed, gen_metadata: stored.get(job.result)?.metadata ?? [],
      worker_id: job.worker, worker_name: job.workerName ?? '', model: job.model, state: job.verdict,
    }));
  }

  async #stored(delivered: readonly DeliveredRow[]): Promise<ReadonlyMap<string, StoredResult>> {
    const ids = delivered.map(({ result }) => result).filter((id) => !id.startsWith(IN_BLOB));
    const texts = ids.length > 0 ? await this.contents.getMany(ids) : new Map<string, string>();
    return new Map([...texts].map(([id, text]) => [id, JSON.parse(text) as StoredResult]));
  }

  async #image(key: string, asUrl: boolean): Promise<string> {
    return asUrl ? this.blobs.downloadUrl(key) : ((await this.blobs.get(key))?.toString('base64') ?? GONE);
  }
}
