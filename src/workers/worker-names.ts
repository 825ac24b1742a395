import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import type { WorkerNameRc } from './worker-name.decider.js';
import type { WorkerKind } from './worker.events.js';
import { OnWorker, OnWorkerName } from './worker.message.js';

/** A name that was taken for a rename which never came is free again after this long; a rename takes milliseconds. */
const UNUSED_AFTER_MS = 60_000;

interface Wanted {
  readonly nameHash: string;
  readonly kind: WorkerKind;
  readonly owner: number;
  /** Whose it shall be. */
  readonly worker: string;
}

/**
 * Who has a name. It is taken before the worker has it and released after: a process that dies between leaves a name that nobody
 * uses, which is found out and put right when somebody wants it.
 */
@Injectable()
export class WorkerNames {
  constructor(private readonly commands: CommandBus, private readonly ports: Ports) {}

  hashOf(name: string): string {
    return this.ports.secrets.keyedHash('worker-name', name.toLowerCase());
  }

  /** The worker that has the name now, the one that wants it or another of the same owner; or why it cannot be had. */
  async reserve(wanted: Wanted, context: CommandContext): Promise<{ readonly worker: string } | { readonly rc: WorkerNameRc }> {
    const { nameHash, worker, kind, owner } = wanted;
    const ask = () => this.commands.execute(new OnWorkerName(nameHash, { type: 'ReserveWorkerName', worker, kind, owner, at: this.#now() }, context));
    const first = await ask();
    if (first.outcome === 'appended') return { worker };
    const { worker: holder, reservedAt } = first.state;
    if (holder === undefined || holder === worker) return { worker };
    if (!(await this.#isUnused(nameHash, { holder, reservedAt: reservedAt! }, context))) return first.outcome === 'refused' ? { rc: first.rc } : { worker: holder };
    await this.release(nameHash, holder, context);
    const second = await ask();
    return second.outcome === 'refused' ? { rc: second.rc } : { worker: second.outcome === 'appended' ? worker : second.state.worker! };
  }

  async release(nameHash: string, worker: string, context: CommandContext): Promise<void> {
    await this.commands.execute(new OnWorkerName(nameHash, { type: 'ReleaseWorkerName', worker, at: this.#now() }, context));
  }

  async #isUnused(nameHash: string, { holder, reservedAt }: { holder: string; reservedAt: string }, context: CommandContext): Promise<boolean> {
    const { state } = await this.commands.execute(new OnWorker(holder, { type: 'ReadWorker' }, context));
    if (state.deleted) return true;
    const isOther = state.nameHash !== undefined && state.nameHash !== nameHash;
    return isOther && this.ports.clock.now() - Date.parse(reservedAt) > UNUSED_AFTER_MS;
  }

  #now(): string {
    return iso(this.ports.clock.now());
  }
}
