import { iso } from '../../src/kernel/clock.js';
import { ledgerOf, type AnyEvent } from '../../src/kernel/event.js';
import { centikudos, kudos, type Kudos } from '../../src/kernel/kudos.js';
import type { AccountCommand, Original } from '../../src/kudos/account.commands.js';
import { REVERSIBLE, reversalAccountOf } from '../../src/kudos/reversal.js';
import { TRUST_AGE_MS } from '../../src/users/trust.js';
import type { UserCommand } from '../../src/users/user.commands.js';
import { Seeded } from './seeded.js';

/** What trust, the cap and moderators need of the horde that they live in. */
export interface Compensated {
  anybody(random: Seeded): number;
  account(user: number, command: AccountCommand): boolean;
  user(user: number, command: UserCommand): boolean;
  spending(user: number): { at: string; policy: 1; creditsElsewhere: Kudos; creditsComplete: true };
  /** Users with credits of escrow in rounds that are over. */
  escrowed(): readonly number[];
  /** Credits of escrow in other streams, of rounds that are over. */
  escrowElsewhere(user: number): Kudos;
}

/** Low enough to be met by some. */
const CAP = kudos(600);
const THRESHOLD = kudos(1);
const REMEMBERED_MAX = 200;

/** Users are trusted and get their escrow, the cap takes its excess, moderators and the operator compensate. */
export class Compensations {
  private readonly random: Seeded;
  /** Transactions of rounds that are over: nobody can take back what is not in the log yet. */
  private readonly known: Original[] = [];
  private readonly fresh: Original[] = [];
  /** Escrow is released in a round after that of the trust: appends of one round have no order. */
  private readonly trusted = new Set<number>();
  private readonly promoted: number[] = [];

  constructor(seed: number, private readonly horde: Compensated) {
    this.random = new Seeded(seed);
  }

  step(): void {
    const { random, horde } = this;
    const waiting = horde.escrowed();
    if (random.chance(0.4) && waiting.length > 0) this.promote(random.pick(waiting));
    for (let looked = 0; looked < 5; looked++) {
      const user = horde.anybody(random);
      horde.account(user, { type: 'SweepExcess', cap: CAP, ...horde.spending(user) });
    }
    if (random.chance(0.25)) this.takeBack();
    if (random.chance(0.15)) {
      const user = horde.anybody(random);
      const [txId, amount] = [random.uuid(), centikudos(random.between(-2_000, 9_000))];
      horde.account(user, { type: 'ReconcileBalance', txId, amount, by: 1, reference: txId, indexedThrough: Number.MAX_SAFE_INTEGER, ...horde.spending(user) });
    }
  }

  saw(events: readonly AnyEvent[]): void {
    for (const event of events) {
      const ledger = ledgerOf(event);
      const { request = null, job = null } = event.data as { request?: string; job?: string };
      if (ledger) this.fresh.push({ txId: ledger.txId, kind: ledger.kind, postings: ledger.postings, request, job });
    }
  }
  endOfRound(): void {
    for (const user of this.promoted.splice(0)) this.trusted.add(user);
    this.known.push(...this.fresh.splice(0));
    this.known.splice(0, this.known.length - REMEMBERED_MAX);
  }

  private promote(user: number): void {
    const escrow = this.horde.escrowElsewhere(user);
    const { at, policy } = this.horde.spending(user);
    if (this.trusted.has(user)) this.horde.account(user, { type: 'ReleaseEscrow', escrowElsewhere: escrow, at, policy });
    else if (escrow > THRESHOLD) this.promoted.push(user);
    this.horde.user(user, { type: 'GrantTrust', escrow, threshold: THRESHOLD, suspicious: false, at: iso(Date.parse(at) + TRUST_AGE_MS) });
  }

  private takeBack(): void {
    const original = this.known.length > 0 ? this.random.pick(this.known) : undefined;
    const loser = original && reversalAccountOf(original);
    if (!original || loser === undefined || !REVERSIBLE[original.kind]) return;
    this.horde.account(loser, {
      type: 'ReverseTransaction', original, by: 1, force: this.random.chance(0.2), escrowElsewhere: this.horde.escrowElsewhere(loser),
      indexedThrough: Number.MAX_SAFE_INTEGER, ...this.horde.spending(loser),
    });
  }
}
