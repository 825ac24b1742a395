import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { OnRequest } from './request.message.js';
import { jobRefusals } from './request.refusals.js';
import { submittedJobs } from './request.state.js';
import { Settling } from './settling.message.js';
import { StatusRows, type StatusRow } from './status.js';

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
    const { facts, completed } = outcome.state;
    const withdrawn = (outcome.events[0]?.data as { withdrawn?: number } | undefined)?.withdrawn ?? 0;
    if (facts && facts.payer !== 0) {
      // The hold's parts of jobs that never started are free at once; the rest follows when the last job is settled.
      if (completed) await this.settling.close(id, facts.payer, submittedJobs(outcome.state), context);
      else await this.settling.release(id, facts.payer, withdrawn, context);
    }
    await this.rows.waitFor(outcome.position, CATCH_UP_MAX_MS);
    return outcome.position;
  }
}
