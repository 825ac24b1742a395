import type { CommandBus } from '@nestjs/cqrs';
import type { Decider } from '../../src/kernel/decider.js';
import { OnAccount, type AccountOutcome } from '../../src/kudos/account.message.js';
import type { AnyEvent } from '../../src/kernel/event.js';
import { isRetryLater } from '../../src/platform/http/refusals.js';
import { LogUnavailable, OutcomeUnknown, type Position } from '../../src/platform/event-log/event-log.js';
import { Checks } from './checks.js';
import { Network } from './network.js';
import { RememberingSecrets } from './randomness.js';
import { ReadModels, type ModelName } from './read-models.js';
import { SimStore } from './sim-store.js';
import { SimSnapshots } from './snapshots.js';
import { Supporters } from './supporters.js';
import { VirtualTime } from './virtual-time.js';

export interface Found {
  readonly invariant: string;
  readonly text: string;
}

/** Prompts and results, shared by all nodes: the database that is never rebuilt. */
class SimContents {
  readonly #texts = new Map<string, string>();
  hash(text: string): string {
    return `hash-of-${text.length}`;
  }
  put({ id, text }: { readonly id: string; readonly text: string }): Promise<void> {
    if (!this.#texts.has(id)) this.#texts.set(id, text);
    return Promise.resolve();
  }
  async putMany(contents: readonly { readonly id: string; readonly text: string }[]): Promise<void> {
    for (const content of contents) await this.put(content);
  }
  get(id: string): Promise<string | undefined> {
    return Promise.resolve(this.#texts.get(id));
  }
  getMany(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(ids.flatMap((id) => { const text = this.#texts.get(id); return text === undefined ? [] : [[id, text] as const]; })));
  }
  extend(): Promise<number> {
    return Promise.resolve(0);
  }
}

/** Every world has the same master key. */
const SECRETS = new RememberingSecrets(Buffer.alloc(32, 7));
/** Longer than any pause of a node, and than a second of waiting for a feed. */
const REFUSAL_STANDS_TURNS = 75;

/** Everything that outlives a node, and what watches over all of it. */
export class World {
  readonly store = new SimStore();
  readonly time = new VirtualTime();
  readonly network = new Network();
  readonly models = new ReadModels(this.store, this.time);
  readonly contents = new SimContents();
  readonly secrets = SECRETS;
  readonly checks = new Checks();
  readonly supporters = new Supporters();
  /** `account KudosUpfront` → how often it was decided. */
  readonly refusals = new Map<string, number>();
  /** `account TransferKudos` → how often it was decided. */
  readonly commands = new Map<string, number>();
  readonly found: Found[] = [];
  readonly #snapshots = new Map<number, SimSnapshots>();

  constructor(readonly seed: number, private readonly makeSnapshots: typeof SimSnapshots = SimSnapshots) {
    this.store.onWritten = (events) => { for (const event of events) this.checks.add(event); };
  }

  /** Up to two seconds either way. */
  skewOf(place: number): number {
    return ((this.seed * 7 + place * 1_301) % 4_001) - 2_000;
  }

  snapshotsOf(place: number): SimSnapshots {
    let snapshots = this.#snapshots.get(place);
    if (!snapshots) this.#snapshots.set(place, (snapshots = new this.makeSnapshots()));
    return snapshots;
  }
  get snapshotsFound(): number {
    return [...this.#snapshots.values()].reduce((sum, { found }) => sum + found, 0);
  }

  bug(invariant: string, text: string, error?: unknown): void {
    const words = error === undefined ? '' : wordsOf(error);
    this.found.push({ invariant, text: words === '' ? text : `${text}: ${words}` });
  }
  unless(holds: boolean, invariant: string, text: () => string): void {
    if (!holds) this.bug(invariant, text());
  }

  /** The first thing that is wrong, if anything is. */
  get wrong(): Found | undefined {
    return this.found[0] ?? this.checks.violations[0];
  }

  observed<State, Command, Event extends AnyEvent, Rc extends string>(decider: Decider<State, Command, Event, Rc>): Decider<State, Command, Event, Rc> {
    return { ...decider, decide: (command, state) => {
      const decision = decider.decide(command, state);
      count(this.commands, `${decider.category} ${(command as { readonly type?: string }).type ?? ''}`);
      if (decision.outcome === 'refused') count(this.refusals, `${decider.category} ${decision.rc}`);
      return decision;
    } };
  }

  /** Notes when each correlated chain of commands was first heard of: what it may not know yet is what came later. */
  watched(bus: CommandBus, node: { readonly isDead: boolean }): CommandBus {
    return { execute: async (message: { readonly context?: { readonly correlationId: string } }) => {
      if (message.context) {
        this.checks.began(message.context.correlationId, this.store.headPosition);
        this.#doubtful.delete(message.context.correlationId); // whoever asks again has not told anybody yet
      }
      if (!(message instanceof OnAccount)) return bus.execute<never, unknown>(message as never);
      const outcome = await bus.execute(message);
      this.#doubtRefusal(message, outcome, node);
      return outcome;
    } } as unknown as CommandBus;
  }

  /** No "no" from a stale view: at some moment of the call there really must not have been enough. */
  #doubtRefusal({ account, command, context }: OnAccount, outcome: AccountOutcome, node: { readonly isDead: boolean }): void {
    if (outcome.outcome !== 'refused') return;
    const wanted = outcome.rc === 'KudosUpfront' ? Number(outcome.detail['required'])
      : outcome.rc === 'KudosTransferNotEnough' && command.type === 'TransferKudos' ? command.amount : undefined;
    if (wanted === undefined) return;
    const least = this.checks.leastAvailable(account, this.checks.beginningOf(context.correlationId) ?? -1);
    if (least >= wanted) this.#doubtful.set(context.correlationId, { node, turn: this.#turn, text: `user ${account} was refused ${wanted} with ${outcome.rc}, and never had less than ${least}` });
  }
  readonly #doubtful = new Map<string, { readonly node: { readonly isDead: boolean }; readonly turn: number; readonly text: string }>();
  #turn = 0;

  /** One operation more has been. */
  passTurn(): void {
    this.#turn += 1;
    this.network.passTurn();
    if (this.#doubtful.size > 0) this.checkRefusals(REFUSAL_STANDS_TURNS);
  }

  /** A refusal that nobody looked at again for so long has reached a client, unless its node died before. */
  checkRefusals(turns = 0): void {
    for (const [id, { node, turn, text }] of this.#doubtful) {
      if (node.isDead) this.#doubtful.delete(id);
      else this.unless(this.#turn - turn < turns, 'I15', () => text);
    }
  }

  /** The projector dies after its rows, and before its checkpoint: of one transaction, so that neither is there afterwards. */
  crashProjector(name: ModelName, events: number): void {
    count(this.network.reached, `crash between rows and checkpoint of ${name}`);
    if (this.models.isAtomic) return;
    this.models.advance(name, events, false);
  }

  get head(): Position {
    return this.store.headPosition;
  }
}

const wordsOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join('; ');
  return error instanceof Error ? error.message : JSON.stringify(error);
};

export const count = (counts: Map<string, number>, name: string, by = 1): void => void counts.set(name, (counts.get(name) ?? 0) + by);

/** Nothing is known to have happened, and the same call may succeed in a moment. */
export const isPassing = (error: unknown): boolean => {
  if (error instanceof AggregateError) return error.errors.every(isPassing);
  return isRetryLater(error) || error instanceof LogUnavailable || error instanceof OutcomeUnknown;
};
