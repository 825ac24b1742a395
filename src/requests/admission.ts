import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { centikudos, kudos, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { transactionId } from '../kernel/ids.js';
import { balanced, posting } from '../kernel/ledger.js';
import { Spending } from '../kudos/spending.message.js';
import { admissionRefused } from '../kudos/kudos.refusals.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { BlobTooLarge } from '../platform/blobs/blob-store.js';
import { RetryLater } from '../platform/retry-later.js';
import { styleReward } from '../pricing/activation.js';
import type { KnownUser } from '../users/directory.message.js';
import { AdmissionParts } from './admission-parts.js';
import type { RequestFacts } from './request.events.js';
import { OnRequest } from './request.message.js';
import { sourceRefusals } from './request.refusals.js';
import { storedSources, type ReadSources, type StoredSources } from './rules/source-image.js';
import type { UsedStyle } from './style-use.js';
import { callerOf } from './outside.js';
import { webhookSecret, type Webhook } from './webhooks/webhook.js';

/** A checked, priced request, ready to be paid for. */
export interface Candidate {
  readonly payer: KnownUser;
  readonly facts: Omit<RequestFacts, 'request' | 'priority' | 'contentHash' | 'acceptedAt' | 'policy' | 'reference' | 'payer' | 'payerTrusted' | 'sharedKey'>;
  /** What must be available upfront; 0 when nothing has to. */
  readonly required: Kudos;
  readonly used?: UsedStyle | undefined;
  /** The payer's shared key that it was sent with, and what the key's limits look at; a key that a style brought has none. */
  readonly sharedKey?: { readonly key: string; readonly asks: { readonly pixels: number; readonly steps: number; readonly tokens: number } | undefined } | undefined;
  /** What workers and the requester will be told; it never enters an event. */
  readonly content: object;
  /** Images that came with it. */
  readonly sources?: ReadSources;
  /** Where its sender wants to be told of every delivered job. */
  readonly webhook?: string | undefined;
}

export interface Admitted {
  readonly request: string;
  readonly position: number;
  /** With a webhook: what its deliveries are signed with. */
  readonly webhookSecret?: string;
}

/** design.md §6: anonymous requests stand behind every registered account that has nothing unfinished. */
const ANONYMOUS_PRIORITY = kudos(-50);
/** Content outlives its request: it expires a day later than any request could (design.md §5). */
const CONTENT_LIFE_MS = 24 * 60 * 60_000;

/**
 * Takes a request in, payer first (spec/ledger.md §4.5). Order of effects: images and content (orphans expire harmlessly), the
 * authorization on the payer's account (a refusal appends nothing), the request itself. If the process dies before the
 * last one, a repair abandons the authorization and gives its price back.
 */
@Injectable()
export class Admission {
  constructor(private readonly spending: Spending, private readonly commands: CommandBus, private readonly parts: AdmissionParts) {}

  async admit(candidate: Candidate, context: CommandContext): Promise<Admitted> {
    const { ids, contents, clock } = this.parts.ports;
    const request = ids.uuid();
    const salt = ids.bytes(16).toString('hex');
    const sources = candidate.sources && await this.#storeImages(request, candidate.sources);
    const text = JSON.stringify({ salt, ...candidate.content, ...(sources && { sources }), ...webhookOf(candidate) });
    await contents.put({ id: request, kind: 'request', text, expiresAt: clock.now() + CONTENT_LIFE_MS });
    const facts = {
      request, ...candidate.facts, ...this.#versions(), contentHash: contents.hash(text), ...usedIn(candidate), ...(candidate.webhook === undefined ? {} : { webhook: true as const }),
    };
    const admitted = await (candidate.payer.id === 0 ? this.#anonymous(candidate, facts, context) : this.#registered(candidate, facts, context));
    return candidate.webhook === undefined ? admitted : { ...admitted, webhookSecret: webhookSecret(this.parts.ports.secrets, request) };
  }

  /**
   * The first half of `admit` for those who only want to know, and before anything large is stored: charges nothing, holds
   * nothing. @throws Refused KudosUpfront
   */
  async requireUpfront({ payer, required }: Candidate): Promise<void> {
    if (required === NO_KUDOS) return;
    const available = payer.id === 0 ? NO_KUDOS : await this.spending.available(payer.id, required);
    if (required > available) throw admissionRefused('KudosUpfront', { required, available });
  }

  async #storeImages(request: string, sources: ReadSources): Promise<StoredSources> {
    const { blobs } = this.parts.ports;
    const stored = storedSources(request, sources);
    const places = [stored.image, stored.mask, ...stored.extra];
    const images = [sources.image, sources.mask, ...sources.extra.map(({ image }) => image)];
    for (const [at, image] of images.entries()) {
      if (image) await blobs.put(places[at]!.key, image.bytes).catch((error: unknown) => { throw error instanceof BlobTooLarge ? refusedBy(sourceRefusals, 'SourceImageSizeExceeded') : error; });
    }
    return stored;
  }

  async #registered(candidate: Candidate, facts: Unplaced, context: CommandContext): Promise<Admitted> {
    const { payer, required, sharedKey: use } = candidate;
    const { request, kind, jobs, quote, activation } = facts;
    const outcome = await this.spending.spend(payer.id, (seen) => ({
      type: 'OpenAuthorization', request, kind, jobs, quote, activation, required, flagged: payer.roles.has('flagged'),
      priorityCap: this.parts.priorityCap.kudos, ...this.#versions(), ...seen, ...this.#paysStyle(candidate), at: this.#now(),
      ...(use ? { sharedKey: { ...use, credited: this.parts.sharedKeys.sentTo(use.key) } } : {}),
    }), context);
    if (outcome.outcome === 'refused') throw admissionRefused(outcome.rc, outcome.detail);
    const opened = outcome.outcome === 'appended' ? outcome.events[0] : undefined;
    if (opened?.type !== 'AuthorizationOpened.v1') throw new Error(`request ${request} was authorized twice`);
    const { priority } = opened.data as { priority: Kudos };
    return this.#accept({
      ...facts, ...(use ? { sharedKey: use.key } : {}), payer: payer.id, payerTrusted: payer.roles.has('trusted'), priority, acceptedAt: this.#now(),
    }, undefined, context);
  }

  /** Anonymous callers have nothing, so what needs kudos upfront is not for them (horde-rules §3). */
  async #anonymous(candidate: Candidate, facts: Unplaced, context: CommandContext): Promise<Admitted> {
    await this.requireUpfront(candidate);
    const at = this.#now();
    const { activation } = facts;
    const ledger = activation === NO_KUDOS ? undefined : balanced(
      { txId: transactionId('activation', facts.request), kind: 'activation', effectiveAt: at, policy: facts.policy },
      [posting('issue:anonymous', -activation), posting('burn:activation', centikudos(activation))],
    );
    return this.#accept({ ...facts, payer: 0, payerTrusted: false, priority: ANONYMOUS_PRIORITY, acceptedAt: at }, ledger, context);
  }

  async #accept(facts: RequestFacts, ledger: ReturnType<typeof balanced> | undefined, context: CommandContext): Promise<Admitted> {
    const outcome = await this.commands.execute(new OnRequest(facts.request, {
      type: 'AcceptRequest', facts, at: facts.acceptedAt, ...(ledger ? { ledger } : {}),
    }, context));
    // Another node found the authorization older than 30 s and took it back: nothing was charged, the client asks again.
    if (outcome.outcome !== 'appended') throw new RetryLater('the request took too long to be accepted');
    return { request: facts.request, position: outcome.position };
  }

  #versions(): { policy: number; reference: number } {
    const { policy, reference } = this.parts.pricing;
    return { policy: policy.version, reference: reference.version };
  }

  #paysStyle({ used }: Candidate): { style?: { style: string; owner: number; surcharge: Kudos } } {
    return used ? { style: { style: used.id, owner: used.owner, surcharge: styleReward(this.parts.pricing.policy) } } : {};
  }

  #now(): string {
    return iso(this.parts.ports.clock.now());
  }
}

const webhookOf = ({ webhook, payer, facts: { addressTag } }: Candidate): { readonly webhook?: Webhook } =>
  (webhook === undefined ? {} : { webhook: { url: webhook, caller: callerOf(payer.id, addressTag) } });

const usedIn = ({ used }: Candidate): Pick<RequestFacts, 'style'> =>
  (used ? { style: { style: used.id, ...(used.collection === undefined ? {} : { collection: used.collection }) } } : {});

type Unplaced = Omit<RequestFacts, 'priority' | 'acceptedAt' | 'payer' | 'payerTrusted'>;
