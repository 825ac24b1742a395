import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { parseUuid } from '../kernel/ids.js';
import { Outages } from '../outages/outages.message.js';
import type { Listener } from '../platform/http/listener.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import type { JobState } from '../requests/request.events.js';
import { jobRefusals } from '../requests/request.refusals.js';
import { UserDirectory } from '../users/directory.message.js';
import { JobFinder, type FoundJob } from './job-finder.js';
import { JobWaits } from './job-waits.js';

export type JobStage = 'pending' | 'cancelled' | 'delivered' | 'faulted' | 'aborted';

/** What a worker's owner is told of a job. Not its request: whoever knows that id may read the results and cancel. */
export interface JobAnswer {
  readonly id: string;
  readonly state: JobStage;
  readonly worker_id: string;
  readonly model: string;
  readonly deadline: string;
  /** A result that is handed in now is taken, and paid. */
  readonly can_be_delivered: boolean;
  readonly message: string;
}

/** As the requests read model has it; times in ms since 1970. */
export interface JobRow {
  readonly state: 'pending' | 'done' | 'faulted' | 'expired';
  readonly verdict: JobState | null;
  /** Of its request. */
  readonly cancelled: boolean;
  readonly assignedAt: number;
  readonly deadline: number;
}
export abstract class JobStandings {
  abstract standing(job: string): Promise<JobRow | undefined>;
  abstract waitFor(position: number, timeoutMs: number): Promise<boolean>;
}

const CATCH_UP_MAX_MS = 1_000;

const WORDS: Readonly<Record<JobStage, string>> = {
  pending: 'The job is at its worker, and its result is waited for.',
  cancelled: 'The request was cancelled: nobody waits for this job any more. It can be given up (state faulted), which is not held against the worker; a result that comes in time is still taken, and paid as if nothing had happened (a test of yourself is never paid).',
  delivered: 'The result was delivered.',
  faulted: 'The worker has given the job up.',
  aborted: 'The job took too long, and was taken back.',
};
const PAID_WITHOUT = 'The request was cancelled while the worker had this form in hand. It has been paid as if it had been delivered; there is nothing left to do.';

interface Standing {
  readonly stage: JobStage;
  readonly deadlineMs: number;
  readonly message: string;
}

@Injectable()
export class JobStandingParts {
  constructor(readonly finder: JobFinder, readonly directory: UserDirectory, readonly outages: Outages) {}
}

/** Tells a worker what has become of its job, so that it can stop when nobody wants the result. */
@Injectable()
export class JobStanding {
  constructor(private readonly rows: JobStandings, private readonly waits: JobWaits, private readonly parts: JobStandingParts, private readonly ports: Ports) {}

  /** At once, or as soon as the job is not pending any more, at most after `waitMs`. @throws Refused in the order of a submit (horde-api C1.6) */
  async of(id: string, apiKey: string, listener: Listener & { readonly waitMs: number }): Promise<JobAnswer> {
    const found = await this.#own(id, apiKey);
    const visit = this.waits.enter(found.request, found.owner, listener);
    try {
      for (;;) {
        const standing = await this.#standing(found);
        if (standing.stage !== 'pending' || visit.isOver) return answerOf(found, standing);
        await listener.resting(visit.change());
      }
    } finally {
      visit.leave();
    }
  }

  async #own(id: string, apiKey: string): Promise<FoundJob> {
    const job = parseUuid(id);
    const found = job === undefined ? undefined : await this.parts.finder.find(job);
    if (!found) throw refusedBy(jobRefusals, 'InvalidJobID', { job: id });
    const user = await this.parts.directory.byKey(apiKey);
    if (!user) throw refusedBy(jobRefusals, 'InvalidAPIKey');
    if (user.id !== found.owner) throw refusedBy(jobRefusals, 'WrongCredentials');
    return found;
  }

  async #standing({ job, decoy }: FoundJob): Promise<Standing> {
    if (decoy) return this.#pretended(decoy);
    const head = await this.ports.feed.head();
    if (!(await this.rows.waitFor(head, CATCH_UP_MAX_MS))) throw new RetryLater('the list of requests is catching up with the log');
    const row = await this.rows.standing(job);
    if (!row) throw new RetryLater('the list of requests is catching up with the log');
    return { ...stageOf(row), deadlineMs: this.parts.outages.extendedDue(row.assignedAt, row.deadline) };
  }

  /** A paused worker is not told. */
  #pretended({ deadlineMs, ended }: NonNullable<FoundJob['decoy']>): Standing {
    const stage = ended ?? (deadlineMs <= this.ports.clock.now() ? 'aborted' : 'pending');
    return { stage, deadlineMs, message: WORDS[stage] };
  }
}

const answerOf = ({ job, worker, model }: FoundJob, { stage, deadlineMs, message }: Standing): JobAnswer => ({
  id: job, state: stage, worker_id: worker, model, deadline: iso(deadlineMs),
  can_be_delivered: stage === 'pending' || (stage === 'cancelled' && message !== PAID_WITHOUT), message,
});

/** A cancelled request's jobs at workers go on and are paid when they are delivered (horde-rules §4.4); a form is over and paid at once. */
const stageOf = ({ state, verdict, cancelled }: JobRow): Pick<Standing, 'stage' | 'message'> => {
  if (state === 'done') return verdict === 'cancelled' ? { stage: 'cancelled', message: PAID_WITHOUT } : named('delivered');
  if (state === 'pending') return named(cancelled ? 'cancelled' : 'pending');
  return named(state === 'faulted' ? 'faulted' : 'aborted');
};
const named = (stage: JobStage): Pick<Standing, 'stage' | 'message'> => ({ stage, message: WORDS[stage] });
