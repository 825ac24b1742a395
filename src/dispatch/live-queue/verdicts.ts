import type { RequestFacts } from '../../requests/request.events.js';
import type { Slot, Tallies } from './tallies.js';

/** The reason why the worker may not serve the request, or undefined when it may. Pure. */
export type Match<WorkerFacts> = (facts: RequestFacts, worker: WorkerFacts) => string | undefined;

/** One part of what a matcher reads of a request besides its payer and whether it shares a model with the worker. */
export interface Facet {
  readonly name: string;
  /** Requests with equal keys get equal answers to this part from every worker. */
  readonly keyOf: (facts: RequestFacts) => string;
  /** The request with everything harmless but this part. */
  readonly partOf: (facts: RequestFacts) => RequestFacts;
}

/** A worker serves a request exactly if it serves every part; if it fails several, the reason of highest precedence counts. */
export interface Facets {
  readonly facets: readonly Facet[];
  /** Reasons, first come first; `name:reason` is the reason of the facet of that name. What is missing comes last. */
  readonly precedence: readonly string[];
}

/** One value of one facet. The id is small, and changes when the table is renumbered; the serial never does. */
interface FacetValue {
  id: number;
  users: number;
  readonly serial: number;
  readonly key: string;
}

/** The values of all facets of a request. Requests with one signature get one verdict from a worker. */
export interface Signature {
  readonly values: readonly FacetValue[];
  /** The ids of the values, flat: a search reads those of thousands of signatures. */
  readonly ids: Int32Array;
  readonly text: string;
  users: number;
}

/** Unused values that stay, so that one which comes and goes is not matched anew by every worker each time. */
const IDLE_VALUES_MAX = 1_024;

/** Values with small numbers, so that a worker's verdicts on them fit into an array of bytes. */
class FacetValues {
  readonly #byKey = new Map<string, FacetValue>();
  #serial = 0;
  #idle = 0;

  get size(): number {
    return this.#byKey.size;
  }

  /** Too many values that nobody uses take up numbers. */
  get isWasteful(): boolean {
    return this.#idle > IDLE_VALUES_MAX && this.#idle > this.#byKey.size / 2;
  }

  acquire(key: string): FacetValue {
    let value = this.#byKey.get(key);
    if (!value) {
      value = { id: this.#byKey.size, users: 0, serial: this.#serial++, key };
      this.#byKey.set(key, value);
      this.#idle += 1;
    }
    if (value.users === 0) this.#idle -= 1;
    value.users += 1;
    return value;
  }

  release(value: FacetValue): void {
    value.users -= 1;
    if (value.users === 0) this.#idle += 1;
  }

  renumber(): void {
    for (const [key, { users }] of this.#byKey) if (users === 0) this.#byKey.delete(key);
    let id = 0;
    for (const value of this.#byKey.values()) value.id = id++;
    this.#idle = 0;
  }
}

/** The signatures of the requests in the queue. */
export class Signatures {
  readonly values: readonly FacetValues[];
  /** Grows when ids change: what was noted under an older epoch is void. */
  epoch = 0;
  readonly #byText = new Map<string, Signature>();

  constructor(readonly facets: readonly Facet[]) {
    this.values = facets.map(() => new FacetValues());
  }

  get size(): number {
    return this.#byText.size;
  }

  /** The signature of the request, with one user more. */
  acquire(facts: RequestFacts): Signature {
    if (this.values.some(({ isWasteful }) => isWasteful)) this.#renumber();
    const values = this.facets.map((facet, index) => this.values[index]!.acquire(facet.keyOf(facts)));
    const text = values.map(({ serial }) => serial).join('.');
    let signature = this.#byText.get(text);
    if (!signature) this.#byText.set(text, (signature = { values, ids: Int32Array.from(values, ({ id }) => id), text, users: 0 }));
    signature.users += 1;
    return signature;
  }

  release(signature: Signature): void {
    signature.values.forEach((value, index) => { this.values[index]!.release(value); });
    signature.users -= 1;
    if (signature.users === 0) this.#byText.delete(signature.text);
  }

  #renumber(): void {
    this.epoch += 1;
    for (const values of this.values) if (values.isWasteful) values.renumber();
    for (const { values, ids } of this.#byText.values()) for (let index = 0; index < ids.length; index += 1) ids[index] = values[index]!.id;
  }
}

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
