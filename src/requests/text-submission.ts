import { Injectable } from '@nestjs/common';
import { Availability } from '../dispatch/availability.message.js';
import { inKudos, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { downgradeText } from '../pricing/downgrade.js';
import { Pricing } from '../pricing/pricing.js';
import { firstTextPrice, textQuote, type Quote } from '../pricing/quote.js';
import { textUpfrontAmount, textUpfrontRequired } from '../pricing/upfront.js';
import type { KnownUser } from '../users/directory.message.js';
import { Admission, type Candidate } from './admission.js';
import { Gate, ruleCaller } from './gate.js';
import type { Asked } from './image-submission.js';
import { orDowngraded } from './or-downgraded.js';
import { defined } from './rules/defined.js';
import type { TextRequestBody } from './rules/request-body.js';
import { STAGE_BATCHING, STAGE_CALLER, STAGE_ENVELOPE, STAGE_PARAMETERS, STAGE_SOURCES } from './rules/rule.js';
import { normaliseText, withLengthOf, type NormalisedTextRequest } from './rules/text-request.js';
import { textRefusal, textSubject } from './rules/text-rules.js';

interface Priced {
  readonly request: NormalisedTextRequest;
  readonly quote: Quote;
  readonly required: Kudos;
}

export interface TextAccepted {
  readonly status: 202;
  readonly position: number;
  readonly answer: { readonly id: string; readonly kudos: number; readonly kudos_quote: number; readonly message?: string };
}
export interface TextQuoted {
  readonly status: 200;
  readonly answer: { readonly kudos: number; readonly kudos_quote: number; readonly resolved: object };
}

const NO_WORKER = 'No available workers can fulfill this request. It will expire in 20 minutes unless a worker appears.';

/** Text requests from the body to the queue (horde-api C2.1). */
@Injectable()
export class TextSubmission {
  constructor(
    private readonly gate: Gate, private readonly admission: Admission, private readonly availability: Availability, private readonly pricing: Pricing,
  ) {}

  async submit(body: TextRequestBody, asked: Asked): Promise<TextAccepted | TextQuoted> {
    const { payer, request } = await this.#check(body, asked);
    const priced = this.#price(request);
    if (request.dryRun) return quoted(await this.#affordable(payer, priced, asked));
    const { id, position, candidate } = await this.#admit(payer, priced, asked.clientAgent);
    const possible = this.availability.possible(candidate.facts);
    return {
      status: 202, position,
      answer: {
        id, kudos: inKudos(firstTextPrice(priced.quote)), kudos_quote: inKudos(candidate.facts.quote),
        ...(possible ? {} : { message: `Warning: ${NO_WORKER}` }),
      },
    };
  }

  async #check(body: TextRequestBody, { apiKey, clientAgent }: Asked): Promise<{ payer: KnownUser; request: NormalisedTextRequest }> {
    const nobody = textSubject(body, { username: '', trusted: false, patron: false, special: false });
    this.gate.style(body.style);
    this.gate.obey(textRefusal(nobody, STAGE_ENVELOPE));
    const payer = await this.gate.caller(apiKey, body);
    const subject = textSubject(body, ruleCaller(payer));
    this.gate.obey(textRefusal(subject, STAGE_CALLER));
    await this.gate.knownWorkers(body.workers ?? []);
    this.gate.obey(textRefusal(subject, STAGE_BATCHING));
    const request = normaliseText(body, { matchedTargeting: this.pricing.matchedTargeting });
    await this.gate.concurrency(payer, 'text', request);
    this.gate.obey(textRefusal(subject, STAGE_PARAMETERS));
    this.gate.obey(textRefusal(subject, STAGE_SOURCES));
    this.gate.clientAgent(clientAgent);
    return { payer, request };
  }

  #price(request: NormalisedTextRequest): Priced {
    const { policy, reference } = this.pricing;
    const { features, jobs, models, slowWorkers } = request;
    const offered = models.length > 0 ? [] : this.availability.offeredModels('text');
    const quote = textQuote({ features, jobs, models, offered, styled: false }, policy, reference);
    const upfront = textUpfrontRequired({ features, models, slowWorkers, chargedWorkerList: this.#chargesList(request) }, this.availability.load('text'));
    return { request, quote, required: upfront.required ? textUpfrontAmount(models, quote, policy) : NO_KUDOS };
  }

  #chargesList({ workers }: NormalisedTextRequest): boolean {
    return this.pricing.upfrontOnWorkerList && workers.length > 0;
  }

  /** As it is, or downgraded: what its payer has enough for. Nothing is charged. @throws Refused KudosUpfront */
  #affordable(payer: KnownUser, priced: Priced, { clientAgent }: Asked): Promise<Priced> {
    return orDowngraded(priced, async (each) => {
      await this.admission.requireUpfront(candidateOf(payer, each, clientAgent));
      return each;
    }, () => this.#downgraded(priced.request));
  }

  #admit(payer: KnownUser, priced: Priced, clientAgent: string): Promise<{ id: string; position: number; candidate: Candidate }> {
    return orDowngraded(priced, async (each) => {
      const candidate = candidateOf(payer, each, clientAgent);
      const { request: id, position } = await this.admission.admit(candidate, this.gate.context(payer));
      return { id, position, candidate };
    }, () => this.#downgraded(priced.request));
  }

  /** The request as it would need nothing upfront, if its sender allows that (horde-rules §3.3). */
  #downgraded(request: NormalisedTextRequest): Priced | undefined {
    if (!request.allowDowngrade) return undefined;
    const { features, models, slowWorkers } = request;
    const shorter = downgradeText({ features, models, slowWorkers, chargedWorkerList: this.#chargesList(request) }, this.availability.load('text'));
    return shorter && this.#price({ ...request, slowWorkers: true, features: shorter, payload: withLengthOf(request.payload, shorter) });
  }
}

const quoted = ({ request, quote }: Priced): TextQuoted => {
  const { prompt, ...params } = request.payload;
  return {
    status: 200,
    answer: {
      kudos: Math.round(inKudos(quote.total)), kudos_quote: inKudos(quote.total),
      resolved: {
        prompt, params: { ...params, n: request.jobs }, models: request.models, style: null,
        estimated_prompt_tokens: request.features.promptTokens, context_fit: 'ignore',
      },
    },
  };
};

const candidateOf = (payer: KnownUser, { request, quote, required }: Priced, clientAgent: string): Candidate => ({
  payer, required,
  facts: {
    kind: 'text', jobs: request.jobs, models: request.models, features: request.features, nsfw: false, censorNsfw: false,
    trustedWorkers: request.trustedWorkers, validatedBackends: request.validatedBackends, slowWorkers: request.slowWorkers,
    extraSlowWorkers: request.extraSlowWorkers, workers: request.workers, workerBlacklist: request.workerBlacklist,
    disableBatching: request.disableBatching, r2: false, shared: false,
    activation: quote.activation, quote: quote.total, unitPriceMax: quote.unitPrice, ...defined({ dearest: quote.dearest }),
  },
  content: { payload: request.payload, softprompt: request.features.softprompt ?? null, clientAgent },
});
