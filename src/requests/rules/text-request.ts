import type { TextJobFeatures } from '../../pricing/job-features.js';
import { estimatedTokens } from '../../pricing/tokens.js';
import { defined } from './defined.js';
import { namesWorkers, requestSwitches, type Circumstances, type RequestSwitches } from './image-request.js';
import type { TextPayload } from './payload.js';
import { TEXT_PASS_THROUGH, type TextRequestBody } from './request-body.js';
import { MAX_CONTEXT_LENGTH_DEFAULT, MAX_LENGTH_DEFAULT } from './request-defaults.js';

export interface NormalisedTextRequest extends RequestSwitches {
  readonly jobs: number;
  /** Empty: any model. */
  readonly models: readonly string[];
  readonly features: TextJobFeatures;
  readonly payload: TextPayload;
}

/** What the worker is told where the request is silent (horde-api C2.4). */
const SENT_ALWAYS = { min_p: 0, smoothing_factor: 0, dynatemp_range: 0, dynatemp_exponent: 1 };

/** A checked body with every default in place (horde-api B.9, C2.1). */
export const normaliseText = (body: TextRequestBody, { matchedTargeting = false }: Pick<Circumstances, 'matchedTargeting'> = {}): NormalisedTextRequest => {
  const { params = {}, softprompt, ...rest } = body;
  const switches = requestSwitches(rest);
  const max_length = params.max_length ?? MAX_LENGTH_DEFAULT;
  const max_context_length = params.max_context_length ?? MAX_CONTEXT_LENGTH_DEFAULT;
  const sent = defined(Object.fromEntries(TEXT_PASS_THROUGH.map((name) => [name, params[name]])));
  return {
    ...switches,
    jobs: params.n ?? 1,
    models: body.models ?? [],
    features: {
      maxLength: max_length, maxContextLength: max_context_length, promptTokens: estimatedTokens(body.prompt),
      ...defined({ softprompt, matchedTargeting: matchedTargeting && namesWorkers(switches) ? (true as const) : undefined }),
    },
    payload: { prompt: body.prompt, max_length, max_context_length, ...SENT_ALWAYS, ...sent },
  };
};

/** The payload after a downgrade. */
export const withLengthOf = (payload: TextPayload, { maxLength }: TextJobFeatures): TextPayload => ({ ...payload, max_length: maxLength });
