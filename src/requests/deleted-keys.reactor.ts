import { Injectable } from '@nestjs/common';
import type { Recorded } from '../kernel/event.js';
import type { AccountEvent } from '../kudos/account.events.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import { Refused } from '../platform/http/refusals.js';
import { RetryLater } from '../platform/retry-later.js';
import { Cancel } from './cancel.js';
import type { RequestEvent } from './request.events.js';

/** Cancellations a round at most, so that a key with many requests does not starve the requests of people. */
const ROUND_MAX = 200;

/** What the read models know of requests that came by a shared key and are not over. */
export interface SharedKeyRequestsSource {
  sharedKeyRequests(): Promise<{
    readonly position: Position;
    readonly open: Iterable<{ readonly request: string; readonly key: string }>;
    readonly deletedKeys: Iterable<string>;
  }>;
}

/** Requests by the shared key they came with, folded from the log: those of a deleted key are due to be cancelled. */
export class SharedKeyRequests implements NodeFold {
  readonly name = 'requests of shared keys';
  /** Request → key. */
  readonly #open = new Map<string, string>();
  readonly #deleted = new Set<string>();

  constructor(private readonly source: SharedKeyRequestsSource) {}

  async open(): Promise<Position> {
    const { position, open, deletedKeys } = await this.source.sharedKeyRequests();
    for (const { request, key } of open) this.#open.set(request, key);
    for (const key of deletedKeys) this.#deleted.add(key);
    return position;
  }

  apply(recorded: Recorded): void {
    const event = recorded as unknown as AccountEvent | RequestEvent;
    switch (event.type) {
      case 'AuthorizationOpened.v1':
        if (event.data.sharedKey) this.#open.set(event.data.request, event.data.sharedKey.key);
        return;
      case 'RequestCancelled.v1':
      case 'RequestCompleted.v1':
      case 'AuthorizationClosed.v1': return void this.#open.delete(event.data.request);
      case 'SharedKeyDeleted.v1': return void this.#deleted.add(event.data.key);
      default: // Nothing else begins or ends one.
    }
  }

  /** Ids of requests whose key is gone. */
  due(): string[] {
    return this.#deleted.size === 0 ? [] : [...this.#open].filter(([, key]) => this.#deleted.has(key)).map(([request]) => request);
  }
}

/** Who deletes a shared key withdraws what was still waiting for it (horde-rules §1.10); what is at workers is delivered and paid. */
@Injectable()
export class DeletedKeys {
  constructor(private readonly requests: SharedKeyRequests, private readonly cancel: Cancel) {}

  /** Returns how many were tried. One that fails keeps none of the others from being tried. @throws AggregateError of what failed */
  async round(): Promise<number> {
    const due = this.requests.due().slice(0, ROUND_MAX);
    const failures: unknown[] = [];
    for (const id of due) await this.cancel.cancel({ id }).catch((error: unknown) => failures.push(error));
    const lasting = failures.filter((error) => !isOverSoon(error));
    if (lasting.length > 0) throw new AggregateError(lasting, `${lasting.length} of ${due.length} cancellations failed`);
    return due.length;
  }
}

/** The request is just being accepted, or never will be: its repair says which, and the feed tells. */
const isOverSoon = (error: unknown): boolean => error instanceof RetryLater || (error instanceof Refused && error.rc === 'RequestNotFound');
