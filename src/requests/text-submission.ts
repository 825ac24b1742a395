import { Injectable } from '@nestjs/common';
import { Availability } from '../dispatch/availability.message.js';
import { inKudos, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { downgradeText } from '../pricing/downgrade.js';
import { Pricing } from '../pricing/pricing.js';
import { firstTextPrice, textQuote, type Quote } from '../pricing/quote.js';
import { textUpfrontAmount, textUpfrontRequired } from '../pricing/upfront.js';
import { Admission, type Admitted, type Candidate } from './admission.js';
import type { RequestCaller } from './caller-keys.js';
import { Gate } from './gate.js';
import type { Asked } from './image-submission.js';
import { orLesser } from './or-lesser.js';
import { defined } from './rules/defined.js';
import type { TextRequestBody } from './rules/request-body.js';
import { STAGE_BATCHING, STAGE_CALLER, STAGE_PARAMETERS, STAGE_SOURCES } from './rules/rule.js';
import { normaliseText, withLengthOf, type NormalisedTextRequest } from './rules/text-request.js';
import { textRefusal, textSubject } from './rules/text-rules.js';
import { shownStyle, type UsedStyle } from './style-use.js';

interface Priced {
  readonly request: NormalisedTextRequest;
  readonly quote: Quote;
  readonly required: Kudos;
  readonly used: UsedStyle | undefined;
  /** The style is somebody else's. */
  readonly isForeign: boolean;
}

/** Who asks for what. */
interface Asking {
  readonly caller: RequestCaller;
  readonly priced: Priced;
}

export interface TextAccepted {
  readonly status: 202;
  readonly position: number;
  readonly answer: { readonly id: string; readonly kudos: number; readonly kudos_quote: number; readonly message?: string; readonly webhook_secret?: string };
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

  async submit(sent: TextRequestBody, asked: Asked): Promise<TextAccepted | TextQuoted> {
    const { body, used } = await this.gate.styles.text(sent);
    const { caller, request } = await this.#check(body, asked, used?.sharedKey);
    const priced = this.#price(request, { used, isForeign: used !== undefined && used.owner !== caller.payer.id });
    const asking = { caller, priced };
    if (request.dryRun) return quoted((await this.#affordable(asking, asked)).priced);
    const { request: id, position, webhookSecret, candidate } = await this.#admit(asking, asked);
    const possible = !this.gate.access.givesHints || this.availability.possible(candidate.facts);
    return {
      status: 202, position,
      answer: {
        id, kudos: inKudos(firstTextPrice(priced.quote)), kudos_quote: inKudos(candidate.facts.quote),
        ...(possible ? {} : { message: `Warning: ${NO_WORKER}` }), ...defined({ webhook_secret: webhookSecret }),
      },
    };
  }

  async #check(body: TextRequestBody, { apiKey, clientAgent, ip }: Asked, styleKey?: string): Promise<{ caller: RequestCaller; request: NormalisedTextRequest }> {
    this.gate.access.takesRequests();
    const caller = await this.gate.caller(apiKey, body, styleKey);
    const { payer } = caller;
    const subject = textSubject(body, this.gate.ruleCaller(payer));
    this.gate.obey(textRefusal(subject, STAGE_CALLER));
    await this.gate.knownWorkers(body.workers ?? []);
    this.gate.obey(textRefusal(subject, STAGE_BATCHING));
    const request = normaliseText(body, { matchedTargeting: this.pricing.matchedTargeting });
    await this.gate.concurrency(payer, 'text', { ...request, ip });
    this.gate.access.notTimedOut(ip);
    this.gate.obey(textRefusal(subject, STAGE_PARAMETERS));
    await this.gate.access.safeInRaid(ip, payer);
    this.gate.obey(textRefusal(subject, STAGE_SOURCES));
    this.gate.clientAgent(clientAgent);
    return { caller, request };
  }

  /** A style costs extra only when it is somebody else's (horde-rules §2.5). */
  #price(request: NormalisedTextRequest, style: Pick<Priced, 'used' | 'isForeign'>): Priced {
    const { policy, reference } = this.pricing;
    const { features, jobs, models, slowWorkers } = request;
    const offered = models.length > 0 ? [] : this.availability.offeredModels('text');
    const quote = textQuote({ features, jobs, models, offered, styled: style.isForeign }, policy, reference);
    const upfront = textUpfrontRequired({ features, models, slowWorkers, chargedWorkerList: this.#chargesList(request) }, this.availability.load('text'));
    return { request, quote, ...style, required: upfront.required ? textUpfrontAmount(models, quote, policy) : NO_KUDOS };
  }

  #chargesList({ workers }: NormalisedTextRequest): boolean {
    return this.pricing.upfrontOnWorkerList && workers.length > 0;
  }

  /** As it is, or in the lesser way that its sender allows: what its payer has enough for. Nothing is charged. @throws Refused KudosUpfront */
  #affordable(asking: Asking, { clientAgent, ip }: Asked): Promise<Asking> {
    return orLesser(asking, async (each) => {
      await this.admission.requireUpfront(candidateOf(each, clientAgent));
      return each;
    }, (rc, each) => this.#lesser({ rc, ip }, each));
  }

  #admit(asking: Asking, { clientAgent, ip }: Asked): Promise<Admitted & { candidate: Candidate }> {
    return orLesser(asking, async (each) => {
      const candidate = await this.gate.tagged(candidateOf(each, clientAgent), ip);
      return { ...(await this.admission.admit(candidate, this.gate.context(each.caller.payer))), candidate };
    }, (rc, each) => this.#lesser({ rc, ip }, each));
  }

  /** What can be taken in place of what was refused, if its sender allows that; each way out is tried once. */
  async #lesser({ rc, ip }: { readonly rc: string; readonly ip: string }, { caller, priced }: Asking): Promise<Asking | undefined> {
    if (!priced.request.allowDowngrade) return undefined;
    if (rc === 'SharedKeyInsufficientKudos') {
      const anonymous = this.gate.anonymousInstead();
      if (!anonymous) return undefined;
      await this.gate.concurrency(anonymous.payer, 'text', { ...priced.request, ip });
      return { caller: anonymous, priced };
    }
    const smaller = rc === 'KudosUpfront' ? this.#downgraded(priced) : undefined;
    return smaller && { caller, priced: { ...smaller, request: { ...smaller.request, allowDowngrade: false } } };
  }

  /** The request as it would need nothing upfront, if its sender allows that (horde-rules §3.3). */
  #downgraded({ request, used, isForeign }: Priced): Priced | undefined {
    if (!request.allowDowngrade) return undefined;
    const { features, models, slowWorkers } = request;
    const shorter = downgradeText({ features, models, slowWorkers, chargedWorkerList: this.#chargesList(request) }, this.availability.load('text'));
    return shorter && this.#price({ ...request, slowWorkers: true, features: shorter, payload: withLengthOf(request.payload, shorter) }, { used, isForeign });
  }
}

const quoted = ({ request, quote, used }: Priced): TextQuoted => {
  const { prompt, ...params } = request.payload;
  return {
    status: 200,
    answer: {
      kudos: Math.round(inKudos(quote.total)), kudos_quote: inKudos(quote.total),
      resolved: {
        prompt, params: { ...params, n: request.jobs }, models: request.models, style: shownStyle(used),
        estimated_prompt_tokens: request.features.promptTokens, context_fit: 'ignore',
      },
    },
  };
};

const candidateOf = ({ caller: { payer, sharedKey, isStyles }, priced: { request, quote, required, used } }: Asking, clientAgent: string): Candidate => ({
  payer, required, used,
  sharedKey: sharedKey === undefined ? undefined : { key: sharedKey, asks: isStyles ? undefined : { pixels: 0, steps: 0, tokens: request.features.maxLength } },
  facts: {
    kind: 'text', jobs: request.jobs, models: request.models, features: request.features, nsfw: false, censorNsfw: false,
    trustedWorkers: request.trustedWorkers, validatedBackends: request.validatedBackends, slowWorkers: request.slowWorkers,
    extraSlowWorkers: request.extraSlowWorkers, workers: request.workers, workerBlacklist: request.workerBlacklist,
    disableBatching: request.disableBatching, r2: false, shared: false,
    activation: quote.activation, quote: quote.total, unitPriceMax: quote.unitPrice, ...defined({ dearest: quote.dearest }),
  },
  content: { payload: request.payload, softprompt: request.features.softprompt ?? null, clientAgent }, webhook: request.webhook,
});
