import { Injectable } from '@nestjs/common';
import { inKudos, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { Availability } from '../dispatch/availability.message.js';
import { downgradeImage } from '../pricing/downgrade.js';
import { firstImagePrice } from '../pricing/image-price.js';
import type { ImageJobFeatures } from '../pricing/job-features.js';
import type { SentFrom } from '../platform/http/parameters.js';
import { Pricing } from '../pricing/pricing.js';
import { imageQuote, type ImageQuoteRequest, type Quote } from '../pricing/quote.js';
import { imageUpfrontAmount, imageUpfrontRequired } from '../pricing/upfront.js';
import type { KnownUser } from '../users/directory.message.js';
import { Admission, type Admitted, type Candidate } from './admission.js';
import type { RequestCaller } from './caller-keys.js';
import { Gate } from './gate.js';
import { orLesser } from './or-lesser.js';
import { defined } from './rules/defined.js';
import { imageRefusal } from './rules/image-rules.js';
import { imageSubject } from './rules/image-subject.js';
import { normaliseImage, withSizeOf, type NormalisedImageRequest } from './rules/image-request.js';
import { splitPrompt } from './rules/prompt.js';
import type { ImageRequestBody } from './rules/request-body.js';
import { STAGE_BATCHING, STAGE_CALLER, STAGE_PARAMETERS, STAGE_SOURCES } from './rules/rule.js';
import { hasSources } from './rules/source-image.js';
import { imageWarnings, type RequestWarning } from './rules/warnings.js';
import { shownStyle, type UsedStyle } from './style-use.js';

export interface Asked extends SentFrom {
  readonly apiKey: string;
}

interface Priced {
  readonly request: NormalisedImageRequest;
  readonly quote: Quote;
  readonly required: Kudos;
  readonly used: UsedStyle | undefined;
}

interface Checked {
  readonly caller: RequestCaller;
  readonly request: NormalisedImageRequest;
  /** With the prompt that workers may get. */
  readonly body: ImageRequestBody;
}

/** Who asks for what. */
interface Asking {
  readonly caller: RequestCaller;
  readonly priced: Priced;
}

/** Image requests from the body to the queue (horde-api C1.1). */
@Injectable()
export class ImageSubmission {
  constructor(
    private readonly gate: Gate, private readonly admission: Admission, private readonly availability: Availability, private readonly pricing: Pricing,
  ) {}

  async submit(sent: ImageRequestBody, asked: Asked): Promise<ImageAccepted | ImageQuoted> {
    const { body: styled, used } = await this.gate.styles.image(sent);
    const { caller, request, body } = await this.#check(styled, asked, used?.sharedKey);
    const priced = this.#price(request, used);
    const asking = { caller, priced };
    if (request.dryRun) return this.#quoted(body, (await this.#affordable(body, asking, asked)).priced);
    const admitted = await this.#admit(body, hasSources(request.sources) ? await this.#affordable(body, asking, asked) : asking, asked);
    const { policy, reference } = this.pricing;
    const possible = !this.gate.access.givesHints || this.availability.possible(admitted.candidate.facts);
    const warnings: RequestWarning[] = [...imageWarnings(body.params ?? {}, request.models, reference)];
    if (!possible) warnings.unshift({ code: 'NoAvailableWorker', message: NO_WORKER });
    return {
      status: 202, position: admitted.position,
      answer: {
        id: admitted.request, kudos: inKudos(firstImagePrice(admitted.candidate.facts.features as ImageJobFeatures, policy)), kudos_quote: inKudos(admitted.quote),
        ...(possible ? {} : { message: `Warning: ${NO_WORKER}` }), ...(warnings.length > 0 ? { warnings } : {}), ...defined({ webhook_secret: admitted.webhookSecret }),
      },
    };
  }

  async #check(body: ImageRequestBody, asked: Asked, styleKey?: string): Promise<Checked> {
    const { apiKey, clientAgent, ip } = asked;
    this.gate.access.takesRequests();
    const caller = await this.gate.caller(apiKey, body, styleKey);
    const { payer } = caller;
    const subject = imageSubject(body, this.gate.ruleCaller(payer), this.pricing.reference);
    this.gate.obey(imageRefusal(subject, STAGE_CALLER));
    await this.gate.knownWorkers(body.workers ?? []);
    this.gate.obey(imageRefusal(subject, STAGE_BATCHING));
    const request = normaliseImage(schooled(body, payer), { anonymous: payer.id === 0, matchedTargeting: this.pricing.matchedTargeting });
    await this.gate.concurrency(payer, 'image', { ...request, ip });
    this.gate.access.notTimedOut(ip);
    const prompt = await this.gate.prompts.allowed({
      ...request, prompt: body.prompt, adult: this.#isForAdults(request.models), caller, sender: asked, context: this.gate.context(payer),
    });
    const filtered = { ...subject, body: { ...body, prompt } };
    this.gate.obey(imageRefusal(filtered, STAGE_PARAMETERS));
    await this.gate.access.safeInRaid(ip, payer);
    this.gate.obey(imageRefusal(filtered, STAGE_SOURCES));
    this.gate.clientAgent(clientAgent);
    return { caller, request: { ...request, payload: { ...request.payload, prompt } }, body: filtered.body };
  }

  #isForAdults(models: readonly string[]): boolean {
    return models.some((model) => this.pricing.reference.images.get(model)?.nsfw === true);
  }

  #price(request: NormalisedImageRequest, used: UsedStyle | undefined): Priced {
    const { policy, reference } = this.pricing;
    const asked = this.#quoteRequest(request);
    const quote = imageQuote(asked, policy, reference);
    const upfront = imageUpfrontRequired({ ...asked, chargedWorkerList: this.#chargesList(request) }, this.availability.load('image'), reference);
    return { request, quote, used, required: upfront.required ? imageUpfrontAmount(asked, quote, policy, reference) : NO_KUDOS };
  }

  #quoteRequest({ features, jobs, models, slowWorkers, workerBlacklist }: NormalisedImageRequest): ImageQuoteRequest {
    return { features, jobs, models, offered: models.length > 0 ? [] : this.availability.offeredModels('image'), slowWorkers, workerBlacklist };
  }

  #chargesList({ workers }: NormalisedImageRequest): boolean {
    return this.pricing.upfrontOnWorkerList && workers.length > 0;
  }

  /** As it is, or in the lesser way that its sender allows: what its payer has enough for. Nothing is charged. @throws Refused KudosUpfront */
  #affordable(body: ImageRequestBody, asking: Asking, { clientAgent, ip }: Asked): Promise<Asking> {
    return orLesser(asking, async (each) => {
      await this.admission.requireUpfront(candidateOf(each, clientAgent));
      return each;
    }, (rc, each) => this.#lesser(body, { rc, ip }, each));
  }

  async #admit(body: ImageRequestBody, asking: Asking, { clientAgent, ip }: Asked): Promise<Admitted & { candidate: Candidate; quote: Kudos }> {
    const sources = await this.gate.sources(asking.priced.request.sources, asking.caller.payer, ip);
    return orLesser(asking, async (each) => {
      const candidate = await this.gate.tagged({ ...candidateOf(each, clientAgent), ...(sources && { sources }) }, ip);
      return { ...(await this.admission.admit(candidate, this.gate.context(each.caller.payer))), candidate, quote: each.priced.quote.total };
    }, (rc, each) => this.#lesser(body, { rc, ip }, each));
  }

  /** What can be taken in place of what was refused, if its sender allows that; each way out is tried once. */
  async #lesser(body: ImageRequestBody, { rc, ip }: { readonly rc: string; readonly ip: string }, { caller, priced }: Asking): Promise<Asking | undefined> {
    if (!priced.request.allowDowngrade) return undefined;
    if (rc === 'SharedKeyInsufficientKudos') {
      const anonymous = this.gate.anonymousInstead();
      if (!anonymous) return undefined;
      const unpaid = normaliseImage(body, { anonymous: true, matchedTargeting: this.pricing.matchedTargeting });
      await this.gate.concurrency(anonymous.payer, 'image', { ...unpaid, ip });
      return { caller: anonymous, priced: this.#price(unpaid, priced.used) };
    }
    const smaller = rc === 'KudosUpfront' ? this.#downgraded(priced) : undefined;
    return smaller && { caller, priced: { ...smaller, request: { ...smaller.request, allowDowngrade: false } } };
  }

  /** The request as it would need nothing upfront, if its sender allows that and it is possible (horde-rules §3.2). */
  #downgraded({ request, used }: Priced): Priced | undefined {
    if (!request.allowDowngrade) return undefined;
    const asked = { ...this.#quoteRequest(request), chargedWorkerList: this.#chargesList(request) };
    const features: ImageJobFeatures | undefined = downgradeImage(asked, this.availability.load('image'), this.pricing.reference);
    return features && this.#price({ ...request, slowWorkers: true, features, payload: withSizeOf(request.payload, features) }, used);
  }

  #quoted(body: ImageRequestBody, { request, quote, used }: Priced): ImageQuoted {
    const { positive, negative } = splitPrompt(body.prompt);
    const { prompt: _prompt, ...params } = request.payload;
    return {
      status: 200,
      answer: {
        kudos: Math.round(inKudos(quote.total)), kudos_quote: inKudos(quote.total),
        resolved: { prompt: positive, negative_prompt: negative ?? null, params: { ...params, n: request.jobs }, models: request.models, style: shownStyle(used) },
      },
    };
  }
}

const NO_WORKER = 'No available workers can fulfill this request. It will expire in 20 minutes unless a worker appears.';

export interface ImageAccepted {
  readonly status: 202;
  readonly position: number;
  readonly answer: {
    readonly id: string; readonly kudos: number; readonly kudos_quote: number; readonly message?: string; readonly warnings?: readonly RequestWarning[];
    /** Ours: what the deliveries to its webhook are signed with. */
    readonly webhook_secret?: string;
  };
}
export interface ImageQuoted {
  readonly status: 200;
  readonly answer: { readonly kudos: number; readonly kudos_quote: number; readonly resolved: object };
}

/** horde-rules §1.6: what education accounts ask for is always made safe, by trusted workers, and shared with nobody. */
const schooled = (body: ImageRequestBody, payer: KnownUser): ImageRequestBody =>
  payer.roles.has('education') ? { ...body, nsfw: false, censor_nsfw: true, trusted_workers: true, shared: false, replacement_filter: true } : body;

const candidateOf = ({ caller: { payer, sharedKey, isStyles }, priced: { request, quote, required, used } }: Asking, clientAgent: string): Candidate => ({
  payer, required, used, sharedKey: sharedKey === undefined ? undefined : { key: sharedKey, asks: isStyles ? undefined : asksOf(request.features) },
  facts: {
    kind: 'image', jobs: request.jobs, models: request.models, features: request.features, nsfw: request.nsfw, censorNsfw: request.censorNsfw,
    trustedWorkers: request.trustedWorkers, validatedBackends: request.validatedBackends, slowWorkers: request.slowWorkers,
    extraSlowWorkers: request.extraSlowWorkers, workers: request.workers, workerBlacklist: request.workerBlacklist,
    disableBatching: request.disableBatching, r2: request.r2, shared: request.shared,
    activation: quote.activation, quote: quote.total, unitPriceMax: quote.unitPrice, ...defined({ dearest: quote.dearest }),
  },
  content: { payload: request.payload, clientAgent }, webhook: request.webhook,
});

/** Requested steps, whatever a sampler makes of them (horde-api since 5.1.5 §5.1). */
const asksOf = ({ width, height, steps }: NormalisedImageRequest['features']) => ({ pixels: width * height, steps, tokens: 0 });
