import type { Clock } from '../kernel/clock.js';
import { contains, isPublic, type Network } from '../platform/networks.js';

/** What a scorer of addresses says: likely that of a VPN, a proxy or a data centre, or not; `unknown` when it could not be asked. */
export type AddressVerdict = 'safe' | 'unsafe' | 'unknown';

/** Somebody who scores addresses. */
export abstract class AddressScorer {
  /** Never throws. */
  abstract verdict(ip: string): Promise<AddressVerdict>;
}

/** horde-rules §9.2. */
const VERDICT_LIFE_MS = 6 * 60 * 60_000;
/** A scorer that is away is not asked about the same address with every pop. */
const UNKNOWN_LIFE_MS = 60_000;
/** Some 10 MB. */
const REMEMBERED_MAX = 50_000;

interface Remembered {
  readonly verdict: AddressVerdict;
  readonly untilMs: number;
}

/** Whether an address can be trusted. Without a scorer, and for addresses that nobody out there has, always. */
export class AddressChecks {
  readonly #known = new Map<string, Remembered>();
  readonly #asked = new Map<string, Promise<AddressVerdict>>();

  constructor(private readonly scorer: AddressScorer | undefined, private readonly allowed: readonly Network[], private readonly clock: Clock) {}

  async verdict(ip: string): Promise<AddressVerdict> {
    const { scorer } = this;
    if (!scorer || !isPublic(ip) || this.allowed.some((network) => contains(network, ip))) return 'safe';
    const known = this.#known.get(ip);
    if (known && known.untilMs > this.clock.monotonic()) return known.verdict;
    const asked = this.#asked.get(ip) ?? this.#ask(scorer, ip); // a rush of pops asks once
    this.#asked.set(ip, asked);
    return asked;
  }

  async #ask(scorer: AddressScorer, ip: string): Promise<AddressVerdict> {
    const verdict = await scorer.verdict(ip);
    this.#asked.delete(ip);
    this.#known.delete(ip);
    this.#known.set(ip, { verdict, untilMs: this.clock.monotonic() + (verdict === 'unknown' ? UNKNOWN_LIFE_MS : VERDICT_LIFE_MS) });
    if (this.#known.size > REMEMBERED_MAX) this.#known.delete(this.#known.keys().next().value!);
    return verdict;
  }
}
