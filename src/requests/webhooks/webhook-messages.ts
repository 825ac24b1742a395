import { Injectable } from '@nestjs/common';
import { centikudos, inKudos } from '../../kernel/kudos.js';
import { BlobStore } from '../../platform/blobs/blob-store.js';
import { Contents } from '../../platform/content/contents.js';
import { RetryLater } from '../../platform/retry-later.js';
import { formResult } from '../alchemy-status.js';
import { Results } from '../results.js';
import { StatusRows, type DeliveredRow, type StatusRow } from '../status-rows.js';
import type { DueDelivery } from './due-deliveries.js';
import { webhookIn } from './webhook-inbox.js';

export interface WebhookMessage {
  readonly url: string;
  /** JSON. */
  readonly body: string;
}

const CATCH_UP_MAX_MS = 1_000;
/** As many may be under way as there are deliveries: an image that is longer in base64 is sent as a URL, whatever was asked for. */
const BODY_CHARACTERS_MAX = 4 * 1_048_576;

/** What the receivers of webhooks are sent (horde-api D.6). */
@Injectable()
export class WebhookMessages {
  constructor(private readonly rows: StatusRows, private readonly results: Results, private readonly contents: Contents, private readonly blobs: BlobStore) {}

  /** `gone`: there is nothing to tell any more, or nobody to tell it to. `later`: the read model does not show it yet. */
  async of(due: DueDelivery): Promise<WebhookMessage | 'gone' | 'later'> {
    try {
      return await this.#of(due);
    } catch (error) {
      if (error instanceof RetryLater) return 'later'; // the name of its worker is not in sight
      throw error;
    }
  }

  async #of(due: DueDelivery): Promise<WebhookMessage | 'gone' | 'later'> {
    if (!(await this.rows.waitFor(due.position, CATCH_UP_MAX_MS))) return 'later';
    const webhook = webhookIn(await this.contents.get(due.request));
    const found = await this.rows.status(due.request);
    const job = found?.delivered.find(({ id }) => id === due.job);
    if (!webhook || !found || !job) return 'gone';
    const body = await this.#body(due, found.request, job);
    return { url: webhook.url, body: body.length > BODY_CHARACTERS_MAX ? await this.#body(due, { ...found.request, r2: true }, job) : body };
  }

  async #body(due: DueDelivery, request: StatusRow, job: DeliveredRow): Promise<string> {
    const told = await (request.kind === 'alchemy' ? this.#form(due, job) : this.#generation(request, job));
    return JSON.stringify({ ...told, request: request.id, id: job.id, kudos: inKudos(centikudos(due.reward)) });
  }

  /** As the status shows it; but the seed is a number, and an image's state, which is always `ok`, is left out. */
  async #generation(request: StatusRow, job: DeliveredRow): Promise<object> {
    const [shown] = await (request.kind === 'image' ? this.results.images(request, [job]) : this.results.texts([job]));
    const { state, ...generation } = shown as { readonly state: string };
    return { ...generation, seed: job.seed, ...(request.kind === 'text' ? { state } : {}) };
  }

  async #form({ request, form }: DueDelivery, job: DeliveredRow): Promise<object> {
    const [asked, stored] = await Promise.all([this.rows.forms(request), this.contents.get(job.result)]);
    return {
      form: asked?.forms[form ?? 0]?.form ?? job.model, state: 'done', result: stored === undefined ? {} : formResult(stored, job.id, this.blobs),
      worker_id: job.worker, worker_name: job.workerName ?? '',
    };
  }
}
