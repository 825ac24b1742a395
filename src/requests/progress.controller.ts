import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { limitedAs } from '../platform/http/limits/client-ip.js';
import { ClientIp } from '../platform/http/parameters.js';
import { Callers, NoMask, RateLimit } from '../platform/http/route-spec.js';
import { ProgressStreams } from './progress-streams.js';

/** Ours: Server-Sent Events instead of polling `check`. The id is the capability. */
@Controller('v1/requests')
export class ProgressController {
  constructor(private readonly streams: ProgressStreams) {}

  @Get(':id/events') @Callers('capability') @RateLimit('RL-30m') @NoMask()
  async events(@Param('id') id: string, @ClientIp() ip: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { request } = reply;
    const stream = await this.streams.open(id, { seen: seenOf(request.headers['last-event-id']), address: limitedAs(ip) });
    if (!stream) {
      void reply.code(204); // which tells an EventSource to stop asking
      return undefined;
    }
    void reply.type('text/event-stream; charset=utf-8').header('cache-control', 'no-cache, no-transform').header('x-accel-buffering', 'no');
    if (request.method === 'HEAD') {
      stream.body.destroy();
      return '';
    }
    request.answerDeadline?.suspend(); // it ends with the request
    return stream.body;
  }
}

/** Up to which revision the client has read; what was never ours counts as nothing. */
const seenOf = (lastEventId: string | string[] | undefined): number =>
  (typeof lastEventId === 'string' && /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : -1);
