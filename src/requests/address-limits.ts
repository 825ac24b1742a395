import { Injectable } from '@nestjs/common';
import { Crowding } from '../dispatch/crowding.message.js';
import { LiveQueue } from '../dispatch/live-queue.message.js';
import { AddressTags } from '../platform/vault/address-tags.js';
import { Refused, refusedBy } from '../platform/http/refusals.js';
import type { RequestKind } from './request.events.js';
import { admissionRefusals } from './request.refusals.js';

/** What one address may have unfinished while nobody has to wait: as much as a new account (horde-rules §1.5). */
export const ADDRESS_JOBS_MAX = 30;
/** From here on an address's share shrinks as the wait grows: half of it at twice this wait, a third at three times. */
export const UNHURRIED_WAIT_S = 60;
/** By then the wait is another one, however long it was. */
const RETRY_MAX_S = 300;

/** Never less than one job: nobody is shut out. */
export const addressShare = (waitS: number): number => Math.max(1, Math.floor(ADDRESS_JOBS_MAX * Math.min(1, UNHURRIED_WAIT_S / waitS)));

/** Anonymous use is limited by address, the more the longer everybody waits (design.md §6). */
@Injectable()
export class AddressLimits {
  constructor(private readonly tags: AddressTags, private readonly queue: LiveQueue, private readonly crowding: Crowding) {}

  tagOf(ip: string): Promise<string> {
    return this.tags.of(ip);
  }

  /** `factor`: how many jobs of this kind count as one. Asks `caughtUp` before it says no. @throws Refused TooManyPrompts */
  async check(ip: string, asked: { readonly kind: RequestKind; readonly jobs: number; readonly factor: number }, caughtUp: () => Promise<void>): Promise<void> {
    if (!this.crowding.limitsAddresses) return;
    const tag = await this.tags.of(ip);
    if (this.#excess(tag, asked) === undefined) return;
    await caughtUp();
    const excess = this.#excess(tag, asked);
    if (!excess) return;
    const { rc, status, message } = refusedBy(admissionRefusals, 'TooManyPrompts', { ...excess, anonymous: 1 });
    throw new Refused(rc, status, message, { 'retry-after': Math.min(RETRY_MAX_S, Math.max(1, Math.ceil(excess.waitS))) });
  }

  #excess(tag: string, { kind, jobs, factor }: { readonly kind: RequestKind; readonly jobs: number; readonly factor: number }) {
    const waitS = this.crowding.expectedWaitS(kind);
    const waiting = this.queue.unfinishedJobsOfAddress(tag, kind);
    const limit = addressShare(waitS) * factor;
    return waiting + jobs > limit ? { waiting, limit, waitS } : undefined;
  }
}
