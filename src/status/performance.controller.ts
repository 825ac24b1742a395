import { Controller, Get } from '@nestjs/common';
import { Availability } from '../dispatch/availability.message.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { PastMinute } from './past-minute.js';

const MEGA = 1_000_000;
const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Totals of the horde, from this node's memory (horde-api C10.4). */
@Controller('api/v2/status/performance')
export class PerformanceController {
  constructor(private readonly availability: Availability, private readonly pastMinute: PastMinute) {}

  @Get() @Callers('anyone') @RateLimit('RL-D')
  performance() {
    const [image, text, alchemy] = [this.availability.figures('image'), this.availability.figures('text'), this.availability.figures('alchemy')];
    return {
      queued_requests: image.jobs, queued_text_requests: text.jobs, worker_count: image.workers, text_worker_count: text.workers,
      thread_count: image.threads, text_thread_count: text.threads,
      queued_megapixelsteps: rounded(image.things / MEGA), past_minute_megapixelsteps: rounded(this.pastMinute.things('image') / MEGA),
      queued_forms: alchemy.jobs, interrogator_count: alchemy.workers, interrogator_thread_count: alchemy.threads,
      queued_tokens: rounded(text.things), past_minute_tokens: rounded(this.pastMinute.things('text')),
    };
  }
}
