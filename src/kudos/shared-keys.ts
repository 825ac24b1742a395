import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { kudos, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { Pricing } from '../pricing/pricing.js';
import { UserDirectory, type KnownUser } from '../users/directory.message.js';
import type { AccountCommand } from './account.commands.js';
import type { SharedKeyLimits } from './account.events.js';
import { OnAccount } from './account.message.js';
import { sharedKeyRefusals } from './kudos.refusals.js';
import { SharedKeyRegistry, type KnownSharedKey } from './shared-key-registry.message.js';
import { CATCH_UP_MAX_MS } from './spending.message.js';

/** horde-rules §1.10. */
const KEYS_MAX = 3;
const KEYS_MAX_TRUSTED = 10;
const KEYS_MAX_EDUCATION = 1_000;
const DAY_MS = 24 * 60 * 60_000;

/** What may be said of a shared key; whole kudos and days, −1 for none. */
export interface SharedKeyWishes {
  readonly kudos?: number | undefined;
  readonly expiry?: number | undefined;
  readonly name?: string | undefined;
  readonly maxImagePixels?: number | undefined;
  readonly maxImageSteps?: number | undefined;
  readonly maxTextTokens?: number | undefined;
}

/** The shared-keys read model, as its routes ask it. */
export abstract class SharedKeyRows {
  abstract find(key: string): Promise<SharedKeyShown | undefined>;
  /** What is going on with it at this time, by kind of request. */
  abstract usage(key: string, nowMs: number): Promise<ReadonlyMap<string, SharedKeyUsage>>;
  /** True once the model has reached `position`. */
  abstract waitFor(position: number, timeoutMs: number): Promise<boolean>;
}
export interface SharedKeyUsage {
  readonly requests: number;
  readonly queued: number;
  readonly processing: number;
  readonly finished: number;
  /** Ms since 1970; null when nothing waits. */
  readonly oldestQueuedMs: number | null;
}
export interface SharedKeyShown {
  /** Names it in events. */
  readonly key: string;
  /** Null once its owner was erased. */
  readonly id: string | null;
  readonly owner: number;
  readonly name: string | null;
  /** Null is no limit. */
  readonly remaining: Kudos | null;
  readonly utilised: Kudos;
  /** Ms since 1970. */
  readonly expiresAt: number | null;
  readonly limits: SharedKeyLimits;
  readonly isDeleted: boolean;
}

@Injectable()
export class SharedKeyParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing, readonly rows: SharedKeyRows) {}
}

/** Shared keys of accounts (horde-rules §1.10): made, shown, changed and deleted. */
@Injectable()
export class SharedKeys {
  constructor(
    private readonly directory: UserDirectory, private readonly registry: SharedKeyRegistry, private readonly commands: CommandBus,
    private readonly parts: SharedKeyParts,
  ) {}

  async create(apiKey: string, wishes: SharedKeyWishes): Promise<{ shown: SharedKeyShown & { readonly alias: KnownUser }; position: number }> {
    const owner = await this.directory.byKey(apiKey);
    if (!owner) throw refusedBy(sharedKeyRefusals, 'InvalidAPIKey');
    if (owner.id === 0) throw refusedBy(sharedKeyRefusals, 'AnonForbidden');
    const id = this.parts.ports.ids.uuid();
    const { name = null, kudos: budget = -1, expiry = -1 } = wishes;
    const limits = { ...NO_LIMITS, ...limitsIn(wishes) };
    const expiresAt = expiry > 0 ? this.#in(expiry) : null;
    const key = this.registry.hashOf(id)!;
    const position = await this.#ask(owner, {
      type: 'CreateSharedKey', key, id, name, budget: budgetOf(budget), expiresAt, limits, keysMax: keysMaxOf(owner),
      ...this.#given(),
    });
    // Said from what was written: a read model that lags must not make its owner ask for a second key.
    return { position, shown: {
      id, key, owner: owner.id, alias: owner, name, remaining: budgetOf(budget), utilised: NO_KUDOS, expiresAt: expiresAt === null ? null : Date.parse(expiresAt),
      limits, isDeleted: false,
    } };
  }

  async change(apiKey: string, id: string, wishes: SharedKeyWishes): Promise<number> {
    const { owner, known } = await this.#own(apiKey, id);
    const { name, kudos: budget, expiry } = wishes;
    const limits = limitsIn(wishes);
    if ([name, budget, expiry].every((wish) => wish === undefined) && Object.keys(limits).length === 0) throw refusedBy(sharedKeyRefusals, 'NoSharedKeyModSelected');
    if (budget !== undefined) await this.#caughtUp(); // a new budget counts all that was sent before
    return this.#ask(owner, {
      type: 'ChangeSharedKey', key: known.key, credited: this.registry.sentTo(known.key), limits, ...(name === undefined ? {} : { name }),
      ...(budget === undefined ? {} : { budget: budgetOf(budget) }), ...(expiry === undefined ? {} : { expiresAt: expiry < 0 ? null : this.#in(expiry) }),
      ...this.#given(),
    });
  }

  /** Its waiting requests are cancelled by a reactor. */
  async delete(apiKey: string, id: string): Promise<number> {
    const { owner, known } = await this.#own(apiKey, id);
    return this.#ask(owner, { type: 'DeleteSharedKey', key: known.key, ...this.#given() });
  }

  /** For who asks with a key whose it is; undefined when there is no such shared key. */
  async find(id: string): Promise<{ owner: number; name: string | null } | undefined> {
    const known = await this.registry.byId(id);
    if (!known || known.isDeleted) return undefined;
    return { owner: known.owner, name: (await this.parts.rows.find(known.key))?.name ?? null };
  }

  /** As it is after everything that was written before the call. */
  async show(id: string, after?: number): Promise<SharedKeyShown & { readonly alias: KnownUser }> {
    const { rows, ports } = this.parts;
    const key = this.registry.hashOf(id);
    if (key === undefined) throw refusedBy(sharedKeyRefusals, 'InvalidAPIKey');
    if (!(await rows.waitFor(after ?? (await ports.feed.head()), CATCH_UP_MAX_MS))) throw new RetryLater('the list of shared keys is catching up with the log');
    const shown = await rows.find(key);
    const alias = shown && (await this.directory.byId(shown.owner));
    if (!shown || !alias || shown.isDeleted) throw refusedBy(sharedKeyRefusals, 'InvalidAPIKey');
    return { ...shown, alias };
  }

  /** What its owner may see of it; undefined for everybody else, whose key is no error (horde-api since 5.1.5 §2.5). */
  async usageFor(apiKey: string | undefined, { key, owner }: SharedKeyShown): Promise<ReadonlyMap<string, SharedKeyUsage> | undefined> {
    const caller = apiKey === undefined ? undefined : await this.directory.byKey(apiKey);
    return caller?.id === owner ? this.parts.rows.usage(key, this.parts.ports.clock.now()) : undefined;
  }

  /** The key must exist, before anything is said about the caller (horde-api C5.3). */
  async #own(apiKey: string, id: string): Promise<{ owner: KnownUser; known: KnownSharedKey }> {
    const known = await this.registry.byId(id);
    if (!known || known.isDeleted) throw refusedBy(sharedKeyRefusals, 'InvalidAPIKey');
    const owner = await this.directory.byKey(apiKey);
    if (!owner) throw refusedBy(sharedKeyRefusals, 'InvalidAPIKey');
    if (owner.id !== known.owner) throw refusedBy(sharedKeyRefusals, 'Forbidden');
    return { owner, known };
  }

  async #ask(owner: KnownUser, command: AccountCommand): Promise<number> {
    const context: CommandContext = { actor: { kind: 'user', user: owner.id }, correlationId: this.parts.ports.ids.uuid() };
    const outcome = await this.commands.execute(new OnAccount(owner.id, command, context));
    if (outcome.outcome === 'appended') return outcome.position;
    if (outcome.outcome === 'unchanged') return this.parts.ports.feed.head();
    if (outcome.rc === 'AccountNotOpen') throw new RetryLater('the account is being opened');
    throw refusedBy(sharedKeyRefusals, outcome.rc === 'SharedKeysTooMany' ? 'Forbidden' : 'InvalidAPIKey', outcome.detail);
  }

  async #caughtUp(): Promise<void> {
    const { feed } = this.parts.ports;
    if (!(await feed.waitFor(await feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater('the list of shared keys is catching up with the log');
  }

  #given(): { at: string; policy: number } {
    return { at: iso(this.parts.ports.clock.now()), policy: this.parts.pricing.policy.version };
  }
  #in(days: number): string {
    return iso(this.parts.ports.clock.now() + days * DAY_MS);
  }
}

const budgetOf = (amount: number): Kudos | null => (amount < 0 ? null : kudos(amount));

/** Trusted is asked first: a trusted education account may have ten. */
const keysMaxOf = ({ roles }: KnownUser): number => {
  if (roles.has('trusted')) return KEYS_MAX_TRUSTED;
  return roles.has('education') ? KEYS_MAX_EDUCATION : KEYS_MAX;
};

const NO_LIMITS: SharedKeyLimits = { maxImagePixels: -1, maxImageSteps: -1, maxTextTokens: -1 };

/** Those that are given. */
const limitsIn = ({ maxImagePixels, maxImageSteps, maxTextTokens }: SharedKeyWishes): Partial<SharedKeyLimits> =>
  Object.fromEntries(Object.entries({ maxImagePixels, maxImageSteps, maxTextTokens }).filter(([, value]) => value !== undefined));
