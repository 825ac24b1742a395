import { Controller, Get, Injectable, Param } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { parseUuid } from '../kernel/ids.js';
import { OptionalApiKey } from '../platform/http/parameters.js';
import { QueryText } from '../platform/http/query.js';
import { Refused } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { aliasOf, UserDirectory, type KnownUser } from '../users/directory.message.js';
import type { Role } from '../users/user.events.js';
import { ONLINE_MS, WorkerRegistry, type KnownWorker } from './registry.message.js';
import { WorkerAddresses } from './worker-addresses.message.js';
import { WorkerFiguresSource } from './worker-figures.js';
import { WorkerMail } from './worker-mail.message.js';
import { workerView, type WorkerFigures, type WorkerStanding } from './worker-view.js';

@Injectable()
export class WorkersParts {
  constructor(readonly clock: Clock, readonly mail: WorkerMail, readonly addresses: WorkerAddresses) {}
}

/** horde-api C6.1, C6.2. */
@Controller('api/v2/workers')
export class WorkersController {
  constructor(
    private readonly figures: WorkerFiguresSource, private readonly registry: WorkerRegistry, private readonly directory: UserDirectory,
    private readonly parts: WorkersParts,
  ) {}

  @Get() @Callers('anyone') @RateLimit('RL-D')
  async list(@QueryText('type') type: string | undefined, @QueryText('name') name: string | undefined, @OptionalApiKey() apiKey: string | undefined) {
    const kinds = type && !name ? [type] : ['image', 'text', 'interrogation'];
    const now = this.parts.clock.now();
    const online = kinds.flatMap((kind) => this.registry.online(kind as KnownWorker['kind'], now));
    const rows = await this.#rowsOf(online.map(({ id }) => id));
    const found = online.flatMap(({ id }) => rows.get(id) ?? []); // images, texts, alchemists
    const named = name ? found.filter((worker) => worker.name?.toLowerCase() === name.toLowerCase()) : found;
    const moderator = await this.#isModerator(apiKey);
    const addresses = await this.#addressesOf(named, moderator);
    return Promise.all(named.map((worker) => this.#view(worker, moderator, addresses)));
  }

  @Get('name/:name') @Callers('anyone') @RateLimit('RL-D')
  async byName(@Param('name') name: string, @OptionalApiKey() apiKey: string | undefined) {
    return this.#one(() => this.figures.byName(name), apiKey);
  }

  @Get(':worker_id') @Callers('anyone') @RateLimit('RL-30m')
  async byId(@Param('worker_id') id: string, @OptionalApiKey() apiKey: string | undefined) {
    const uuid = parseUuid(id);
    return this.#one(async () => (uuid === undefined ? undefined : this.figures.byId(uuid)), apiKey);
  }

  async #one(find: () => Promise<WorkerFigures | undefined>, apiKey: string | undefined): Promise<object> {
    let worker = await find();
    if (!worker) {
      await this.figures.caughtUp(); // no "no" from a view that is behind
      worker = await find();
    }
    if (!worker) throw new Refused('WorkerNotFound', 404, 'There is no such worker.');
    const moderator = await this.#isModerator(apiKey);
    return this.#view(worker, moderator, await this.#addressesOf([worker], moderator));
  }

  /** Who has just come for the first time is in this node's memory before the read model knows it. */
  async #rowsOf(ids: readonly string[]): Promise<ReadonlyMap<string, WorkerFigures>> {
    let rows = await this.figures.byIds(ids);
    if (rows.length < ids.length) {
      await this.figures.caughtUp();
      rows = await this.figures.byIds(ids);
    }
    return new Map(rows.map((row) => [row.id, row]));
  }

  async #isModerator(apiKey: string | undefined): Promise<boolean> {
    return apiKey ? ((await this.directory.byKey(apiKey))?.roles.has('moderator') ?? false) : false;
  }

  async #addressesOf(workers: readonly WorkerFigures[], moderator: boolean): Promise<ReadonlyMap<string, string>> {
    return moderator ? this.parts.addresses.of(workers.map(({ id }) => id)) : new Map();
  }

  async #view(worker: WorkerFigures, moderated: boolean, addresses: ReadonlyMap<string, string>): Promise<object> {
    const owner = await this.directory.byId(worker.owner);
    const known = this.registry.byId(worker.id);
    const online = known !== undefined && this.parts.clock.now() - known.lastSeenMs <= ONLINE_MS;
    const isOwner = (role: Role): boolean => owner?.roles.has(role) ?? false;
    return workerView(worker, {
      online, trusted: isOwner('trusted'), flagged: isOwner('flagged'), moderated, ipaddr: addresses.get(worker.id), ...(owner ? await this.#about(worker.id, owner, moderated) : {}),
    });
  }

  async #about(worker: string, owner: KnownUser, moderated: boolean): Promise<Pick<WorkerStanding, 'owner' | 'messages' | 'contact'>> {
    if (!moderated && !owner.publicWorkers) return {};
    const shown = { owner: aliasOf(owner), messages: await this.parts.mail.toWorker(worker) };
    return moderated ? { ...shown, contact: await this.figures.contactOf(owner.id) } : shown;
  }
}
