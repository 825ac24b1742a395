import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { transactionId } from '../kernel/ids.js';
import type { Kudos } from '../kernel/kudos.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { Pricing } from '../pricing/pricing.js';
import { UserDirectory, type KnownUser } from '../users/directory.message.js';
import { transferRefusals } from './kudos.refusals.js';
import { CATCH_UP_MAX_MS, Spending } from './spending.message.js';
import { TransferTargets, type TransferTarget } from './transfer-targets.js';
import { isSame, type TransferRc } from './transfer.js';

export interface TransferAsked {
  readonly apiKey: string;
  readonly key: string | undefined;
  readonly username: string;
  readonly amount: Kudos;
}

/** An earlier transaction as the statement's unique index knows it. */
export interface IndexedTransfer {
  readonly to: number;
  readonly amount: Kudos;
  readonly sharedKey?: string;
  /** Fingerprint of the list of the bulk call that it was part of. */
  readonly bulkList?: string;
  readonly position: number;
}

/** The statement read model, as far as repeated keys need it. */
export abstract class TransferIndex {
  /** Those of the transactions that it knows, by txId. */
  abstract find(txIds: readonly string[]): Promise<ReadonlyMap<string, IndexedTransfer>>;
  /** Revision of the account's stream up to which the index has read; −1 if nothing of it. */
  abstract indexedThrough(user: number): Promise<number>;
  abstract waitFor(position: number, timeoutMs: number): Promise<boolean>;
}

/** What transfers need besides the two accounts. */
@Injectable()
export class TransferParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing, readonly targets: TransferTargets) {}
}

/** Moves kudos between users (horde-rules §5). With an Idempotency-Key, once, however often it is asked. */
@Injectable()
export class Transfers {
  constructor(
    private readonly directory: UserDirectory, private readonly spending: Spending, private readonly index: TransferIndex,
    private readonly parts: TransferParts,
  ) {}

  async transfer(asked: TransferAsked): Promise<{ position: number; replayed: boolean }> {
    const sender = await this.directory.byKey(asked.apiKey);
    if (!sender) throw refusedBy(transferRefusals, 'InvalidAPIKey');
    if (sender.id === 0) throw refusedBy(transferRefusals, 'KudosTransferFromAnon');
    const target = await this.parts.targets.find(asked.username);
    const txId = asked.key === undefined ? this.parts.ports.ids.uuid() : transactionId('transfer', sender.id, asked.key);
    for (let attempt = 1; attempt <= 2; attempt++) {
      const earlier = asked.key === undefined ? undefined : (await this.index.find([txId])).get(txId);
      if (earlier) return repeated(earlier, target, asked.amount);
      const done = await this.#once(asked, { sender, target, txId });
      if (done !== 'IndexBehind') return done;
      // More was transferred since the index last read than the account remembers: look again once it has caught up.
      if (!(await this.index.waitFor(await this.parts.ports.feed.head(), CATCH_UP_MAX_MS))) break;
    }
    throw new RetryLater('the index of transactions is catching up with the log');
  }

  async #once(asked: TransferAsked, { sender, target, txId }: { sender: KnownUser; target: TransferTarget; txId: string }) {
    const keyed = asked.key !== undefined;
    const indexedThrough = keyed ? await this.index.indexedThrough(sender.id) : -1;
    const { to, sharedKey } = target;
    const outcome = await this.spending.spend(sender.id, (seen) => ({
      type: 'TransferKudos', txId, keyed, indexedThrough, to, amount: asked.amount, ...(sharedKey === undefined ? {} : { sharedKey }),
      parties: this.parts.targets.parties(sender, target), ...seen, at: iso(this.parts.ports.clock.now()), policy: this.parts.pricing.policy.version,
    }), this.#context(sender, asked));
    if (outcome.outcome === 'refused') {
      if (outcome.rc === 'IndexBehind') return 'IndexBehind' as const;
      throw refusedBy(transferRefusals, outcome.rc as TransferRc);
    }
    if (outcome.outcome === 'unchanged') return { position: await this.parts.ports.feed.head(), replayed: true };
    return { position: outcome.position, replayed: false };
  }

  #context(sender: KnownUser, { key, username, amount }: TransferAsked): CommandContext {
    const hash = (text: string): string => this.parts.ports.secrets.keyedHash('idempotency', text);
    const idem = key === undefined ? {} : { idem: { key: hash(`${sender.id}|${key}`), fingerprint: hash(`POST kudos/transfer|${username}|${amount}`) } };
    return { actor: { kind: 'user', user: sender.id }, correlationId: this.parts.ports.ids.uuid(), ...idem };
  }
}

const repeated = (earlier: IndexedTransfer, { to, sharedKey }: TransferTarget, amount: Kudos): { position: number; replayed: true } => {
  if (!isSame({ to, amount, sharedKey }, earlier)) throw refusedBy(transferRefusals, 'IdempotencyKeyConflict');
  return { position: earlier.position, replayed: true };
};
