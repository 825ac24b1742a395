import type { RequestFacts } from '../../requests/request.events.js';
import type { Signature, Signatures } from './signatures.js';
import type { FoundSets } from './model-sets.js';
import type { Slot, Tallied, Tallies } from './tallies.js';
import { WENT } from './tally-journal.js';

/** The reason why the worker may not serve the request, or undefined when it may. Pure. */
export type Match<WorkerFacts> = (facts: RequestFacts, worker: WorkerFacts) => string | undefined;

/** Room for 5,000 workers' verdicts on 10,000 values; beyond it, the worker that asked longest ago is forgotten. */
export const VERDICT_BYTES_MAX = 64 * 2 ** 20;
/** As many workers at most, however little is known of each: with 300 models, what hangs on one that is remembered takes 25 kB besides its verdicts. */
export const WORKERS_MAX = 10_000;
const TABLE_BYTES_MIN = 32;
/** Codes are ordered so that the greatest of a request's parts is its verdict: nothing, or the first refusal, or not known. */
const SERVES = 0;
const REFUSAL_FIRST = 254;
const UNKNOWN = 255;

/** No account has this id. */
const STRANGER = -1;

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
  /** Looks at the requests of all sets that were found; `served` is called for each slot that the worker may serve. */
  sweep<Set extends Tallied>(tallies: Tallies<Set>, found: FoundSets, served?: (slot: Slot<Set>) => void): Sight;
  /** Brings what was seen up to now, by the changes from a place in the journal on. */
  follow<Set extends Tallied>(sight: Sight, { journal }: Tallies<Set>, from: number, found: FoundSets): void;
  /** Requests that the worker may not serve, by reason. */
  skipped(sight: Sight): Map<string, number>;
}

/** What a worker sees of everything that it shares a model with. */
export interface Sight {
  /** Requests by verdict. */
  readonly counts: Int32Array;
  /** None that it may serve has a higher key; −∞ when it may serve none. */
  front: number;
}

/** Remembers what the matcher said of each value of each facet, worker by worker, in one byte each. */
export class Verdicts<WorkerFacts extends object> {
  readonly #tables = new Map<WorkerFacts, Table>();
  /** By rank; the code of a refusal is `REFUSAL_FIRST` less its rank. */
  readonly #reasons: string[];
  #bytes = 0;

  constructor(
    private readonly match: Match<WorkerFacts>,
    private readonly signatures: Signatures,
    private readonly precedence: readonly string[],
    private readonly bytesMax = VERDICT_BYTES_MAX,
  ) {
    this.#reasons = precedence.map((entry) => entry.slice(entry.indexOf(':') + 1));
  }

  /** For one call into the queue. */
  of(worker: WorkerFacts): WorkerVerdicts {
    let table = this.#tableOf(worker);
    const codeOf = (signature: Signature, index: number, facts: RequestFacts): number => {
      if (table.epoch !== this.signatures.epoch) table = this.#tableOf(worker); // renumbered while the caller was awaiting
      const code = table.codes[index]![signature.ids[index]!] ?? UNKNOWN;
      return code === UNKNOWN ? this.#learn({ worker, table }, { signature, index, facts }) : code;
    };
    const facets = this.signatures.facets.length;
    const verdict = (signature: Signature, facts: RequestFacts): number => {
      let greatest = SERVES;
      for (let index = 0; index < facets; index += 1) greatest = Math.max(greatest, codeOf(signature, index, facts));
      return greatest;
    };
    return {
      serves: (signature, facts) => {
        for (let index = 0; index < facets; index += 1) if (codeOf(signature, index, facts) !== SERVES) return false;
        return true;
      },
      reason: (signature, facts) => this.#reasonOf(verdict(signature, facts)),
      sweep: (tallies, { marks, search }, served) => {
        table = this.#tableOf(worker);
        const { slots, sets, ids, requests, best } = tallies.asOf(this.signatures.epoch);
        const sight = { counts: new Int32Array(UNKNOWN), front: -Infinity };
        for (let place = 0; place < slots.length; place += 1) {
          if (marks[sets[place]!] !== search) continue;
          let code = greatestOf(table.codes, ids, place * facets);
          if (code === UNKNOWN) code = verdict(slots[place]!.signature, slots[place]!.facts);
          sight.counts[code]! += requests[place]!;
          if (code !== SERVES) continue;
          if (best[place]! > sight.front) sight.front = best[place]!;
          served?.(slots[place]!);
        }
        return sight;
      },
      follow: (sight, { journal: { slots, sets, ids, kinds, keys } }, from, { marks, search }) => {
        table = this.#tableOf(worker);
        for (let place = from; place < slots.length; place += 1) {
          if (marks[sets[place]!] !== search) continue;
          let code = greatestOf(table.codes, ids, place * facets);
          if (code === UNKNOWN) code = verdict(slots[place]!.signature, slots[place]!.facts);
          sight.counts[code]! += kinds[place]!;
          if (code === SERVES && kinds[place] !== WENT && keys[place]! > sight.front) sight.front = keys[place]!;
        }
        if (sight.counts[SERVES] === 0) sight.front = -Infinity;
      },
      skipped: ({ counts }) => this.#byReason(counts),
    };
  }

  /** One question, without what `of` prepares for many: for whoever asks of thousands of workers. */
  serves(worker: WorkerFacts, signature: Signature, facts: RequestFacts): boolean {
    const known = this.#tables.get(worker);
    let table = known?.epoch === this.signatures.epoch ? known : this.#tableOf(worker);
    for (let index = 0; index < signature.ids.length; index += 1) {
      let code = table.codes[index]![signature.ids[index]!];
      if (code === undefined) table = this.#tableOf(worker); // makes room for values that have come since
      if (code === undefined || code === UNKNOWN) code = this.#learn({ worker, table }, { signature, index, facts });
      if (code !== SERVES) return false;
    }
    return true;
  }

  #byReason(sums: Int32Array): Map<string, number> {
    const counts = new Map<string, number>();
    this.#reasons.forEach((reason, rank) => {
      const sum = sums[REFUSAL_FIRST - rank]!;
      if (sum > 0) counts.set(reason, (counts.get(reason) ?? 0) + sum);
    });
    return counts;
  }

  #reasonOf(code: number): string | undefined {
    return code === SERVES ? undefined : this.#reasons[REFUSAL_FIRST - code];
  }

  /** Asks the matcher about one part of a request, and remembers its answer. */
  #learn({ worker, table }: Asker<WorkerFacts>, { signature, index, facts: { models } }: Question): number {
    const code = this.#ask(worker, index, { ...signature.values[index]!.part, models, payer: STRANGER });
    const codes = table.codes[index]!;
    const id = signature.ids[index]!;
    if (id < codes.length) codes[id] = code; // a value that came while the caller was choosing has no room yet
    return code;
  }

  #ask(worker: WorkerFacts, index: number, part: RequestFacts): number {
    const reason = this.match(part, worker);
    if (reason === undefined) return SERVES;
    return REFUSAL_FIRST - this.#rank(this.signatures.facets[index]!.name, reason);
  }

  #rank(facet: string, reason: string): number {
    const own = this.precedence.indexOf(`${facet}:${reason}`);
    if (own >= 0) return own;
    const rank = this.#reasons.findIndex((known, index) => known === reason && !this.precedence[index]?.includes(':'));
    if (rank >= 0) return rank;
    if (this.#reasons.length === REFUSAL_FIRST) throw new Error(`the matcher has more than ${REFUSAL_FIRST} reasons: ${reason}`);
    return this.#reasons.push(reason) - 1;
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
      const longer = new Uint8Array(Math.max(TABLE_BYTES_MIN, Math.ceil(size * 1.25))).fill(UNKNOWN);
      longer.set(codes);
      table.codes[index] = longer;
      this.#bytes += longer.length - codes.length;
    });
    this.#forgetOldest(table);
    return table;
  }

  #forgetOldest(latest: Table): void {
    for (const [worker, table] of this.#tables) {
      if ((this.#bytes <= this.bytesMax && this.#tables.size <= WORKERS_MAX) || table === latest) return;
      this.#tables.delete(worker);
      for (const codes of table.codes) this.#bytes -= codes.length;
    }
  }
}

/** Over the values whose ids stand from `from` on. */
const greatestOf = (codes: readonly Uint8Array[], ids: Int32Array, from: number): number => {
  let greatest = SERVES;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index]![ids[from + index]!]!;
    if (code > greatest) greatest = code;
  }
  return greatest;
};

interface Asker<WorkerFacts> {
  readonly worker: WorkerFacts;
  readonly table: Table;
}
interface Question {
  readonly signature: Signature;
  readonly index: number;
  readonly facts: RequestFacts;
}
