import type { RequestFacts } from '../../requests/request.events.js';
import type { Signature, Signatures } from './signatures.js';
import type { Slot, Tallies } from './tallies.js';

/** The reason why the worker may not serve the request, or undefined when it may. Pure. */
export type Match<WorkerFacts> = (facts: RequestFacts, worker: WorkerFacts) => string | undefined;

/** Room for 5,000 workers' verdicts on 10,000 values; beyond it, the worker that asked longest ago is forgotten. */
export const VERDICT_BYTES_MAX = 64 * 2 ** 20;
const TABLE_BYTES_MIN = 32;
const UNKNOWN = 0;
const SERVES = 1;
const REFUSALS_FROM = 2;
const REFUSALS_MAX = 250;

/** No account has this id. */
const STRANGER = -1;

interface Refusal {
  readonly facet: string;
  readonly reason: string;
}

/** A worker's verdicts, by facet and id of the value. */
interface Table {
  epoch: number;
  readonly codes: Uint8Array[];
}

/** What a worker may serve of people it has nothing to do with. `facts` is any request with the signature and a shared model. */
export interface WorkerVerdicts {
  serves(signature: Signature, facts: RequestFacts): boolean;
  /** Why not, or undefined. */
  reason(signature: Signature, facts: RequestFacts): string | undefined;
  /** How many requests the worker does not serve, by reason; `served` is called for each signature that it does. */
  sweep<Counted extends { readonly bySignature: Tallies }>(sets: Iterable<Counted>, served?: (slot: Slot, set: Counted) => void): Map<string, number>;
}

/** Remembers what the matcher said of each value of each facet, worker by worker, in one byte each. */
export class Verdicts<WorkerFacts extends object> {
  readonly #tables = new Map<WorkerFacts, Table>();
  readonly #refusals: Refusal[] = [];
  /** Of each refusal's code. */
  readonly #ranks = new Int32Array(REFUSALS_FROM + REFUSALS_MAX);
  #bytes = 0;

  constructor(
    private readonly match: Match<WorkerFacts>,
    private readonly signatures: Signatures,
    private readonly precedence: readonly string[],
    private readonly bytesMax = VERDICT_BYTES_MAX,
  ) {}

  /** For one call into the queue. `owners` are those that the worker does have to do with. */
  of(worker: WorkerFacts, owners: readonly number[]): WorkerVerdicts {
    let table = this.#tableOf(worker);
    const codeOf = (signature: Signature, index: number, facts: RequestFacts): number => {
      if (table.epoch !== this.signatures.epoch) table = this.#tableOf(worker); // renumbered while the caller was awaiting
      return table.codes[index]![signature.ids[index]!] || this.#learn({ worker, owners, table }, { signature, index, facts });
    };
    const facets = this.signatures.facets.length;
    const firstRefusal = (signature: Signature, facts: RequestFacts): number => {
      let first = SERVES;
      for (let index = 0; index < facets; index += 1) first = this.#earlier(first, codeOf(signature, index, facts));
      return first;
    };
    return {
      serves: (signature, facts) => {
        for (let index = 0; index < facets; index += 1) if (codeOf(signature, index, facts) !== SERVES) return false;
        return true;
      },
      reason: (signature, facts) => this.#reasonOf(firstRefusal(signature, facts)),
      sweep: (sets, served) => {
        const sums = new Int32Array(REFUSALS_FROM + REFUSALS_MAX);
        for (const set of sets) {
          const { slots, ids, requests } = set.bySignature.asOf(this.signatures.epoch);
          for (let place = 0; place < slots.length; place += 1) {
            let first = this.#known(table, ids, place * facets);
            if (first === UNKNOWN) first = firstRefusal(slots[place]!.signature, slots[place]!.facts);
            if (first === SERVES) served?.(slots[place]!, set);
            else sums[first]! += requests[place]!;
          }
        }
        return this.#byReason(sums);
      },
    };
  }

  #byReason(sums: Int32Array): Map<string, number> {
    const counts = new Map<string, number>();
    this.#refusals.forEach(({ reason }, index) => {
      const sum = sums[index + REFUSALS_FROM]!;
      if (sum > 0) counts.set(reason, (counts.get(reason) ?? 0) + sum);
    });
    return counts;
  }

  /** The first refusal among the values whose ids are given, `SERVES`, or `UNKNOWN` when one was never asked about. */
  #known({ codes }: Table, ids: Int32Array, from: number): number {
    let first = SERVES;
    for (let index = 0; index < codes.length; index += 1) {
      const code = codes[index]![ids[from + index]!]!;
      if (code === SERVES) continue;
      if (code === UNKNOWN) return UNKNOWN;
      first = this.#earlier(first, code);
    }
    return first;
  }

  #earlier(first: number, code: number): number {
    if (code === SERVES || first === SERVES) return code === SERVES ? first : code;
    return this.#ranks[code]! < this.#ranks[first]! ? code : first;
  }

  #reasonOf(code: number): string | undefined {
    return code === SERVES ? undefined : this.#refusals[code - REFUSALS_FROM]!.reason;
  }

  /** Asks the matcher about one part of a request, and remembers its answer. */
  #learn({ worker, owners, table }: Asker<WorkerFacts>, { signature, index, facts }: Question): number {
    const code = this.#ask(worker, index, owners.includes(facts.payer) ? { ...facts, payer: STRANGER } : facts);
    const codes = table.codes[index]!;
    const id = signature.ids[index]!;
    if (id < codes.length) codes[id] = code; // a value that came while the caller was choosing has no room yet
    return code;
  }

  #ask(worker: WorkerFacts, index: number, facts: RequestFacts): number {
    const { name: facet, partOf } = this.signatures.facets[index]!;
    const reason = this.match(partOf(facts), worker);
    if (reason === undefined) return SERVES;
    const known = this.#refusals.findIndex((refusal) => refusal.facet === facet && refusal.reason === reason);
    if (known >= 0) return known + REFUSALS_FROM;
    if (this.#refusals.length === REFUSALS_MAX) throw new Error(`the matcher has more than ${REFUSALS_MAX} reasons: ${reason}`);
    const code = this.#refusals.push({ facet, reason }) - 1 + REFUSALS_FROM;
    this.#ranks[code] = this.#rank(facet, reason);
    return code;
  }

  #rank(facet: string, reason: string): number {
    const own = this.precedence.indexOf(`${facet}:${reason}`);
    const rank = own >= 0 ? own : this.precedence.indexOf(reason);
    return rank >= 0 ? rank : this.precedence.length;
  }

  #tableOf(worker: WorkerFacts): Table {
    const { values, epoch } = this.signatures;
    const table = this.#tables.get(worker) ?? { epoch, codes: values.map(() => new Uint8Array(0)) };
    this.#tables.delete(worker); // last in the map: asked last
    this.#tables.set(worker, table);
    if (table.epoch !== epoch) for (const codes of table.codes) codes.fill(UNKNOWN);
    table.epoch = epoch;
    values.forEach(({ size }, index) => {
      const codes = table.codes[index]!;
      if (codes.length >= size) return;
      const longer = new Uint8Array(Math.max(TABLE_BYTES_MIN, Math.ceil(size * 1.25)));
      longer.set(codes);
      table.codes[index] = longer;
      this.#bytes += longer.length - codes.length;
    });
    this.#forgetOldest(table);
    return table;
  }

  #forgetOldest(latest: Table): void {
    for (const [worker, table] of this.#tables) {
      if (this.#bytes <= this.bytesMax || table === latest) return;
      this.#tables.delete(worker);
      for (const codes of table.codes) this.#bytes -= codes.length;
    }
  }
}

interface Asker<WorkerFacts> {
  readonly worker: WorkerFacts;
  readonly owners: readonly number[];
  readonly table: Table;
}
interface Question {
  readonly signature: Signature;
  readonly index: number;
  readonly facts: RequestFacts;
}
