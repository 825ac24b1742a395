import type { Clock } from '../../kernel/clock.js';
import type { Recorded } from '../../kernel/event.js';
import type { Contents } from '../../platform/content/contents.js';
import type { Position } from '../../platform/event-log/event-log.js';
import type { NodeFold } from '../../platform/event-log/node-feed.js';
import type { JobSubmitted } from '../request.events.js';
import type { Added, DueDeliveries, DueDelivery } from './due-deliveries.js';
import type { Webhook } from './webhook.js';

interface Delivered {
  readonly position: Position;
  readonly data: JobSubmitted['data'];
}

export interface InboxOptions {
  readonly due: DueDeliveries;
  readonly contents: Pick<Contents, 'getMany'>;
  readonly feed: { head(): Promise<Position> };
  readonly clock: Clock;
}

/** A receiver that was away for longer has missed it. All attempts together take about an hour. */
const LIFE_MS = 2 * 60 * 60_000;
/** Rows that one transaction brings. */
const BATCH_MAX = 1_000;
/** Where nothing is to be delivered, the cursor follows this late: so much of the log is read again at the next start. */
const ADVANCE_MS = 5_000;

const NOTHING: Added = { added: 0, dropped: 0 };

/** Delivered jobs whose senders want to be told, from the log into the table of what is due (spec/ledger.md §4.8). */
export class WebhookInbox implements NodeFold {
  readonly name = 'webhooks';
  #found: Delivered[] = [];
  #seen: Position = -1;
  #stored: Position = -1;
  #storedMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: InboxOptions) {}

  async open(): Promise<Position> {
    this.#seen = this.#stored = await this.options.due.cursor(await this.options.feed.head());
    return this.#stored;
  }

  apply({ type, data, position }: Recorded): void {
    this.#seen = position;
    if (type === 'JobSubmitted.v1' && (data as JobSubmitted['data']).webhook) this.#found.push({ position, data: data as JobSubmitted['data'] });
  }

  /** Makes rows of what the log has brought, and says how far it was read. What fails is tried with the next round. */
  async round(): Promise<Added> {
    const now = this.options.clock.monotonic();
    if (this.#found.length === 0 && (this.#seen === this.#stored || now - this.#storedMs < ADVANCE_MS)) return NOTHING;
    const batch = this.#found.slice(0, BATCH_MAX);
    const upTo = batch.length < this.#found.length ? batch.at(-1)!.position : this.#seen;
    const nowMs = this.options.clock.now();
    const added = await this.options.due.add(await this.#dueOf(batch), upTo, { nowMs, expiresMs: nowMs + LIFE_MS });
    this.#found.splice(0, batch.length);
    this.#stored = upTo;
    this.#storedMs = now;
    return added;
  }

  /** A request whose content has expired has nobody who waits for it. */
  async #dueOf(batch: readonly Delivered[]): Promise<DueDelivery[]> {
    if (batch.length === 0) return [];
    const contents = await this.options.contents.getMany([...new Set(batch.map(({ data }) => data.request))]);
    return batch.flatMap(({ position, data: { job, request, reward, price, form } }) => {
      const webhook = webhookIn(contents.get(request));
      return webhook ? [{ job, request, position, reward: reward ?? price, form: form ?? null, host: new URL(webhook.url).host, caller: webhook.caller }] : [];
    });
  }
}

export const webhookIn = (content: string | undefined): Webhook | undefined =>
  content === undefined ? undefined : (JSON.parse(content) as { readonly webhook?: Webhook }).webhook;
