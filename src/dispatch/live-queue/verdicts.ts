import type { RequestFacts } from '../../requests/request.events.js';

/** The reason why the worker may not serve the request, or undefined when it may. Pure. */
export type Match<WorkerFacts> = (facts: RequestFacts, worker: WorkerFacts) => string | undefined;

/** Requests with one signature get one verdict from a worker. The id changes when the table is renumbered. */
export interface Signature {
  id: number;
  users: number;
  readonly text: string;
}

/** Unused signatures that stay, so that one which comes and goes is not matched anew by every worker each time. */
const IDLE_SIGNATURES_MAX = 4_096;

/** Signatures with small numbers, so that a worker's verdicts fit into an array of bytes. */
export class Signatures {
  /** Grows when ids change: verdicts noted under an older epoch are void. */
  epoch = 0;
  readonly #byText = new Map<string, Signature>();
  #idle = 0;

  get size(): number {
    return this.#byText.size;
  }

  /** The signature of a text, with one user more. */
  acquire(text: string): Signature {
    const known = this.#byText.get(text);
    if (known) {
      if (known.users === 0) this.#idle -= 1;
      known.users += 1;
      return known;
    }
    if (this.#idle > IDLE_SIGNATURES_MAX && this.#idle > this.#byText.size / 2) this.#renumber();
    const signature = { id: this.#byText.size, users: 1, text };
    this.#byText.set(text, signature);
    return signature;
  }

  release(signature: Signature): void {
    signature.users -= 1;
    if (signature.users === 0) this.#idle += 1;
  }

  #renumber(): void {
    for (const [text, { users }] of this.#byText) if (users === 0) this.#byText.delete(text);
    let id = 0;
    for (const signature of this.#byText.values()) signature.id = id++;
    this.#idle = 0;
    this.epoch += 1;
  }
}

/** Room for the verdicts of 5,000 workers over 10,000 signatures; beyond it, the worker that asked longest ago is forgotten. */
export const VERDICT_BYTES_MAX = 64 * 2 ** 20;
const TABLE_BYTES_MIN = 256;
const UNKNOWN = 0;
const SERVES = 1;
const REASONS_FROM = 2;
const REASONS_MAX = 250;

/** No account has this id. */
const STRANGER = -1;

interface Table {
  epoch: number;
  codes: Uint8Array;
}

/** Remembers what the matcher said of each signature, worker by worker, in one byte each. */
export class Verdicts<WorkerFacts extends object> {
  readonly #tables = new Map<WorkerFacts, Table>();
  readonly #reasons: string[] = [];
  #bytes = 0;

  constructor(
    private readonly match: Match<WorkerFacts>,
    private readonly signatures: Signatures,
    private readonly bytesMax = VERDICT_BYTES_MAX,
  ) {}

  /** What the worker may serve of people it has nothing to do with: `owners` are those it has. For one call into the queue. */
  of(worker: WorkerFacts, owners: readonly number[]): (signature: Signature, facts: RequestFacts) => string | undefined {
    const matchStranger = (facts: RequestFacts): string | undefined =>
      this.match(owners.includes(facts.payer) ? { ...facts, payer: STRANGER } : facts, worker);
    const table = this.#table(worker);
    return (signature, facts) => {
      if (table.epoch !== this.signatures.epoch) return matchStranger(facts); // renumbered while the caller was awaiting
      const code = table.codes[signature.id] ?? UNKNOWN;
      if (code === SERVES) return undefined;
      if (code !== UNKNOWN) return this.#reasons[code - REASONS_FROM];
      const reason = matchStranger(facts);
      this.#note(table, signature.id, reason);
      return reason;
    };
  }

  #table(worker: WorkerFacts): Table {
    const { epoch } = this.signatures;
    const table = this.#tables.get(worker) ?? { epoch, codes: new Uint8Array(0) };
    if (table.epoch !== epoch) {
      table.codes.fill(UNKNOWN);
      table.epoch = epoch;
    }
    this.#tables.delete(worker); // last in the map: asked last
    this.#tables.set(worker, table);
    if (table.codes.length < this.signatures.size) this.#grow(table, this.signatures.size);
    return table;
  }

  #grow(table: Table, size: number): void {
    const codes = new Uint8Array(Math.max(TABLE_BYTES_MIN, Math.ceil(size * 1.25)));
    codes.set(table.codes);
    this.#bytes += codes.length - table.codes.length;
    table.codes = codes;
    for (const [worker, oldest] of this.#tables) {
      if (this.#bytes <= this.bytesMax || oldest === table) return;
      this.#tables.delete(worker);
      this.#bytes -= oldest.codes.length;
    }
  }

  #note(table: Table, id: number, reason: string | undefined): void {
    if (id >= table.codes.length) return; // a request that came while the caller was still choosing: asked again next time
    if (reason === undefined) {
      table.codes[id] = SERVES;
      return;
    }
    let index = this.#reasons.indexOf(reason);
    if (index < 0) {
      if (this.#reasons.length === REASONS_MAX) throw new Error(`the matcher has more than ${REASONS_MAX} reasons: ${reason}`);
      index = this.#reasons.push(reason) - 1;
    }
    table.codes[id] = index + REASONS_FROM;
  }
}
