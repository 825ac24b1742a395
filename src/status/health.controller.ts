import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Readiness, type Health } from '../platform/health/readiness.js';
import { Callers, NoMask, RateLimit } from '../platform/http/route-spec.js';

/**
 * For supervisors and balancers, of this process alone. `live`: it can answer at all; restart it if not. `ready`: it can do its
 * work; send requests elsewhere while not, and do not restart it, for it comes back by itself.
 */
@Controller('v1/health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live') @Callers('anyone') @RateLimit('none') @NoMask()
  live(@Res({ passthrough: true }) reply: FastifyReply): { status: 'live' } {
    void reply.header('cache-control', 'no-store');
    return { status: 'live' };
  }

  @Get('ready') @Callers('anyone') @RateLimit('none') @NoMask()
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    const health = await this.readiness.health();
    void reply.code(health.status === 'ready' ? 200 : 503).header('cache-control', 'no-store');
    return health;
  }
}
