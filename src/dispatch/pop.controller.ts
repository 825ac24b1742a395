import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Ids } from '../kernel/ids.js';
import { BlobStore } from '../platform/blobs/blob-store.js';
import { cutText } from '../platform/cut-text.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, ClientIp, StrictBody } from '../platform/http/parameters.js';
import { refusedBy, type Refused } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { Pricing } from '../pricing/pricing.js';
import type { ImagePayload, TextPayload } from '../requests/rules/payload.js';
import { defined } from '../requests/rules/defined.js';
import { SOURCE_PROCESSING_DEFAULT } from '../requests/rules/request-defaults.js';
import { batchSeed } from '../requests/rules/seed.js';
import type { StoredSource, StoredSources } from '../requests/rules/source-image.js';
import { aliasOf, UserDirectory, type KnownUser } from '../users/directory.message.js';
import { WorkerMail } from '../workers/worker-mail.message.js';
import type { Declaration } from '../workers/worker.events.js';
import { popRefusals } from '../workers/worker.refusals.js';
import { ImagePopFields, TextPopFields } from './bodies/pop.body.js';
import { blobKey } from './deliver.js';
import type { Bridge } from './matching/bridge.js';
import { takesSourceUrl } from './matching/image-pop-payload.js';
import { imagePopAnswer, noImageJob, noTextJob, textPopAnswer, type PopSources } from './matching/pop-answer.js';
import { skippedImages, skippedTexts } from './matching/skipped.js';
import { Pop, type HandedOut } from './pop.js';
import { imageDeclaration, textDeclaration } from './declaration.js';
import { popOwner, prioritised } from './pop-owner.js';
import { patienceOf } from './waiting-workers.js';

const BLACKLIST_MAX = 200;
const BLACKLIST_WORD_MAX = 15;

/** What answers are made of, besides the queue. */
export class PopEdge {
  constructor(readonly ids: Ids, readonly blobs: BlobStore, readonly pricing: Pricing, readonly mail: WorkerMail) {}
}

@Controller('api/v2/generate')
export class PopController {
  constructor(private readonly pops: Pop, private readonly directory: UserDirectory, private readonly parts: PopEdge) {}

  @Post('pop') @HttpCode(200) @Callers('user') @RateLimit('RL-60s')
  async image(@StrictBody(ImagePopFields) body: ImagePopFields, @ApiKey() apiKey: string, @ClientIp() ip: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const owner = await popOwner(this.directory, apiKey, body.priority_usernames);
    const declared = withModels(imageDeclaration(body), owner, (model) => this.#serves(model, owner));
    const popped = await this.pops.pop(owner, {
      kind: 'image', name: body.name, ip, ...declared, amount: body.amount,
      wish: { prioritised: prioritised(body.priority_usernames), requireUpfrontKudos: body.require_upfront_kudos, blacklist: blacklist(body.blacklist), test: body.test },
      patience: patienceOf(body, reply),
    });
    if (popped.outcome === 'nothing') return noImageJob(skippedImages(popped.skipped), await this.parts.mail.deliver(popped.worker));
    setKudosPosition(reply, popped.position);
    return this.#imageAnswer(popped);
  }

  @Post('text/pop') @HttpCode(200) @Callers('user') @RateLimit('RL-60s')
  async text(@StrictBody(TextPopFields) body: TextPopFields, @ApiKey() apiKey: string, @ClientIp() ip: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const owner = await popOwner(this.directory, apiKey, body.priority_usernames);
    const declared = withModels(textDeclaration(body), owner, () => true);
    const popped = await this.pops.pop(owner, {
      kind: 'text', name: body.name, ip, ...declared, amount: body.amount,
      wish: { prioritised: prioritised(body.priority_usernames), requireUpfrontKudos: body.require_upfront_kudos, blacklist: [], test: body.test }, patience: patienceOf(body, reply),
    });
    if (popped.outcome === 'nothing') return noTextJob(skippedTexts(popped.skipped), await this.parts.mail.deliver(popped.worker));
    setKudosPosition(reply, popped.position);
    const { jobs: ids, model, stored } = popped;
    const softprompt = stored.softprompt ?? undefined;
    return textPopAnswer({ ids, model, messages: await this.parts.mail.deliver(popped.worker.facts.worker), payload: stored.payload as unknown as TextPayload, ...(softprompt ? { softprompt } : {}) });
  }

  async #imageAnswer({ jobs: ids, model, ttlS, stored, remaining, worker }: HandedOut): Promise<object> {
    const payload = stored.payload as unknown as ImagePayload;
    const seed = batchSeed(payload, remaining, this.parts.ids.random());
    const uploads = ids.map((job) => this.parts.blobs.uploadUrl(blobKey(job)));
    const sources = await this.#sourcesFor(worker.facts.bridge, stored.sources);
    return imagePopAnswer({ ids, model, messages: await this.parts.mail.deliver(worker.facts.worker), payload, seed, ttlS, uploads, sources }, worker.facts.bridge);
  }

  /** Newer bridges fetch the images themselves, by signed URLs; older ones are sent base64. Extra ones are for bridges that fetch. */
  async #sourcesFor(bridge: Bridge, stored: StoredSources | undefined): Promise<PopSources> {
    const { blobs } = this.parts;
    if (!stored) return { processing: SOURCE_PROCESSING_DEFAULT, extra: [] };
    const sent = async (source: StoredSource | undefined): Promise<string | undefined> =>
      source && (takesSourceUrl(bridge) ? blobs.downloadUrl(source.key) : (await blobs.get(source.key))?.toString('base64'));
    const extra = stored.extra.map(({ key, strength }) => ({ image: blobs.downloadUrl(key), strength }));
    return { processing: stored.processing, ...defined({ image: await sent(stored.image), mask: await sent(stored.mask) }), extra };
  }

  /** Image workers serve models of the reference; customizers any name; `model::alias` belongs to that alias (horde-rules §7.3). */
  #serves(model: string, owner: KnownUser): boolean {
    return this.parts.pricing.reference.images.has(model) || owner.roles.has('customizer') || (owner.roles.has('special') && model.endsWith(`::${aliasOf(owner)}`));
  }
}

/** With the models that are accepted, or why the pop is not: said in its turn (horde-api C1.5). */
const withModels = (declaration: Declaration, owner: KnownUser, accepted: (model: string) => boolean): { readonly declaration: Declaration; readonly refused?: Refused } => {
  const models = declaration.models.filter(accepted);
  if (models.length === 0) return { declaration, refused: refusedBy(popRefusals, 'BadRequest', { reason: 'Unfortunately we cannot accept workers serving these models.' }) };
  const foreign = declaration.models.find((model) => model.includes('::') && !model.endsWith(`::${aliasOf(owner)}`));
  if (foreign !== undefined) return { declaration, refused: refusedBy(popRefusals, 'BadRequest', { reason: `The model ${foreign} belongs to somebody else.` }) };
  return { declaration: { ...declaration, models } };
};

const blacklist = (words: readonly string[]): string[] => words.slice(0, BLACKLIST_MAX).map((word) => cutText(word, BLACKLIST_WORD_MAX));
