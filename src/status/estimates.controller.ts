import { Controller, Get } from '@nestjs/common';
import { KeptEstimates, REMEMBERED, type EstimateFigures } from '../dispatch/estimates/kept-estimates.message.js';
import { RIGHT_WITHIN_S, RIGHT_WITHIN_SHARE } from '../dispatch/estimates/promise.message.js';
import type { RequestKind } from '../kernel/request-kind.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';

const rounded = (value: number, unit: number): number => Math.round(value * unit) / unit;
const view = (figures: EstimateFigures | undefined): object | null => figures === undefined ? null : {
  measured: figures.measured, within: rounded(figures.within, 1_000), mean_difference_s: rounded(figures.meanDifferenceS, 10), mean_error_s: rounded(figures.meanErrorS, 10),
};

/** What `wait_time` was worth lately, as this node has seen it: told at acceptance, compared with what came true. */
@Controller('v1/status/estimates')
export class EstimatesController {
  constructor(private readonly kept: KeptEstimates) {}

  @Get() @Callers('anyone') @RateLimit('RL-D')
  estimates() {
    return {
      right_within: { seconds: RIGHT_WITHIN_S, share_of_the_truth: RIGHT_WITHIN_SHARE }, of_the_latest: REMEMBERED,
      image: this.#of('image'), text: this.#of('text'), alchemy: this.#of('alchemy'),
    };
  }

  #of(kind: RequestKind): object {
    return { first_hand_out: view(this.kept.figures(kind, 'start')), last_delivery: view(this.kept.figures(kind, 'done')) };
  }
}
