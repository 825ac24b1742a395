import {
  EventLog, LogUnavailable, OutcomeUnknown, type AllPage, type AppendResult, type ExpectedRevision, type FeedBatch, type FollowOptions, type NewEvent,
  type Position, type ReadAllOptions, type ReadStreamOptions, type StreamPage,
} from '../../src/platform/event-log/event-log.js';
import type { Seeded } from '../support/seeded.js';
import type { SimStore } from './sim-store.js';

/** What may become of an append on its way. The crashes are those of the node that asked. */
export const FAULTS = ['crash before', 'crash after', 'answer lost', 'question lost', 'lands late', 'delayed', 'sent twice', 'refused by the store'] as const;
export type Fault = (typeof FAULTS)[number];

/** Lets everything go on that waits for nothing from outside. Microtasks all run before the next tick that one of them asked for. */
export const settled = (): Promise<void> => new Promise((resolve) => { process.nextTick(resolve); });

interface Call {
  readonly node: number;
  readonly run: () => void;
}

/** Every call between the nodes and the log, under way until the simulation lets it happen: in any order, or never. */
export class Network {
  #calls: Call[] = [];
  /** Node → faults of its next appends; some wait for one that begins with an event of a certain type. */
  readonly #armed = new Map<number, { readonly fault: Fault; readonly type: string | undefined }[]>();
  /** `crash before JobSettled.v1` → how often. */
  readonly reached = new Map<string, number>();
  onCrash: (node: number) => void = () => undefined;

  /** Node → turns that its process still stands still: a debugger, a full machine, a pause to collect garbage. */
  readonly #paused = new Map<number, number>();
  #delayed: (Call & { turns: number })[] = [];

  /** Calls that can happen now. */
  get waiting(): number {
    return this.#paused.size === 0 ? this.#calls.length : this.#calls.reduce((sum, { node }) => sum + (this.#paused.has(node) ? 0 : 1), 0);
  }

  pause(node: number, turns: number): void {
    this.#paused.set(node, turns);
  }
  isPaused(node: number): boolean {
    return this.#paused.has(node);
  }
  /** The call arrives so many turns later. */
  delay(node: number, turns: number, run: () => void): void {
    this.#delayed.push({ node, turns, run });
  }

  passTurn(): void {
    for (const call of this.#delayed) call.turns -= 1;
    this.#arrive(({ turns }) => turns <= 0);
    for (const [node, turns] of this.#paused) {
      if (turns <= 1) this.#paused.delete(node);
      else this.#paused.set(node, turns - 1);
    }
  }

  #arrive(isDue: (call: { readonly turns: number }) => boolean): void {
    if (this.#delayed.length === 0) return;
    this.#calls.push(...this.#delayed.filter(isDue));
    this.#delayed = this.#delayed.filter((call) => !isDue(call));
  }

  send(node: number, run: () => void): void {
    this.#calls.push({ node, run });
  }

  /** Lets one call happen, whichever. */
  step(random: Seeded): void {
    let at = random.between(0, this.#calls.length - 1);
    while (this.#paused.has(this.#calls[at]!.node)) at = (at + 1) % this.#calls.length;
    const [call] = this.#calls.splice(at, 1);
    call!.run();
  }

  /** What a dead node asked, nobody asks any more. What has left it already (a late append) still arrives: it has no node. */
  forget(node: number): void {
    this.#calls = this.#calls.filter((call) => call.node !== node);
    this.#delayed = this.#delayed.filter((call) => call.node !== node);
    this.#armed.delete(node);
    this.#paused.delete(node);
  }

  arm(node: number, fault: Fault, type: string | undefined): void {
    const armed = this.#armed.get(node);
    if (armed) armed.push({ fault, type });
    else this.#armed.set(node, [{ fault, type }]);
  }
  #take(node: number, type: string): Fault | undefined {
    const armed = this.#armed.get(node);
    const at = armed?.findIndex((each) => (each.type ?? type) === type) ?? -1;
    return at < 0 ? undefined : armed!.splice(at, 1)[0]!.fault;
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#paused.clear();
    this.#armed.clear();
    this.#arrive(() => true);
  }

  fault(node: number, events: readonly NewEvent[]): Fault | undefined {
    const { type } = events[0]!;
    const fault = this.#take(node, type) ?? this.#take(ANYBODY, type);
    if (!fault) return undefined;
    const name = `${fault} ${type}`;
    this.reached.set(name, (this.reached.get(name) ?? 0) + 1);
    return fault;
  }
}

const NOBODY = -1;
/** Faults that wait for a rare event wait for it wherever it is written. */
export const ANYBODY = -2;
/** Turns within which others may find the call overdue: half a minute can pass. */
const DELAY_TURNS = 90;

/** A node's connection to the log. */
export class NodeLog extends EventLog {
  /** How much of the log has come with the feed. */
  #allowed: Position = -1;
  #wake: () => void = () => undefined;
  #dead = false;

  constructor(private readonly node: number, protected readonly store: SimStore, private readonly network: Network) {
    super();
  }

  get storeId(): string {
    return 'simulated';
  }

  /** The feed comes as far as this. */
  feedUpTo(position: Position): void {
    if (position <= this.#allowed) return;
    this.#allowed = position;
    this.#wake();
  }

  get fed(): Position {
    return this.#allowed;
  }

  kill(): void {
    this.#dead = true;
    this.network.forget(this.node);
  }

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return;
      this.network.send(this.node, () => { this.#append({ stream, expected, events }, resolve, reject); });
    });
  }

  #append(asked: Append, resolve: (result: AppendResult) => void, reject: (error: unknown) => void): void {
    const { network, node } = this;
    const write = (): AppendResult => this.write(asked);
    switch (network.fault(node, asked.events)) {
      case 'crash before': network.onCrash(node); return;
      case 'crash after': attempt(write, () => undefined, () => undefined); network.onCrash(node); return;
      case 'answer lost': attempt(write, () => { this.unknown(asked, resolve, reject); }, reject); return;
      case 'question lost': this.unknown(asked, resolve, reject); return;
      case 'lands late':
        network.send(NOBODY, () => { attempt(write, () => undefined, () => undefined); });
        this.unknown(asked, resolve, reject);
        return;
      case 'delayed': network.delay(node, DELAY_TURNS, () => { attempt(write, resolve, reject); }); return;
      case 'sent twice':
        attempt(write, resolve, reject);
        network.send(NOBODY, () => { attempt(write, () => undefined, () => undefined); });
        return;
      case 'refused by the store': reject(new LogUnavailable('the disk is full')); return;
      default: attempt(write, resolve, reject);
    }
  }

  /** Bugs are planted here. */
  protected write({ stream, expected, events }: Append): AppendResult {
    return this.store.write(stream, expected, events);
  }
  protected unknown(_asked: Append, _resolve: (result: AppendResult) => void, reject: (error: unknown) => void): void {
    reject(new OutcomeUnknown('no answer came'));
  }

  readStream(stream: string, options?: ReadStreamOptions): Promise<StreamPage> {
    return this.#ask(() => this.store.page(stream, options));
  }
  readAll(options?: ReadAllOptions): Promise<AllPage> {
    return this.#ask(() => this.store.allPage(options));
  }
  head(): Promise<Position> {
    return this.#ask(() => this.store.headPosition);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }

  #ask<Value>(read: () => Value): Promise<Value> {
    return new Promise((resolve) => {
      if (!this.#dead) this.network.send(this.node, () => { resolve(read()); });
    });
  }

  async *follow({ after }: FollowOptions): AsyncGenerator<FeedBatch, void, undefined> {
    for (let position = after; ; ) {
      if (this.#dead || this.#allowed <= position) {
        await new Promise<void>((resolve) => { this.#wake = resolve; });
        continue;
      }
      const { all } = this.store;
      const from = this.store.indexAfter(position);
      const to = this.store.indexAfter(this.#allowed);
      position = this.#allowed;
      yield { events: all.slice(from, to), position, live: to === all.length };
    }
  }
}

export interface Append {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

const attempt = <Value>(what: () => Value, resolve: (value: Value) => void, reject: (error: unknown) => void): void => {
  try {
    resolve(what());
  } catch (error) {
    reject(error);
  }
};
