import type { Person } from '../support/client.js';

/** A transfer as it was asked for. Sender, recipient and amount name it: no two of one journal are the same. */
export interface Transfer {
  readonly from: Person;
  readonly to: Person;
  readonly amount: number;
  readonly key: string | undefined;
}
export interface HeldJob {
  readonly job: string;
  readonly kind: 'image' | 'text';
}
/** What a write does, by the id that its event carries. */
export type Act = 'asked' | 'handed out' | 'submitted' | 'faulted' | 'cancelled' | 'transferred' | 'registered';
interface Write {
  readonly act: Act;
  readonly id: string;
}

export const nameOf = ({ from, to, amount }: { readonly from: { readonly id: number }; readonly to: { readonly id: number }; readonly amount: number }): string =>
  `${from.id}>${to.id}:${amount}`;

/** What a client remembers of a server, outside of it: every write that was answered with success, and every one that was not answered. */
export class Journal {
  /** Acknowledged, by act and id. */
  readonly #acknowledged = new Map<string, Write>();
  /** The kinds and payers of requests that were answered with an id. */
  readonly requests = new Map<string, { readonly kind: 'image' | 'text'; readonly payer: number }>();
  /** At a worker, as far as this client knows. */
  /** Workers that have been relieved. */
  shift = 0;
  readonly held = new Map<string, HeldJob>();
  /** Every transfer that was ever asked for, acknowledged or not. */
  readonly transfers: Transfer[] = [];
  /** Asked, and the connection broke before an answer came, or the answer was 503: it happened, or it did not. */
  readonly unanswered: { readonly act: Act; readonly again: (() => Promise<void>) | undefined }[] = [];
  /** How many of those cannot be asked again without doing it a second time. */
  readonly unknown = new Map<Act, number>();
  /** Answers that no client should ever get. */
  readonly faults: string[] = [];
  /** Answered 503 with Retry-After, and when the last of them was, monotonic ms. */
  unavailable = 0;
  lastUnavailableAt = Number.NEGATIVE_INFINITY;
  readonly #amounts = new Map<string, number>();

  acknowledge(act: Act, id: string): void {
    this.#acknowledged.set(`${act} ${id}`, { act, id });
  }
  isAcknowledged(act: Act, id: string): boolean {
    return this.#acknowledged.has(`${act} ${id}`);
  }
  get acknowledged(): readonly Write[] {
    return [...this.#acknowledged.values()];
  }

  /** Asks again for everything that was not answered and can be repeated; a key, or a job's id, makes it happen once. */
  async resolve(): Promise<void> {
    for (const { act, again } of this.unanswered.splice(0)) {
      if (again) await again();
      else this.unknown.set(act, (this.unknown.get(act) ?? 0) + 1);
    }
  }

  /** A transfer that nobody has asked for yet. */
  transfer(from: Person, to: Person, key: string | undefined): Transfer {
    const amount = (this.#amounts.get(`${from.id}>${to.id}`) ?? 0) + 1;
    this.#amounts.set(`${from.id}>${to.id}`, amount);
    const transfer = { from, to, amount, key };
    this.transfers.push(transfer);
    return transfer;
  }
}
