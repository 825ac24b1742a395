import { Injectable } from '@nestjs/common';
import { Refused } from '../platform/http/refusals.js';
import { OutboundFailed } from '../platform/outbound/outbound.js';
import { Slots } from '../platform/outbound/slots.js';
import { AnswerTooLarge, Strangers, type StrangerLimits } from '../platform/outbound/strangers.js';
import { NOTHING_FETCHED, type Fetched, type SourceImageRc } from './rules/source-image.js';
import { PromptCheck } from './prompt-check.js';
import { StyleUse } from './style-use.js';

/** horde-api C1.1 rows 55 and 57: two seconds, 5000 KiB. */
const IMAGE_LIMITS: StrangerLimits = { connectMs: 2_000, totalMs: 2_000, bytesMax: 5_000 * 1_024, redirectsMax: 3 };
/** A request brings seven images at most; 32 of them are 160 MB in memory, for two seconds. Who asks for more at once waits, or asks again. */
const FETCHES = { workingMax: 32, workingPerCallerMax: 8, waitingMax: 32 };
const OK = 200;

/** What a request names outside of this server: images at URLs, and a webhook. */
@Injectable()
export class Outside {
  readonly #slots = new Slots(FETCHES);

  constructor(private readonly strangers: Strangers) {}

  /** What is at these URLs, each asked once. Bounded for every caller, so that nobody makes this server call others for them. @throws RetryLater */
  async images(urls: readonly string[], caller: string): Promise<Fetched> {
    if (urls.length === 0) return NOTHING_FETCHED;
    return new Map(await Promise.all([...new Set(urls)].map(async (url) => [url, await this.#image(url, caller)] as const)));
  }

  async #image(url: string, caller: string): Promise<Buffer | SourceImageRc> {
    if (this.strangers.refusalOf(url) !== undefined) return 'SourceImageUrlInvalid';
    try {
      const { status, body } = await this.#slots.run(caller, () => this.strangers.call({ url, headers: { accept: 'image/*' } }, IMAGE_LIMITS));
      return status === OK ? body : 'ImageValidationFailed';
    } catch (error) {
      if (error instanceof AnswerTooLarge) return 'SourceImageSizeExceeded';
      if (error instanceof OutboundFailed) return 'ImageValidationFailed'; // why is nobody's business who could not find it out themselves
      throw error;
    }
  }

  /** Row 5: https, unless the operator named its origin. What its name resolves to is looked at with every delivery. @throws Refused BadRequest */
  acceptWebhook(url: string): void {
    const reason = this.strangers.refusalOf(url);
    if (reason !== undefined) throw new Refused('BadRequest', 400, `The webhook ${reason}.`);
  }
}

/** Who is bounded together: an account, or what nobody's requests come from, as far as that is known. */
export const callerOf = (user: number, from = 'anonymous'): string => (user === 0 ? from : `user-${user}`);

/** What a request brings along: its words, whatever they are called by in a style, and what they lead to. */
@Injectable()
export class Brought {
  constructor(readonly styles: StyleUse, readonly outside: Outside, readonly prompts: PromptCheck) {}
}
