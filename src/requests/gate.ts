import { Injectable } from '@nestjs/common';
import { kudos, times, type Kudos } from '../kernel/kudos.js';
import { Spending } from '../kudos/spending.message.js';
import { LiveQueue } from '../dispatch/live-queue.message.js';
import { Members } from '../donations/members.message.js';
import { Access } from '../operations/access.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { parseUuid } from '../kernel/ids.js';
import { limitedAs } from '../platform/http/limits/client-ip.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { ANONYMOUS, aliasOf, type KnownUser } from '../users/directory.message.js';
import { WorkerRegistry } from '../workers/registry.message.js';
import { AddressLimits } from './address-limits.js';
import type { Candidate } from './admission.js';
import { CallerKeys, type RequestCaller } from './caller-keys.js';
import type { RequestKind } from './request.events.js';
import { Brought, callerOf } from './outside.js';
import type { PromptCheck } from './prompt-check.js';
import { admissionRefusals, ruleRefusals, sourceRefusals } from './request.refusals.js';
import type { ImageSources } from './rules/image-request.js';
import type { RequestRuleRc, RuleCaller } from './rules/rule.js';
import { hasSources, isUrl, readSources, urlsOf, type Fetched, type ReadSources } from './rules/source-image.js';
import type { StyleUse } from './style-use.js';

/** Whether the horde takes anonymous requests. */
export class AnonymousUse {
  constructor(readonly allowed: boolean) {}
}

const CATCH_UP_MAX_MS = 1_000;
/** horde-api C1.1 row 51. */
const EXAMPLE_AGENT = 'My-Project:v0.0.1:My-Contact';
/** horde-rules §1.5: what an account starts with. */
const CONCURRENCY = 30;
/** Of alchemy ten times as many, and those at workers count as well. */
const FORMS_PER_GENERATION = 10;
/** design.md §6: one more for every 50 kudos that are available, so that a batch of 50 images is taken at once. */
const CONCURRENCY_GROWN_MAX = 200;
const KUDOS_A_JOB = kudos(50);
/** More than this adds nothing. */
const GROWN_AVAILABLE = times(KUDOS_A_JOB, CONCURRENCY_GROWN_MAX - CONCURRENCY);

interface CallerFields {
  readonly proxied_account?: string | undefined;
  readonly webhook?: string | undefined;
  readonly allow_downgrade?: boolean | undefined;
}

interface Wanted {
  readonly jobs: number;
  readonly models: readonly string[];
  readonly ip: string;
}

/** What is known of callers besides their accounts. */
@Injectable()
export class CallerStanding {
  constructor(readonly anonymousUse: AnonymousUse, readonly addresses: AddressLimits, readonly members: Members, readonly access: Access) {}
}

@Injectable()
export class GateParts {
  constructor(readonly ports: Ports, readonly standing: CallerStanding, readonly spending: Spending, readonly brought: Brought) {}
}

/** The checks of a request that ask who is calling, in the order that is contract (horde-api C1.1). */
@Injectable()
export class Gate {
  constructor(
    private readonly callers: CallerKeys, private readonly queue: LiveQueue, private readonly workers: WorkerRegistry, private readonly parts: GateParts,
  ) {}

  /** Rows 4, 18 and 35: the modes of the horde, and where the call comes from. */
  get access(): Access {
    return this.parts.standing.access;
  }

  /** Rows 2 and 3. */
  get styles(): StyleUse {
    return this.parts.brought.styles;
  }

  /** Rows 19 and 20. */
  get prompts(): PromptCheck {
    return this.parts.brought.prompts;
  }

  /** Rows 5 to 11: webhook, key, proxy, deletion. */
  async caller(apiKey: string, body: CallerFields, styleKey?: string): Promise<RequestCaller> {
    if (body.webhook !== undefined) this.parts.brought.outside.acceptWebhook(body.webhook);
    const styles = styleKey === undefined ? undefined : await this.callers.ofStyle(styleKey);
    const caller = styles ?? (await this.callers.callerOf(apiKey, body.allow_downgrade ?? false));
    const { payer } = caller;
    if (payer.id === 0 && !this.parts.standing.anonymousUse.allowed) throw refusedBy(admissionRefusals, 'AnonForbidden');
    if (body.proxied_account && !payer.roles.has('service')) throw refusedBy(admissionRefusals, 'OnlyServiceAccountProxy');
    if (payer.roles.has('deleted')) throw refusedBy(admissionRefusals, 'DeletedUser');
    return caller;
  }

  /** As `caller`, where a shared key opens nothing (alchemy). */
  async personalCaller(apiKey: string, body: CallerFields): Promise<KnownUser> {
    if (parseUuid(apiKey) !== undefined) throw refusedBy(admissionRefusals, 'InvalidAPIKey');
    return (await this.caller(apiKey, body)).payer;
  }

  /** What a shared key cannot pay for may run as nobody's, behind everybody else, if its sender allows that (horde-rules §1.10). */
  anonymousInstead(): RequestCaller | undefined {
    return this.parts.standing.anonymousUse.allowed ? { payer: ANONYMOUS, sharedKey: undefined } : undefined;
  }

  /** Row 15: every named worker must exist, of whatever kind. */
  async knownWorkers(ids: readonly string[]): Promise<void> {
    const isUnknown = (id: string): boolean => !this.workers.has(parseUuid(id) ?? '');
    if (!ids.some(isUnknown)) return;
    await this.#caughtUp('the list of workers');
    const unknown = ids.find(isUnknown);
    if (unknown !== undefined) throw refusedBy(admissionRefusals, 'WorkerNotFound', { worker: unknown });
  }

  /** Row 17. Of the whole horde; of what other nodes are taking in at this moment some may slip through. */
  async concurrency(user: KnownUser, kind: RequestKind, { jobs, models, ip }: Wanted): Promise<void> {
    const factor = kind === 'alchemy' ? FORMS_PER_GENERATION : 1;
    if (user.id === 0) await this.parts.standing.addresses.check(ip, { kind, jobs, factor }, () => this.#caughtUp('the queue'));
    const early = concurrencyOf(user) * factor;
    const count = (): number => (kind === 'alchemy' ? this.queue.unfinishedJobsOf(user.id, kind) : this.queue.waitingJobsOf(user.id, kind, models));
    if (count() + jobs <= early) return;
    await this.#caughtUp('the queue'); // another node may have handed them out
    const waiting = count();
    const limit = user.id === 0 ? early : grownConcurrency(concurrencyOf(user), await this.parts.spending.available(user.id, GROWN_AVAILABLE)) * factor;
    if (waiting + jobs > limit) throw refusedBy(admissionRefusals, 'TooManyPrompts', { waiting, limit });
  }

  /** With what tells the requests of one address from those of others, where there is no account that does. */
  async tagged(candidate: Candidate, ip: string): Promise<Candidate> {
    if (candidate.payer.id !== 0) return candidate;
    return { ...candidate, facts: { ...candidate.facts, addressTag: await this.parts.standing.addresses.tagOf(ip) } };
  }

  /** No "no" from a view that is behind. */
  async #caughtUp(view: string): Promise<void> {
    const { feed } = this.parts.ports;
    if (!(await feed.waitFor(await feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater(`${view} is catching up with the log`);
  }

  /** Row 51. */
  clientAgent(agent: string): void {
    if (agent === EXAMPLE_AGENT) throw refusedBy(admissionRefusals, 'BadClientAgent');
  }

  ruleCaller(user: KnownUser): RuleCaller {
    return {
      username: aliasOf(user), trusted: user.roles.has('trusted'), patron: this.parts.standing.members.isPatron(user.id), special: user.roles.has('special'),
    };
  }

  obey(rc: RequestRuleRc | undefined): void {
    if (rc) throw refusedBy(ruleRefusals, rc);
  }

  /** Rows 55 to 59: what the images are that came with it, or that its URLs lead to; undefined when none did. */
  async sources(sent: ImageSources, caller: KnownUser, ip: string): Promise<ReadSources | undefined> {
    if (!hasSources(sent)) return undefined;
    const read = readSources(sent, await this.fetched(urlsOf(sent), caller, ip));
    if ('rc' in read) throw refusedBy(sourceRefusals, read.rc);
    return read.sources;
  }

  /** What those of the texts lead to that are URLs. @throws RetryLater */
  fetched(texts: readonly string[], { id }: KnownUser, ip: string): Promise<Fetched> {
    return this.parts.brought.outside.images(texts.filter(isUrl), callerOf(id, limitedAs(ip)));
  }

  context(user: KnownUser): CommandContext {
    const actor = user.id === 0 ? { kind: 'anonymous' as const } : { kind: 'user' as const, user: user.id };
    return { actor, correlationId: this.parts.ports.ids.uuid() };
  }
}

/** The account's own, before its kudos have a say. */
export const concurrencyOf = ({ concurrency }: KnownUser): number => concurrency;

/** The account's own, or what its kudos allow if that is more (design.md §6). A moderator who set it lower than everybody's meant it. */
export const grownConcurrency = (own: number, available: Kudos): number =>
  own < CONCURRENCY ? own : Math.max(own, Math.min(CONCURRENCY_GROWN_MAX, CONCURRENCY + Math.floor(Math.max(0, available) / KUDOS_A_JOB)));
