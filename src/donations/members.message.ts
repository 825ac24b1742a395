import type { Reason } from './thanks.js';
import type { Member, MemberSource } from './member-source.js';

/** Finds the account that belongs to a supporter. */
export interface Holders {
  byAlias(alias: string): Promise<number | undefined>;
  byContact(contact: string): Promise<number | undefined>;
}
interface Options {
  readonly sources: readonly MemberSource[];
  readonly holders: Holders;
  readonly clock: { monotonic(): number };
  readonly logger: { warn(details: object, message: string): void };
}

/** Who supports the horde every month, as the platforms for that say. In memory: every node asks for itself, and nobody waits for it. */
export class Members {
  readonly #listed = new Map<MemberSource, readonly Member[]>();
  readonly #askedAtMs = new Map<MemberSource, number>();
  #reasons: ReadonlyMap<number, readonly Reason[]> = new Map();

  constructor(private readonly options: Options) {}

  /**
   * Asks the sources whose lists are old; one that fails is what it was, and is asked again when it is due. Whose account each supporter
   * has is looked up every time: some register after they have begun to support. Returns how many sources answered.
   */
  async refresh(): Promise<number> {
    let answered = 0;
    for (const source of this.options.sources) if (this.#isDue(source)) answered += Number(await this.#ask(source));
    this.#reasons = await this.#reasonsByUser();
    return answered;
  }

  users(): Iterable<number> {
    return this.#reasons.keys();
  }

  reasonsOf(user: number): readonly Reason[] {
    return this.#reasons.get(user) ?? [];
  }

  /** Supporters may do a little more than others (horde-rules §1.11). */
  isPatron(user: number): boolean {
    return this.#reasons.has(user);
  }

  #isDue(source: MemberSource): boolean {
    const askedAtMs = this.#askedAtMs.get(source);
    return askedAtMs === undefined || this.options.clock.monotonic() - askedAtMs >= source.everyMs;
  }

  async #ask(source: MemberSource): Promise<boolean> {
    const { logger, clock } = this.options;
    this.#askedAtMs.set(source, clock.monotonic());
    try {
      const members = await source.members();
      this.#listed.set(source, members);
      const odd = members.filter(({ thanks }) => thanks === 0).length;
      if (odd > 0) logger.warn({ source: source.name, supporters: odd }, 'supporters with a tier that is not known are not thanked');
      return true;
    } catch (error) {
      // The messages of its own errors name no person and no key; whatever else it is, only its kind is told.
      const { name, message } = error instanceof Error ? error : new Error('unknown');
      logger.warn({ source: source.name, reason: SAFE.has(name) ? message : name }, 'the list of supporters could not be read: the last one stays');
      return false;
    }
  }

  async #reasonsByUser(): Promise<ReadonlyMap<number, readonly Reason[]>> {
    const found = new Map<number, Reason[]>();
    for (const { holder, thanks, since } of [...this.#listed.values()].flat()) {
      const user = await ('alias' in holder ? this.options.holders.byAlias(holder.alias) : this.options.holders.byContact(holder.contact));
      if (user === undefined || user === 0) continue;
      found.set(user, [...(found.get(user) ?? []), { kind: 'donations', amount: thanks, since }]);
    }
    return found;
  }
}
const SAFE: ReadonlySet<string> = new Set(['OutboundFailed', 'UnexpectedAnswer']);
