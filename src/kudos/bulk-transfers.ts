import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { transactionId } from '../kernel/ids.js';
import type { Kudos } from '../kernel/kudos.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { RetryLater } from '../platform/retry-later.js';
import { UserDirectory, type KnownUser } from '../users/directory.message.js';
import type { FundsTransferred } from './account.events.js';
import type { AccountOutcome } from './account.message.js';
import { bulkRefusals } from './kudos.refusals.js';
import { CATCH_UP_MAX_MS, Spending } from './spending.message.js';
import type { TransferTarget } from './transfer-targets.js';
import type { TransferRc } from './transfer.js';
import { TransferIndex, TransferParts } from './transfers.js';

export interface BulkItem {
  readonly username: string;
  readonly amount: Kudos;
}
export interface BulkAsked {
  readonly apiKey: string;
  readonly key: string;
  readonly items: readonly BulkItem[];
}
/** What became of one transfer of the list. */
export type BulkResult =
  | { readonly txId: string; readonly amount: Kudos; readonly isRepeated: boolean; readonly rc?: undefined }
  | { readonly rc: TransferRc };
export interface BulkDone {
  readonly position: number;
  readonly results: readonly BulkResult[];
}

/** A transfer of the list with its recipient. */
interface Placed extends BulkItem {
  readonly place: number;
  readonly txId: string;
  readonly target: TransferTarget;
}

/**
 * Many transfers of one payer in one append. Each happens or is refused by itself, on what those before it have left. The
 * Idempotency-Key names each by its place in the list: a repeated call does what the first has not done, and nothing twice.
 */
@Injectable()
export class BulkTransfers {
  constructor(
    private readonly directory: UserDirectory, private readonly spending: Spending, private readonly index: TransferIndex,
    private readonly parts: TransferParts,
  ) {}

  async transfer(asked: BulkAsked): Promise<BulkDone> {
    const sender = await this.directory.byKey(asked.apiKey);
    if (!sender) throw refusedBy(bulkRefusals, 'InvalidAPIKey');
    if (sender.id === 0) throw refusedBy(bulkRefusals, 'KudosTransferFromAnon');
    const items = await this.#placed(sender, asked);
    const list = this.#fingerprint(items);
    for (let attempt = 1; attempt <= 2; attempt++) {
      const indexedThrough = await this.index.indexedThrough(sender.id);
      const earlier = await this.index.find(items.map(({ txId }) => txId));
      if ([...earlier.values()].some(({ bulkList }) => bulkList !== list)) throw refusedBy(bulkRefusals, 'IdempotencyKeyConflict');
      const fresh = items.filter(({ txId }) => !earlier.has(txId));
      const outcome = fresh.length > 0 ? await this.#move(sender, fresh, { list, indexedThrough, key: asked.key }) : undefined;
      if (outcome?.outcome !== 'refused') return { position: await this.#positionOf(outcome), results: resultsOf(items, outcome) };
      if (outcome.rc !== 'IndexBehind') throw refusedBy(bulkRefusals, outcome.rc as 'IdempotencyKeyConflict');
      // More was transferred since the index last read than the account remembers: look again once it has caught up.
      if (!(await this.index.waitFor(await this.parts.ports.feed.head(), CATCH_UP_MAX_MS))) break;
    }
    throw new RetryLater('the index of transactions is catching up with the log');
  }

  async #placed(sender: KnownUser, { key, items }: BulkAsked): Promise<readonly Placed[]> {
    const targets = new Map<string, Promise<TransferTarget>>();
    for (const { username } of items) if (!targets.has(username)) targets.set(username, this.parts.targets.find(username));
    await Promise.all(targets.values());
    return Promise.all(items.map(async (item, place) => (
      { ...item, place, txId: transactionId('bulk', sender.id, key, place), target: await targets.get(item.username)! }
    )));
  }

  #move(sender: KnownUser, fresh: readonly Placed[], { list, indexedThrough, key }: { list: string; indexedThrough: number; key: string }): Promise<AccountOutcome> {
    const { ports: { clock, ids, secrets }, pricing, targets } = this.parts;
    const context: CommandContext = {
      actor: { kind: 'user', user: sender.id }, correlationId: ids.uuid(),
      idem: { key: secrets.keyedHash('idempotency', `${sender.id}|${key}`), fingerprint: list },
    };
    return this.spending.spend(sender.id, (seen) => ({
      type: 'TransferMany', call: transactionId('bulk', sender.id, key), list, indexedThrough, ...seen, at: iso(clock.now()), policy: pricing.policy.version,
      items: fresh.map(({ place, txId, amount, target }) => ({
        place, txId, to: target.to, amount, ...(target.sharedKey === undefined ? {} : { sharedKey: target.sharedKey }), parties: targets.parties(sender, target),
      })),
    }), context);
  }

  /** Of what is asked for, not of how it is written; keyed, for the names in it are personal. */
  #fingerprint(items: readonly Placed[]): string {
    const text = items.map(({ username, amount, target: { to, sharedKey } }) => (to < 0 ? `?${JSON.stringify(username)}` : `${to}/${sharedKey ?? ''}`) + `:${amount}`).join();
    return this.parts.ports.secrets.keyedHash('idempotency', `POST ledger/transfers|${text}`);
  }

  #positionOf(outcome: AccountOutcome | undefined): Promise<number> {
    return outcome?.outcome === 'appended' ? Promise.resolve(outcome.position) : this.parts.ports.feed.head();
  }
}

const resultsOf = (items: readonly Placed[], outcome: Exclude<AccountOutcome, { outcome: 'refused' }> | undefined): BulkResult[] => {
  const done = new Set((outcome?.outcome === 'appended' ? outcome.events : []).map(({ data }) => (data as FundsTransferred['data']).bulk?.place));
  return items.map(({ place, txId, amount }) => {
    const rc = outcome?.detail[place] as TransferRc | undefined;
    return rc === undefined ? { txId, amount, isRepeated: !done.has(place) } : { rc };
  });
};
