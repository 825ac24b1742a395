import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { listenerOf } from '../platform/http/listener.js';
import { ApiKey } from '../platform/http/parameters.js';
import { QueryInt } from '../platform/http/query.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { JobStanding, type JobAnswer } from './job-standing.js';

/** Ours: seconds that a call may wait for its job to change, below the 30 s after which clients and balancers commonly give a call up. */
const WAIT_S_MAX = 25;

/** Ours: how a job stands, for the worker that has it. */
@Controller('v1/jobs')
export class JobController {
  constructor(private readonly standing: JobStanding) {}

  @Get(':id') @Callers('owner') @RateLimit('RL-60s')
  job(
    @Param('id') id: string, @ApiKey() apiKey: string, @QueryInt('wait', { min: 0, max: WAIT_S_MAX, default: 0 }) wait: number, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobAnswer> {
    return this.standing.of(id, apiKey, listenerOf(reply, { waitMs: wait * 1_000 }));
  }
}
