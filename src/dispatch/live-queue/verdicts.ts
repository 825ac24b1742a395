import type { RequestFacts } from '../../requests/request.events.js';

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
  readonly text: string;
  users: number;
}

/** Unused values that stay, so that one which comes and goes is not matched anew by every worker each time. */
const IDLE_VALUES_MAX = 1_024;

/** Values with small numbers, so that a worker's verdicts on them fit into an array of bytes. */
class FacetValues {
  /** Grows when ids change: what was noted under an older epoch is void. */
  epoch = 0;
  readonly #byKey = new Map<string, FacetValue>();
  #serial = 0;
  #idle = 0;

  get size(): number {
    return this.#byKey.size;
  }

  acquire(key: string): FacetValue {
    let value = this.#byKey.get(key);
    if (!value) {
      if (this.#idle > IDLE_VALUES_MAX && this.#idle > this.#byKey.size / 2) this.#renumber();
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

  #renumber(): void {
    for (const [key, { users }] of this.#byKey) if (users === 0) this.#byKey.delete(key);
    let id = 0;
    for (const value of this.#byKey.values()) value.id = id++;
    this.#idle = 0;
    this.epoch += 1;
  }
}

/** The signatures of the requests in the queue. */
export class Signatures {
  readonly values: readonly FacetValues[];
  readonly #byText = new Map<string, Signature>();

  constructor(readonly facets: readonly Facet[]) {
    this.values = facets.map(() => new FacetValues());
  }

  get size(): number {
    return this.#byText.size;
  }

  /** The signature of the request, with one user more. */
  acquire(facts: RequestFacts): Signature {
    const values = this.facets.map((facet, index) => this.values[index]!.acquire(facet.keyOf(facts)));
    const text = values.map(({ serial }) => serial).join('.');
    let signature = this.#byText.get(text);
    if (!signature) this.#byText.set(text, (signature = { values, text, users: 0 }));
    signature.users += 1;
    return signature;
  }

  release(signature: Signature): void {
    signature.values.forEach((value, index) => { this.values[index]!.release(value); });
    signature.users -= 1;
    if (signature.users === 0) this.#byText.delete(signature.text);
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
  readonly rank: number;
}

/** A worker's verdicts on the values of one facet. */
interface Table {
  epoch: number;
  codes: Uint8Array;
}

/** What a worker may serve: the reason why not, or undefined. `facts` is any request with the signature and a shared model. */
export type VerdictOn = (signature: Signature, facts: RequestFacts) => string | undefined;

/** Remembers what the matcher said of each value of each facet, worker by worker, in one byte each. */
export class Verdicts<WorkerFacts extends object> {
  readonly #tables = new Map<WorkerFacts, readonly Table[]>();
  readonly #refusals: Refusal[] = [];
  #bytes = 0;

  constructor(
    private readonly match: Match<WorkerFacts>,
    private readonly signatures: Signatures,
    private readonly precedence: readonly string[],
    private readonly bytesMax = VERDICT_BYTES_MAX,
  ) {}

  /** What the worker may serve of people it has nothing to do with: `owners` are those it has. For one call into the queue. */
  of(worker: WorkerFacts, owners: readonly number[]): VerdictOn {
    const tables = this.#tablesOf(worker);
    const { values } = this.signatures;
    return (signature, facts) => {
      let first: Refusal | undefined;
      for (let index = 0; index < tables.length; index += 1) {
        const table = tables[index]!;
        const known = table.epoch === values[index]!.epoch; // else renumbered while the caller was awaiting
        let code = (known ? table.codes[signature.values[index]!.id] : undefined) ?? UNKNOWN;
        if (code === UNKNOWN) {
          code = this.#ask(worker, index, owners.includes(facts.payer) ? { ...facts, payer: STRANGER } : facts);
          if (known) this.#note(table, signature.values[index]!.id, code);
        }
        if (code === SERVES) continue;
        const refusal = this.#refusals[code - REFUSALS_FROM]!;
        if (!first || refusal.rank < first.rank) first = refusal;
      }
      return first?.reason;
    };
  }

  #ask(worker: WorkerFacts, index: number, facts: RequestFacts): number {
    const { name: facet, partOf } = this.signatures.facets[index]!;
    const reason = this.match(partOf(facts), worker);
    if (reason === undefined) return SERVES;
    const known = this.#refusals.findIndex((refusal) => refusal.facet === facet && refusal.reason === reason);
    if (known >= 0) return known + REFUSALS_FROM;
    if (this.#refusals.length === REFUSALS_MAX) throw new Error(`the matcher has more than ${REFUSALS_MAX} reasons: ${reason}`);
    return this.#refusals.push({ facet, reason, rank: this.#rank(facet, reason) }) - 1 + REFUSALS_FROM;
  }

  #rank(facet: string, reason: string): number {
    const own = this.precedence.indexOf(`${facet}:${reason}`);
    const rank = own >= 0 ? own : this.precedence.indexOf(reason);
    return rank >= 0 ? rank : this.precedence.length;
  }

  #tablesOf(worker: WorkerFacts): readonly Table[] {
    const { values } = this.signatures;
    const tables = this.#tables.get(worker) ?? values.map(({ epoch }) => ({ epoch, codes: new Uint8Array(0) }));
    this.#tables.delete(worker); // last in the map: asked last
    this.#tables.set(worker, tables);
    tables.forEach((table, index) => {
      const { epoch, size } = values[index]!;
      if (table.epoch !== epoch) {
        table.codes.fill(UNKNOWN);
        table.epoch = epoch;
      }
      if (table.codes.length < size) this.#grow(table, size);
    });
    this.#forgetOldest(tables);
    return tables;
  }

  #grow(table: Table, size: number): void {
    const codes = new Uint8Array(Math.max(TABLE_BYTES_MIN, Math.ceil(size * 1.25)));
    codes.set(table.codes);
    this.#bytes += codes.length - table.codes.length;
    table.codes = codes;
  }

  #forgetOldest(latest: readonly Table[]): void {
    for (const [worker, tables] of this.#tables) {
      if (this.#bytes <= this.bytesMax || tables === latest) return;
      this.#tables.delete(worker);
      for (const { codes } of tables) this.#bytes -= codes.length;
    }
  }

  #note(table: Table, id: number, code: number): void {
    if (id < table.codes.length) table.codes[id] = code; // a value that came while the caller was choosing has no room yet
  }
}
