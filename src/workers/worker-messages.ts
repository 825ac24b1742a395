import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { personal } from '../kernel/event.js';
import { parseUuid } from '../kernel/ids.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { offsetOf } from '../platform/http/query.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { defined } from '../requests/rules/defined.js';
import type { KnownUser } from '../users/directory.message.js';
import { WorkerRegistry } from './registry.message.js';
import { WorkerMail, type Message } from './worker-mail.message.js';
import { OnWorkerMessage } from './worker-message.message.js';
import { workerMessageRefusals } from './worker.refusals.js';

/** As they were sent. */
export interface MessagesWanted {
  readonly user_id: string | undefined;
  readonly worker_id: string | undefined;
  readonly validity: string | undefined;
}
export interface MessageWish {
  readonly text: string;
  readonly worker: string | undefined;
  readonly expiryHours: number;
  readonly origin: string;
}
export interface MessageQuery {
  readonly author?: number;
  readonly withBroadcasts?: boolean;
  readonly worker?: string;
  readonly active?: boolean;
  readonly nowMs: number;
}

/** The read model of messages, for those who write them. */
export abstract class MessagePages {
  abstract readonly pageSize: number;
  /** Newest first. */
  abstract page(query: MessageQuery, offset: number): Promise<readonly Message[]>;
  /** @throws RetryLater when it has not seen everything and does not know the message */
  abstract one(id: string): Promise<Message | undefined>;
}

@Injectable()
export class WorkerMessageParts {
  constructor(readonly ports: Ports, readonly registry: WorkerRegistry) {}
}

const HOUR_MS = 60 * 60_000;
/** Ours: all of them go out with every pop. */
const ACTIVE_MAX = 100;
const CATCH_UP_MAX_MS = 1_000;
const USER_ID_MAX = 2_147_483_647;
const ACTIVE = 'active';
const VALIDITIES: ReadonlySet<string> = new Set([ACTIVE, 'expired', 'all']);

/** Of whom it is asked by a user, who sees what is said to all besides. Undefined when nobody has such a number. */
const queryOf = ({ user_id: userId, worker_id: workerId, validity = ACTIVE }: MessagesWanted, user: KnownUser | undefined): Omit<MessageQuery, 'nowMs'> | undefined => {
  const author = userId === undefined ? user?.id : idIn(userId);
  const worker = workerId === undefined ? undefined : (parseUuid(workerId) ?? null);
  if (author === null || worker === null) return undefined;
  return defined({ author, worker, withBroadcasts: user !== undefined && userId === undefined, active: validity === 'all' ? undefined : validity === ACTIVE });
};

/** Null for what is no user's number. */
const idIn = (text: string): number | null => (/^\d{1,10}$/.test(text) && Number(text) <= USER_ID_MAX ? Number(text) : null);

/** Moderators write to every worker, everybody else to their own (horde-rules §7.8). */
@Injectable()
export class WorkerMessages {
  constructor(
    private readonly commands: CommandBus, private readonly mail: WorkerMail, private readonly pages: MessagePages, private readonly parts: WorkerMessageParts,
  ) {}

  async list(caller: KnownUser, wanted: MessagesWanted, page: number): Promise<readonly Message[]> {
    const isModerator = caller.roles.has('moderator');
    if (!isModerator && wanted.user_id !== undefined && idIn(wanted.user_id) !== caller.id) throw refusedBy(workerMessageRefusals, 'Forbidden');
    if (!VALIDITIES.has(wanted.validity ?? ACTIVE)) throw refusedBy(workerMessageRefusals, 'BadRequest', { reason: 'validity must be active, expired or all.' });
    const query = queryOf(wanted, isModerator ? undefined : caller);
    return query === undefined ? [] : this.pages.page({ ...query, nowMs: this.parts.ports.clock.now() }, offsetOf(page, this.pages.pageSize));
  }

  async post(caller: KnownUser, wish: MessageWish): Promise<{ readonly message: Message; readonly position: number }> {
    const { ids, clock } = this.parts.ports;
    const worker = await this.#target(caller, wish.worker);
    if (this.mail.countFor(worker) >= ACTIVE_MAX) throw refusedBy(workerMessageRefusals, 'BadRequest', { reason: `At most ${ACTIVE_MAX} messages can be waiting for a worker.` });
    const [id, postedAt] = [ids.uuid(), clock.now()];
    // Who is no moderator speaks for nobody else.
    const origin = caller.roles.has('moderator') ? wish.origin : String(caller.id);
    const { text } = wish;
    const expiresAt = postedAt + wish.expiryHours * HOUR_MS;
    const sealed = (plain: string) => personal(`user-${caller.id}`, plain);
    const outcome = await this.commands.execute(new OnWorkerMessage(id, {
      type: 'PostMessage', worker, author: caller.id, text: sealed(text), origin: sealed(origin), expiresAt: iso(expiresAt), at: iso(postedAt),
    }, this.#context(caller)));
    return { message: { id, worker, author: caller.id, text, origin, postedAt, expiresAt }, position: outcome.outcome === 'appended' ? outcome.position : -1 };
  }

  /** For its author, moderators and the worker that it is for; what is said to all is for everybody (Q58). */
  async one(caller: KnownUser, id: string | undefined): Promise<Message> {
    const message = id === undefined ? undefined : await this.pages.one(id);
    if (!message) throw refusedBy(workerMessageRefusals, 'WorkermessageNotFound');
    const isRecipient = message.worker === null || this.parts.registry.byId(message.worker)?.owner === caller.id;
    if (!isRecipient && message.author !== caller.id && !caller.roles.has('moderator')) throw refusedBy(workerMessageRefusals, 'Forbidden');
    return message;
  }

  /** Returns the position to see. */
  async delete(caller: KnownUser, id: string | undefined): Promise<number> {
    if (id === undefined) throw refusedBy(workerMessageRefusals, 'WorkermessageNotFound');
    const outcome = await this.commands.execute(new OnWorkerMessage(id, {
      type: 'DeleteMessage', by: caller.id, moderator: caller.roles.has('moderator'), at: iso(this.parts.ports.clock.now()),
    }, this.#context(caller)));
    if (outcome.outcome === 'refused') throw refusedBy(workerMessageRefusals, outcome.rc);
    return outcome.outcome === 'appended' ? outcome.position : -1;
  }

  async #target(caller: KnownUser, sent: string | undefined): Promise<string | null> {
    if (caller.id === 0) throw refusedBy(workerMessageRefusals, 'AnonForbidden');
    const isModerator = caller.roles.has('moderator');
    if (sent === undefined) {
      if (!isModerator) throw refusedBy(workerMessageRefusals, 'MessagesOnlyOwnWorkers');
      return null;
    }
    const worker = await this.#worker(parseUuid(sent) ?? '');
    if (worker.owner !== caller.id && !isModerator) throw refusedBy(workerMessageRefusals, 'MessagesOnlyOwnWorkers');
    return worker.id;
  }

  /** No "no" from a view that is behind. */
  async #worker(id: string): Promise<{ readonly id: string; readonly owner: number }> {
    const { registry, ports: { feed } } = this.parts;
    if (!registry.has(id) && !(await feed.waitFor(await feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater('the list of workers is catching up with the log');
    const worker = registry.byId(id);
    if (!worker) throw refusedBy(workerMessageRefusals, 'WorkerNotFound');
    return worker;
  }

  #context(caller: KnownUser): CommandContext {
    return { actor: { kind: 'user', user: caller.id }, correlationId: this.parts.ports.ids.uuid() };
  }
}
