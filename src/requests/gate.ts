import { Injectable } from '@nestjs/common';
import { LiveQueue } from '../dispatch/live-queue.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ids, parseUuid } from '../kernel/ids.js';
import { NodeFeed } from '../platform/event-log/node-feed.js';
import { refusedBy, Refused } from '../platform/http/refusals.js';
import { RetryLater } from '../platform/retry-later.js';
import { aliasOf, UserDirectory, type KnownUser } from '../users/directory.message.js';
import { WorkerRegistry } from '../workers/registry.message.js';
import type { RequestKind } from './request.events.js';
import { admissionRefusals, ruleRefusals, sourceRefusals } from './request.refusals.js';
import type { ImageSources } from './rules/image-request.js';
import type { RequestRuleRc, RuleCaller } from './rules/rule.js';
import { hasSources, readSources, type ReadSources } from './rules/source-image.js';

/** Whether the horde takes anonymous requests. */
export class AnonymousUse {
  constructor(readonly allowed: boolean) {}
}

const CATCH_UP_MAX_MS = 1_000;
/** horde-api C1.1 row 51. */
const EXAMPLE_AGENT = 'My-Project:v0.0.1:My-Contact';
/** Jobs that may wait at once (horde-rules §3.5). TODO(#9): grows with kudos as design.md §6 promises. */
const CONCURRENCY = 30;
const CONCURRENCY_ANONYMOUS = 500;
const CONCURRENCY_EDUCATION = 200;
/** Of alchemy ten times as many, and those at workers count as well. */
const FORMS_PER_GENERATION = 10;

@Injectable()
export class GateParts {
  constructor(readonly ids: Ids, readonly feed: NodeFeed, readonly anonymousUse: AnonymousUse) {}
}

/** The checks of a request that ask who is calling, in the order that is contract (horde-api C1.1). */
@Injectable()
export class Gate {
  constructor(
    private readonly directory: UserDirectory, private readonly queue: LiveQueue, private readonly workers: WorkerRegistry, private readonly parts: GateParts,
  ) {}

  /** Row 2: nobody can make styles yet, so that none is found. */
  style(name: string | undefined): void {
    if (name !== undefined) throw refusedBy(admissionRefusals, 'StyleNotFound');
  }

  /** Rows 5 to 11: webhook, key, proxy, deletion. */
  async caller(apiKey: string, body: { readonly proxied_account?: string | undefined; readonly webhook?: string | undefined }): Promise<KnownUser> {
    if (body.webhook !== undefined) throw notServed('Webhooks', body.webhook);
    const user = await this.directory.byKey(apiKey);
    if (!user) throw refusedBy(admissionRefusals, 'InvalidAPIKey');
    if (user.id === 0 && !this.parts.anonymousUse.allowed) throw refusedBy(admissionRefusals, 'AnonForbidden');
    if (body.proxied_account && !user.roles.has('service')) throw refusedBy(admissionRefusals, 'OnlyServiceAccountProxy');
    if (user.roles.has('deleted')) throw refusedBy(admissionRefusals, 'DeletedUser');
    return user;
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
  async concurrency(user: KnownUser, kind: RequestKind, asked: { readonly jobs: number; readonly models: readonly string[] }): Promise<void> {
    const { jobs, models } = asked;
    const limit = kind === 'alchemy' ? concurrencyOf(user) * FORMS_PER_GENERATION : concurrencyOf(user);
    const count = (): number => (kind === 'alchemy' ? this.queue.unfinishedJobsOf(user.id, kind) : this.queue.waitingJobsOf(user.id, kind, models));
    if (count() + jobs <= limit) return;
    await this.#caughtUp('the queue'); // another node may have handed them out
    const waiting = count();
    if (waiting + jobs > limit) throw refusedBy(admissionRefusals, 'TooManyPrompts', { waiting, limit });
  }

  /** No "no" from a view that is behind. */
  async #caughtUp(view: string): Promise<void> {
    const { feed } = this.parts;
    if (!(await feed.waitFor(await feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater(`${view} is catching up with the log`);
  }

  /** Row 51. */
  clientAgent(agent: string): void {
    if (agent === EXAMPLE_AGENT) throw refusedBy(admissionRefusals, 'BadClientAgent');
  }

  obey(rc: RequestRuleRc | undefined): void {
    if (rc) throw refusedBy(ruleRefusals, rc);
  }

  /** Rows 55 to 59: what the images are that came with it; undefined when none did. */
  sources(sent: ImageSources): ReadSources | undefined {
    if (!hasSources(sent)) return undefined;
    const read = readSources(sent);
    if ('rc' in read) throw refusedBy(sourceRefusals, read.rc);
    return read.sources;
  }

  context(user: KnownUser): CommandContext {
    const actor = user.id === 0 ? { kind: 'anonymous' as const } : { kind: 'user' as const, user: user.id };
    return { actor, correlationId: this.parts.ids.uuid() };
  }
}


export const concurrencyOf = (user: KnownUser): number => {
  if (user.id === 0) return CONCURRENCY_ANONYMOUS;
  return user.roles.has('education') ? CONCURRENCY_EDUCATION : CONCURRENCY;
};

export const ruleCaller = (user: KnownUser): RuleCaller => ({
  username: aliasOf(user), trusted: user.roles.has('trusted'), patron: false, special: user.roles.has('special'),
});

/** A part of the API that this server does not serve yet says so, instead of taking a request it would not honour. */
export const notServed = (what: string, value: string): Refused => {
  const hint = value.startsWith('http:') ? ' (and they must start with https://)' : '';
  return new Refused('BadRequest', 400, `${what} are not served by this server yet${hint}.`);
};
