import { Controller, Get, Param } from '@nestjs/common';
import { Models, type ModelFigures } from '../dispatch/model-figures.message.js';
import { QueryInt, QueryText } from '../platform/http/query.js';
import { Refused } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';

const STATES = ['known', 'custom', 'all'] as const;
type ModelState = (typeof STATES)[number];

/** What can be had, how fast, and what waits for it (horde-api C10.5, C10.6). */
@Controller('api/v2/status/models')
export class ModelsController {
  constructor(private readonly models: Models) {}

  @Get() @Callers('anyone') @RateLimit('RL-D')
  list(
    @QueryText('type', { default: 'image' }) type: string, @QueryInt('min_count') least: number | undefined, @QueryInt('max_count') most: number | undefined,
    @QueryText('model_state', { default: 'all' }) state: string,
  ) {
    if (!isState(state)) throw new Refused('BadRequest', 400, `model_state is one of ${STATES.join(', ')}.`);
    if (type !== 'image' && type !== 'text') return [];
    return this.models.list(type)
      .filter(({ count }) => count >= (least ?? 0) && count <= (most ?? Infinity))
      .filter((model) => state === 'all' || this.models.isKnown(model) === (state === 'known'))
      .map(view);
  }

  @Get(':model_name') @Callers('anyone') @RateLimit('RL-D')
  one(@Param('model_name') name: string) {
    const model = this.models.find(name) ?? this.models.find(decodedAgain(name));
    return model ? [view(model)] : [];
  }
}

const isState = (text: string): text is ModelState => (STATES as readonly string[]).includes(text);

const view = ({ name, count, performance, queued, jobs, eta, type }: ModelFigures): object => ({ name, count, performance, queued, jobs, eta, type });

/** Clients send a slash as `%252F`, because one that is decoded on the way would part the path (horde-api C10.6). */
const decodedAgain = (name: string): string => {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // a percent sign that is part of the name
  }
};
