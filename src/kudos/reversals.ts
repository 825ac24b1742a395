import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { parseUuid, reversalId } from '../kernel/ids.js';
import { minus, NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import { userOf } from '../kernel/ledger.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { RetryLater } from '../platform/retry-later.js';
import type { KnownUser } from '../users/directory.message.js';
import type { TransactionReversed } from './account.events.js';
import { AdminIds, CompensationParts } from './compensation.js';
import { reversalRefusals } from './kudos.refusals.js';
import { LedgerIndex, type IndexedTransaction } from './ledger-index.js';
import { REVERSIBLE, reversalAccountOf, type ReversalRc } from './reversal.js';
import { Spending } from './spending.message.js';

export interface ReversalAsked {
  readonly apiKey: string;
  readonly key: string;
  readonly txId: string;
  readonly force: boolean;
}
export interface Reversed {
  readonly transaction: string;
  readonly reversal: string;
  /** Who lost, or, if nobody did, who got back. */
  readonly account: number;
  readonly taken: Kudos;
  readonly receivable: Kudos;
  readonly position: number;
  readonly replayed: boolean;
}

/** Takes transactions back for moderators, by compensation (spec/ledger.md §4.5, Reversal): nothing that happened is changed. */
@Injectable()
export class Reversals {
  constructor(
    private readonly index: LedgerIndex, private readonly spending: Spending, private readonly admins: AdminIds, private readonly parts: CompensationParts,
  ) {}

  async reverse(asked: ReversalAsked): Promise<Reversed> {
    const moderator = await this.#moderator(asked);
    for (let attempt = 1; attempt <= 2; attempt++) {
      await this.parts.caughtUp(this.index);
      const original = await this.#original(asked.txId);
      const earlier = await this.#earlier(original, this.#keyHash(moderator, asked));
      if (earlier) return { ...reversedBy(original, earlier), replayed: true };
      const done = await this.#once(original, moderator, asked);
      if (done !== 'look again') return { ...done, replayed: false };
    }
    throw new RetryLater('somebody else is taking this transaction back');
  }

  async #moderator({ apiKey, force }: ReversalAsked): Promise<KnownUser> {
    const caller = await this.parts.directory.byKey(apiKey);
    if (!caller || caller.id === 0) throw refusedBy(reversalRefusals, 'InvalidAPIKey');
    if (!caller.roles.has('moderator')) throw refusedBy(reversalRefusals, 'NotModerator');
    if (force && !this.admins.has(caller)) throw refusedBy(reversalRefusals, 'NotAdmin');
    return caller;
  }

  async #original(txId: string): Promise<IndexedTransaction> {
    const id = parseUuid(txId);
    const original = id === undefined ? undefined : await this.index.find(id);
    if (!original) throw refusedBy(reversalRefusals, 'TransactionNotFound');
    return original;
  }

  /** The reversal that this key was used for before. A key of another reversal, and another key for this one, are refused. */
  async #earlier({ txId }: IndexedTransaction, idem: string): Promise<IndexedTransaction | undefined> {
    const byKey = await this.index.reversalByKey(idem);
    if (byKey?.reverses === txId) return byKey;
    if (byKey) throw refusedBy(reversalRefusals, 'IdempotencyKeyConflict');
    if (await this.index.reversalOf(txId)) throw refusedBy(reversalRefusals, 'TransactionAlreadyReversed');
    return undefined;
  }

  async #once(original: IndexedTransaction, moderator: KnownUser, asked: ReversalAsked): Promise<Omit<Reversed, 'replayed'> | 'look again'> {
    const account = reversalAccountOf(original);
    if (!REVERSIBLE[original.kind] || account === undefined) throw refusedBy(reversalRefusals, 'TransactionIrreversible', { kind: original.kind });
    const { ports, pricing, pockets } = this.parts;
    const indexedThrough = await this.index.indexedThrough(account);
    const outcome = await this.spending.spend(account, (seen) => ({
      type: 'ReverseTransaction', original, by: moderator.id, force: asked.force, escrowElsewhere: pockets.of(account).escrowElsewhere, indexedThrough,
      ...seen, at: iso(ports.clock.now()), policy: pricing.policy.version,
    }), this.#context(moderator, asked));
    if (outcome.outcome === 'refused') {
      // Somebody else was faster, or more has happened than the account remembers: the index tells which, once it has caught up.
      if (outcome.rc === 'IndexBehind' || outcome.rc === 'TransactionAlreadyReversed') return 'look again';
      throw refusedBy(reversalRefusals, outcome.rc as ReversalRc, { kind: original.kind });
    }
    if (outcome.outcome !== 'appended') throw new Error(`the reversal of ${original.txId} changed nothing`);
    const { taken = NO_KUDOS, receivable = NO_KUDOS } = outcome.events[0]!.data as TransactionReversed['data'];
    return { transaction: original.txId, reversal: reversalId(original.txId), account, taken, receivable, position: outcome.position };
  }

  #keyHash({ id }: KnownUser, { key }: ReversalAsked): string {
    return this.parts.ports.secrets.keyedHash('idempotency', `reversal|${id}|${key}`);
  }

  #context(moderator: KnownUser, asked: ReversalAsked): CommandContext {
    const { ids, secrets } = this.parts.ports;
    const fingerprint = secrets.keyedHash('idempotency', `POST reversal|${asked.txId}|${String(asked.force)}`);
    return { actor: { kind: 'user', user: moderator.id }, correlationId: ids.uuid(), idem: { key: this.#keyHash(moderator, asked), fingerprint } };
  }
}

/** The first answer once more, from what the index says of both. */
const reversedBy = (original: IndexedTransaction, { txId, receivable, position }: IndexedTransaction): Omit<Reversed, 'replayed'> => {
  const won = plus(...original.postings.filter(({ account, amount }) => amount > 0 && userOf(account)).map(({ amount }) => amount));
  const left = receivable ?? NO_KUDOS;
  return { transaction: original.txId, reversal: txId, account: reversalAccountOf(original)!, taken: minus(won, left), receivable: left, position };
};
