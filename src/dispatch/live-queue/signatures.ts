import type { RequestFacts } from '../../requests/request.events.js';

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
  /** A request with everything harmless but this. */
  readonly part: RequestFacts;
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

  acquire({ keyOf, partOf }: Facet, facts: RequestFacts): FacetValue {
    const key = keyOf(facts);
    let value = this.#byKey.get(key);
    if (!value) {
      value = { id: this.#byKey.size, users: 0, serial: this.#serial++, key, part: partOf(facts) };
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
    const values = this.facets.map((facet, index) => this.values[index]!.acquire(facet, facts));
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
