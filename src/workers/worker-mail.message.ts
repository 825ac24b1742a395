import type { Clock } from '../kernel/clock.js';
import type { Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import { rfc822 } from '../platform/http/marshal.js';
import type { WorkerMessageDeleted, WorkerMessagePosted } from './worker-message.events.js';

/** A message without its words, which only the read model knows in clear. */
export interface Notice {
  readonly id: string;
  readonly worker: string | null;
  readonly author: number;
  readonly expiresAt: number;
}
export interface Message extends Notice {
  readonly postedAt: number;
  readonly text: string;
  readonly origin: string;
}
/** The read model of messages. */
export interface MailRows {
  active(nowMs: number): Promise<{ readonly position: Position; readonly notices: Iterable<Notice> }>;
  /** Of those that it has seen already. */
  messages(ids: readonly string[]): Promise<readonly Message[]>;
}

/** What is said to a worker with every pop (horde-api C1.5). */
export interface DeliveredMessage {
  readonly id: string;
  readonly message: string;
  readonly origin: string;
  readonly expiry: string;
}

/**
 * Messages that are delivered with every pop until they expire. Who has mail is known in memory, so that a pop without any asks nobody; the
 * words are fetched once.
 */
export class WorkerMail implements NodeFold {
  readonly name = 'mail of workers';
  /** By worker; under null what is said to all. */
  readonly #notices = new Map<string | null, Map<string, Notice>>();
  readonly #words = new Map<string, Message>();

  constructor(private readonly rows: MailRows, private readonly clock: Clock) {}

  async open(): Promise<Position> {
    const { position, notices } = await this.rows.active(this.clock.now());
    for (const notice of notices) this.#add(notice);
    return position;
  }

  apply({ type, data }: Recorded): void {
    switch (type) {
      case 'WorkerMessagePosted.v1': {
        const { message: id, worker, author, expiresAt } = data as WorkerMessagePosted['data'];
        return this.#add({ id, worker, author, expiresAt: Date.parse(expiresAt) });
      }
      case 'WorkerMessageDeleted.v1': return this.#remove(({ id }) => id === (data as WorkerMessageDeleted['data']).message);
      case 'PersonalDataErased.v1': return this.#remove(({ author }) => author === (data as { user: number }).user);
      case 'WorkerDeleted.v1': return void this.#notices.delete((data as { worker: string }).worker);
      default: // nothing else is said to workers
    }
  }

  /** How many may still be delivered to the worker alone, or to all. */
  countFor(worker: string | null): number {
    return this.#activeFor(worker).length;
  }

  /** Oldest first; none to a worker that is gone. A message that the read model has not seen yet comes with the next pop. */
  async deliver(worker: string | undefined): Promise<readonly DeliveredMessage[]> {
    if (worker === undefined) return [];
    const notices = [...this.#activeFor(null), ...this.#activeFor(worker)];
    if (notices.length === 0) return [];
    const messages = await this.#wordsOf(notices);
    return messages.map(({ id, text, origin, expiresAt }) => ({ id, message: text, origin, expiry: rfc822(expiresAt) }));
  }

  /** What is said to this worker alone. */
  async toWorker(worker: string): Promise<readonly Message[]> {
    return this.#wordsOf(this.#activeFor(worker));
  }

  async #wordsOf(notices: readonly Notice[]): Promise<Message[]> {
    const unknown = notices.filter(({ id }) => !this.#words.has(id)).map(({ id }) => id);
    if (unknown.length > 0) for (const message of await this.rows.messages(unknown)) this.#words.set(message.id, message);
    return notices.flatMap(({ id }) => this.#words.get(id) ?? []);
  }

  #activeFor(worker: string | null): Notice[] {
    const notices = this.#notices.get(worker);
    if (!notices) return [];
    const now = this.clock.now();
    for (const { id, expiresAt } of notices.values()) if (expiresAt <= now) this.#drop(worker, id);
    return [...notices.values()];
  }

  #add(notice: Notice): void {
    if (notice.expiresAt <= this.clock.now()) return;
    const notices = this.#notices.get(notice.worker) ?? new Map<string, Notice>();
    this.#notices.set(notice.worker, notices.set(notice.id, notice));
  }

  #remove(isGone: (notice: Notice) => boolean): void {
    for (const notices of [...this.#notices.values()]) for (const notice of [...notices.values()]) if (isGone(notice)) this.#drop(notice.worker, notice.id);
  }

  #drop(worker: string | null, id: string): void {
    this.#words.delete(id);
    const notices = this.#notices.get(worker);
    notices?.delete(id);
    if (notices?.size === 0) this.#notices.delete(worker);
  }
}
