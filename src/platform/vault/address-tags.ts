import { iso, type Clock } from '../../kernel/clock.js';
import { limitedAs } from '../http/limits/client-ip.js';
import { RetryLater } from '../retry-later.js';
import type { Vault } from './vault.js';

const DAY_MS = 24 * 60 * 60_000;
/** Long enough that two addresses of one day never share a tag. */
const TAG_DIGITS = 32;
const SUBJECT = 'addresses-';
const FIRST_DAY = '2000-01-01';

/**
 * What stands for a caller's address in events: a hash under a key of the day, which is destroyed when the next day is over.
 * From then on nobody can find out whose tag it was, nor whether two tags of different days are one address's.
 */
export class AddressTags {
  #today = '';

  constructor(private readonly vault: Pick<Vault, 'hashUnder' | 'destroyKeys'>, private readonly clock: Pick<Clock, 'now'>) {}

  /** A tag begins with its day, as 20260105, so that what is kept by tag can be dropped by age. */
  async of(ip: string): Promise<string> {
    const now = this.clock.now();
    const today = dayOf(now);
    const hash = await this.vault.hashUnder(`${SUBJECT}${today}`, limitedAs(ip));
    if (hash === undefined) throw new RetryLater('the key of this day is gone');
    if (today !== this.#today) await this.#destroyOld(now);
    return `${today.replaceAll('-', '')}-${hash.slice(0, TAG_DIGITS)}`;
  }

  /** Yesterday's stays: requests of late yesterday are still in the queue, and clocks differ. */
  async #destroyOld(nowMs: number): Promise<void> {
    await this.vault.destroyKeys(`${SUBJECT}${FIRST_DAY}`, `${SUBJECT}${dayOf(nowMs - DAY_MS)}`);
    this.#today = dayOf(nowMs);
  }
}

const dayOf = (ms: number): string => iso(ms).slice(0, FIRST_DAY.length);
