import { type AppendResult, type RecordedEvent } from '../../src/platform/event-log/event-log.js';

/** What a client of the log was told about an append. `refused` and `unavailable` promise that nothing was written. */
export type Told = 'acknowledged' | 'refused' | 'unavailable' | 'unknown';

interface Sent {
  readonly size: number;
  told: Told | undefined;
  result: AppendResult | undefined;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
/** An append is known by its number, and its events say it in their ids: half an hour of load need not be kept to be judged. */
export const idOf = (append: number, at: number): string => `${hex(append, 8)}-${hex(at, 4)}-4000-8000-000000000000`;
const appendOf = (id: string): number => parseInt(id.slice(0, 8), 16);
const placeOf = (id: string): number => parseInt(id.slice(9, 13), 16);

/** What the log holds against what was told; each list names appends. */
export interface Verdict {
  readonly lost: readonly number[];
  readonly doubled: readonly number[];
  readonly ghosts: readonly number[];
  readonly torn: readonly number[];
  readonly misplaced: readonly number[];
}
export const FLAWLESS: Verdict = { lost: [], doubled: [], ghosts: [], torn: [], misplaced: [] };

/** What was asked of the log, and what it answered. */
export class StoreJournal {
  readonly faults: string[] = [];
  /** Calls that have not been answered yet. */
  underWay = 0;
  slowestMs = 0;
  reads = 0;
  repeats = 0;
  private readonly sent: Sent[] = [];

  /** The number of a new append. */
  begin(size: number): number {
    this.sent.push({ size, told: undefined, result: undefined });
    return this.sent.length - 1;
  }
  settle(append: number, told: Told, result?: AppendResult): void {
    Object.assign(this.sent[append]!, { told, result });
  }
  told(told: Told | undefined): number {
    return this.sent.filter((sent) => sent.told === told).length;
  }

  /** Everything that the log holds, in its order, against what was told. */
  judge(stored: readonly RecordedEvent[]): Verdict {
    const found = new Uint32Array(this.sent.length);
    const [torn, misplaced] = [new Set<number>(), new Set<number>()];
    for (const [k, { id, revision, position }] of stored.entries()) {
      const append = appendOf(id);
      const { size, result } = this.sent[append]!;
      const at = placeOf(id);
      if (at > 0 && stored[k - 1]?.id !== idOf(append, at - 1)) torn.add(append);
      if (at === size - 1 && result && (result.revision !== revision || result.position !== position)) misplaced.add(append);
      found[append]! += 1;
    }
    const those = (is: (sent: Sent, count: number) => boolean): number[] => this.sent.flatMap((sent, append) => (is(sent, found[append]!) ? [append] : []));
    return {
      lost: those(({ told }, count) => told === 'acknowledged' && count === 0),
      doubled: those(({ size }, count) => count > size),
      ghosts: those(({ told }, count) => (told === 'refused' || told === 'unavailable') && count > 0),
      torn: [...torn, ...those(({ size }, count) => count > 0 && count < size)],
      misplaced: [...misplaced],
    };
  }

  /** How many appends of which nobody knew turn out to be there. */
  unknownButThere(stored: readonly RecordedEvent[]): number {
    return stored.filter(({ id }) => placeOf(id) === 0 && this.sent[appendOf(id)]!.told === 'unknown').length;
  }
}
