import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { personal, type Personal } from '../kernel/event.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { Profanity } from '../platform/profanity.js';
import { sanitised } from '../platform/sanitised-text.js';
import { OnTeam } from '../teams/team.message.js';
import { Teams, type TeamRow } from '../teams/teams.message.js';
import type { KnownUser } from '../users/directory.message.js';
import { OnUser } from '../users/user.message.js';
import { EndWorkers } from './end-workers.message.js';
import type { ChangeWorkerFields } from './worker-change.body.js';
import { WorkerNames } from './worker-names.js';
import { OnWorker } from './worker.message.js';
import { refusalOfWorkerChange, WORKER_NAME_MAX } from './worker-permissions.js';
import { workerChangeRefusals } from './worker.refusals.js';
import type { WorkerFigures } from './worker-view.js';

export interface WorkerChangeWish {
  readonly worker: WorkerFigures;
  readonly caller: KnownUser;
  readonly fields: ChangeWorkerFields;
}
export interface WorkerChanged {
  readonly answer: object;
  readonly position: number;
}

const INFO_MAX = 1_000;
const MESSAGE_MAX = 300;

/** The workers read model, for what the last job asks. */
export abstract class WorkerJobs {
  /** Jobs that are at the worker, as far as everything written before the call tells. @throws RetryLater */
  abstract atWorker(worker: string): Promise<number>;
}

@Injectable()
export class WorkerChangeParts {
  constructor(readonly ports: Ports, readonly profanity: Profanity, readonly jobs: WorkerJobs, readonly teams: Teams) {}
}

/**
 * PUT and DELETE /workers/{id} (horde-rules §7.2). Everything is looked at first; then the name is taken and the team joined, which may be
 * refused; then come the worker's append, the pause in its owner's stream, and the release of the old name. Each may be asked again.
 */
@Injectable()
export class WorkerChanges {
  constructor(
    private readonly commands: CommandBus, private readonly names: WorkerNames, private readonly endings: EndWorkers, private readonly parts: WorkerChangeParts,
  ) {}

  async change(wish: WorkerChangeWish): Promise<WorkerChanged> {
    const { worker, caller, fields } = wish;
    const name = fields.name === undefined ? undefined : sanitised(fields.name, WORKER_NAME_MAX);
    const team = fields.team ? await this.parts.teams.find(fields.team) : undefined;
    const rc = refusalOfWorkerChange(
      { owner: caller.id === worker.owner, moderator: caller.roles.has('moderator'), anonymous: caller.id === 0 },
      { fields, name, isTeam: team !== undefined, isProfane: (text) => this.parts.profanity.isProfane(text) },
    );
    if (rc) throw refusedBy(workerChangeRefusals, rc);
    const context: CommandContext = { actor: { kind: 'user', user: caller.id }, correlationId: this.parts.ports.ids.uuid() };
    const nameHash = name === undefined ? undefined : await this.#take(worker, name, context);
    const movedAt = fields.team === undefined ? -1 : await this.#move(wish, { team, nameHash }, context);
    const changedAt = await this.#change(wish, { name, nameHash }, context);
    const pausedAt = fields.paused === undefined ? -1 : await this.#pause(wish, fields.paused, context);
    if (nameHash !== undefined && nameHash !== worker.nameHash) await this.names.release(worker.nameHash, worker.id, context);
    return { answer: answerOf(fields, name, team), position: Math.max(movedAt, changedAt, pausedAt) };
  }

  /** Returns the position to see. */
  async delete(worker: WorkerFigures, caller: KnownUser): Promise<number> {
    if (caller.id === 0) throw refusedBy(workerChangeRefusals, 'AnonForbiddenWorker');
    if (caller.id !== worker.owner && !caller.roles.has('moderator')) throw refusedBy(workerChangeRefusals, 'NotModerator');
    if ((await this.parts.jobs.atWorker(worker.id)) > 0) throw refusedBy(workerChangeRefusals, 'Locked');
    const context: CommandContext = { actor: { kind: 'user', user: caller.id }, correlationId: this.parts.ports.ids.uuid() };
    const outcome = await this.endings.end({ worker: worker.id, by: caller.id, at: this.#now() }, context);
    if (outcome.outcome === 'refused') throw refusedBy(workerChangeRefusals, 'WorkerNotFound');
    return outcome.outcome === 'appended' ? outcome.position : -1;
  }

  async #take(worker: WorkerFigures, name: string, context: CommandContext): Promise<string> {
    const nameHash = this.names.hashOf(name);
    const taken = await this.names.reserve({ nameHash, kind: worker.kind, owner: worker.owner, worker: worker.id }, context);
    if ('rc' in taken || taken.worker !== worker.id) throw refusedBy(workerChangeRefusals, 'WorkerNameAlreadyExists');
    return nameHash;
  }

  async #change({ worker, caller, fields }: WorkerChangeWish, { name, nameHash }: { name: string | undefined; nameHash: string | undefined }, context: CommandContext): Promise<number> {
    const sealed = (text: string): Personal => personal(`user-${worker.owner}`, text);
    const message = sanitised(fields.maintenance_msg ?? '', MESSAGE_MAX);
    const outcome = await this.commands.execute(new OnWorker(worker.id, {
      type: 'ChangeWorker', by: caller.id, at: this.#now(),
      ...(fields.maintenance === undefined ? {} : { maintenance: { on: fields.maintenance, message: fields.maintenance && message !== '' ? sealed(message) : null } }),
      ...(fields.info === undefined ? {} : { info: sealed(sanitised(fields.info, INFO_MAX)) }),
      ...(name === undefined ? {} : { name: { name: sealed(name), nameHash: nameHash! } }),
    }, context));
    if (outcome.outcome === 'refused') throw refusedBy(workerChangeRefusals, 'WorkerNotFound');
    return outcome.outcome === 'appended' ? outcome.position : -1;
  }

  /** A team that was deleted at this moment keeps everything from being changed. */
  async #move({ worker, caller }: WorkerChangeWish, { team, nameHash }: { team: TeamRow | undefined; nameHash: string | undefined }, context: CommandContext): Promise<number> {
    const left = team ? undefined : await this.parts.teams.ofWorker(worker.id);
    const id = (team ?? left)?.id;
    if (id === undefined) return -1;
    const asked = { worker: worker.id, by: caller.id, at: this.#now() };
    const outcome = await this.commands.execute(new OnTeam(id, { type: team ? 'JoinTeam' : 'LeaveTeam', ...asked }, context));
    if (outcome.outcome !== 'refused') return outcome.outcome === 'appended' ? outcome.position : -1;
    if (nameHash !== undefined && nameHash !== worker.nameHash) await this.names.release(nameHash, worker.id, context);
    throw refusedBy(workerChangeRefusals, 'TeamNotFound');
  }

  async #pause({ worker, caller }: WorkerChangeWish, on: boolean, context: CommandContext): Promise<number> {
    const outcome = await this.commands.execute(new OnUser(worker.owner, { type: 'PauseWorker', worker: worker.id, on, by: caller.id, at: this.#now() }, context));
    if (outcome.outcome === 'refused') throw refusedBy(workerChangeRefusals, 'WorkerNotFound');
    return outcome.outcome === 'appended' ? outcome.position : -1;
  }

  #now(): string {
    return iso(this.parts.ports.clock.now());
  }
}

/** The keys that were acted upon. */
const answerOf = ({ maintenance, info, paused, team }: ChangeWorkerFields, name: string | undefined, joined: TeamRow | undefined): object => ({
  ...(maintenance === undefined ? {} : { maintenance }), ...(info === undefined ? {} : { info: sanitised(info, INFO_MAX) }),
  ...(paused === undefined ? {} : { paused }), ...(name === undefined ? {} : { name }), ...(team === undefined ? {} : { team: joined?.name ?? 'None' }),
});
