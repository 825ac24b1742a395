import { Injectable } from '@nestjs/common';
import { NO_KUDOS } from '../kernel/kudos.js';
import { BlobTooLarge } from '../platform/blobs/blob-store.js';
import { InvalidInput, refusedBy } from '../platform/http/refusals.js';
import { serviceOf } from '../pricing/alchemy-forms.js';
import type { KnownUser } from '../users/directory.message.js';
import { Admission, type Candidate } from './admission.js';
import { AdmissionParts } from './admission-parts.js';
import type { AlchemyFormBody, AlchemyRequestFields } from './bodies/alchemy-request.body.js';
import { Gate } from './gate.js';
import type { Asked } from './image-submission.js';
import { alchemyRefusals } from './request.refusals.js';
import { alchemySource, distinctForms, namesUnknownAnnotator, pricedForms, type AskedForm, type StoredAlchemy } from './rules/alchemy-request.js';
import { defined } from './rules/defined.js';
import type { SourceImage } from './rules/source-image.js';
import { Settling } from './settling.message.js';

interface Checked {
  readonly payer: KnownUser;
  readonly forms: readonly AskedForm[];
  readonly image: SourceImage;
  readonly tiles: number;
}

/** Alchemy requests from the body to the queue (horde-api C3.1). */
@Injectable()
export class AlchemySubmission {
  constructor(private readonly gate: Gate, private readonly admission: Admission, private readonly settling: Settling, private readonly parts: AdmissionParts) {}

  async submit(body: AlchemyRequestFields, asked: Asked): Promise<{ readonly position: number; readonly answer: { readonly id: string; readonly webhook_secret?: string } }> {
    const checked = await this.#check(body, asked);
    const { ids, blobs } = this.parts.ports;
    const source = `${ids.uuid()}_src.webp`; // an orphan, if the request is refused, is swept like any old blob
    await blobs.put(source, checked.image.bytes).catch((error: unknown) => { throw error instanceof BlobTooLarge ? refusedBy(alchemyRefusals, 'SourceImageSizeExceeded') : error; });
    const context = this.gate.context(checked.payer);
    const { request, position, webhookSecret } = await this.admission.admit(await this.gate.tagged(this.#candidate(body, checked, { source, clientAgent: asked.clientAgent }), asked.ip), context);
    // Without forms there is nothing to wait for: it was over when it was accepted.
    if (checked.forms.length === 0 && checked.payer.id !== 0) await this.settling.close({ request, payer: checked.payer.id, submitted: [] }, context);
    return { position, answer: { id: request, ...defined({ webhook_secret: webhookSecret }) } };
  }

  /** In the order of horde-api C3.1; of a deleted account nothing is taken (Q06). */
  async #check(body: AlchemyRequestFields, { apiKey, clientAgent, ip }: Asked): Promise<Checked> {
    const forms = distinctForms(body.forms.map(withTexts));
    this.gate.access.takesRequests();
    const payer = await this.gate.personalCaller(apiKey, body);
    await this.gate.concurrency(payer, 'alchemy', { jobs: forms.length, models: [], ip });
    await this.gate.access.safeInRaid(ip, payer);
    if (namesUnknownAnnotator(forms)) throw refusedBy(alchemyRefusals, 'InvalidControlType');
    this.gate.clientAgent(clientAgent);
    const read = alchemySource(body.source_image, await this.gate.fetched([body.source_image], payer, ip));
    if ('rc' in read) throw refusedBy(alchemyRefusals, read.rc as keyof typeof alchemyRefusals);
    return { payer, forms, ...read };
  }

  #candidate(
    { trusted_workers: trustedWorkers, slow_workers: slowWorkers, webhook }: AlchemyRequestFields, { payer, forms, tiles }: Checked,
    { source, clientAgent }: { readonly source: string; readonly clientAgent: string },
  ): Candidate {
    const { features, quote, dearest } = pricedForms(forms, { tiles, slowWorkers }, this.parts.pricing.policy);
    const stored: StoredAlchemy = { source, payloads: forms.map(({ payload }) => payload ?? null) };
    return {
      payer, webhook, required: NO_KUDOS, // nothing is asked for upfront, unless a worker does (horde-rules §3.4)
      facts: {
        kind: 'alchemy', jobs: forms.length, models: [...new Set(features.forms.map(serviceOf))], features, nsfw: false, censorNsfw: false,
        trustedWorkers, validatedBackends: false, slowWorkers, extraSlowWorkers: true, workers: [], workerBlacklist: false, disableBatching: false,
        r2: true, shared: false, activation: NO_KUDOS, quote, unitPriceMax: dearest,
      },
      content: { ...stored, clientAgent },
    };
  }
}

/** The payload of a form holds texts only (horde-api C3.1). @throws InvalidInput */
const withTexts = ({ name, payload }: AlchemyFormBody, index: number): AskedForm => {
  if (payload === undefined) return { name };
  const wrong = Object.entries(payload).find(([, value]) => typeof value !== 'string');
  if (wrong) throw new InvalidInput({ [`forms.${index}.payload.${wrong[0]}`]: `${JSON.stringify(wrong[1])} is not of type 'string'` }, 'body');
  return { name, payload: payload as Record<string, string> };
};
