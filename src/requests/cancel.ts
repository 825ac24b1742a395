import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import type { JobSubmitted, RequestCancelled, RequestCompleted } from './request.events.js';
import { OnRequest } from './request.message.js';
import { jobRefusals } from './request.refusals.js';
import { Settling } from './settling.message.js';
import { owedFor } from './owed.message.js';
import { StatusRows, type StatusRow } from './status-rows.js';

const CATCH_UP_MAX_MS = 1_000;

/** Withdraws what is still waiting; jobs at workers go on and are paid (horde-rules §4.4). */
@Injectable()
export class Cancel {
  constructor(private readonly commands: CommandBus, private readonly settling: Settling, private readonly rows: StatusRows, private readonly ports: Ports) {}

  /** Returns the position from which the cancellation shows; waits for it, so that the answer shows it (G.27). */
  async cancel({ id }: Pick<StatusRow, 'id'>): Promise<number> {
    const context = { actor: { kind: 'anonymous' as const }, correlationId: this.ports.ids.uuid() };
    const outcome = await this.commands.execute(new OnRequest(id, { type: 'CancelRequest', at: iso(this.ports.clock.now()) }, context));
    if (outcome.outcome === 'refused') throw refusedBy(jobRefusals, 'RequestNotFound');
    if (outcome.outcome === 'unchanged') return -1;
    const [cancelled, completed] = outcome.events;
    const payer = outcome.state.facts?.payer ?? 0;
    // The hold's parts of jobs that never started are free at once; the rest follows when the last job is settled.
    if (completed) await this.settling.closeCompleted(outcome.events, context);
    else if (payer !== 0) await this.settling.release(id, payer, (cancelled?.data as RequestCancelled['data']).withdrawn, context);
    await this.rows.waitFor(outcome.position, CATCH_UP_MAX_MS);
    return outcome.position;
  }

  /** As `cancel`, of alchemy: what workers have in hand is over, and paid at once; what cannot be paid now is the repair's. */
  async cancelForms({ id }: Pick<StatusRow, 'id'>): Promise<number> {
    const context = { actor: { kind: 'anonymous' as const }, correlationId: this.ports.ids.uuid() };
    const outcome = await this.commands.execute(new OnRequest(id, { type: 'CancelForms', at: iso(this.ports.clock.now()) }, context));
    if (outcome.outcome === 'refused') throw refusedBy(jobRefusals, 'RequestNotFound');
    if (outcome.outcome === 'unchanged') return -1;
    const { payer, submitted } = outcome.events.at(-1)!.data as RequestCompleted['data'];
    const cut = outcome.events.filter(({ type }) => type === 'JobSubmitted.v1').map(({ data }) => data as JobSubmitted['data']);
    if (payer !== 0) for (const job of cut) await this.settling.settleOrLeave(owedFor(job, { payer, kind: 'alchemy' }), submitted, context);
    await this.settling.closeCompleted(outcome.events, context);
    await this.rows.waitFor(outcome.position, CATCH_UP_MAX_MS);
    return outcome.position;
  }
}
