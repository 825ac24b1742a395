import { iso } from '../../src/kernel/clock.js';
import type { AnyEvent } from '../../src/kernel/event.js';
import { ledgerOf } from '../../src/kernel/event.js';
import { userOf } from '../../src/kernel/ledger.js';
import { encode } from '../../src/platform/event-log/codec.js';
import type { EventLog, ExpectedRevision, NewEvent, RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { Economy, type HistoryOptions } from './history-economy.js';
import { Seeded } from './seeded.js';

export type { HistoryOptions } from './history-economy.js';

export interface PlannedAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

const START_MS = Date.UTC(2026, 0, 1);
/** Long enough that some workers come to rewards for their uptime. */
const ROUND_MS = 30_000;
const TEAM_IDS_DICE = 3_000_003;

/**
 * A consistent history of a horde, the same for the same seed: our own deciders decide every event, so all the rules hold.
 * The appends of one round do not depend on each other; a round depends on those before it.
 */
export class History {
  readonly economy: Economy;
  /** Of the events of teams, so that they change nothing else in a history. */
  private readonly teamIds: Seeded;
  private readonly heads = new Map<string, { revision: number; leaf: string }>();
  private round = new Map<string, AnyEvent[]>();
  private nowMs = START_MS;
  planned = 0;

  constructor(options: HistoryOptions) {
    this.teamIds = new Seeded(options.seed + TEAM_IDS_DICE);
    this.economy = new Economy(options, {
      now: () => iso(this.nowMs),
      write: (stream, events) => this.write(stream, events),
    });
  }

  /** The next round: one append a stream. */
  next(): PlannedAppend[] {
    this.round = new Map();
    this.economy.step();
    this.nowMs += ROUND_MS;
    const appends = [...this.round].map(([stream, events]) => this.plan(stream, events));
    this.economy.credit(this.income('spendable'), this.income('escrow'));
    return appends;
  }

  private write(stream: string, events: readonly AnyEvent[]): void {
    const planned = this.round.get(stream);
    if (planned) planned.push(...events);
    else this.round.set(stream, [...events]);
  }

  private plan(stream: string, events: readonly AnyEvent[]): PlannedAppend {
    const head = this.heads.get(stream);
    let [revision, leaf] = [head?.revision ?? -1, head?.leaf ?? null];
    const ids = stream.startsWith('team-') ? this.teamIds : this.economy.random;
    const encoded = events.map((event) => {
      revision += 1;
      const id = ids.uuid();
      const metadata = { $correlationId: id, $causationId: id, prevHash: leaf, actor: { kind: 'system' as const }, schema: 1 as const, node: 'history' };
      const { event: stored, leaf: own } = encode(event, { stream, revision, id, metadata });
      leaf = own;
      return stored;
    });
    this.planned += events.length;
    if (events.at(-1)!.type === 'RequestCompleted.v1') this.heads.delete(stream); // nothing comes after it
    else this.heads.set(stream, { revision, leaf: leaf! });
    return { stream, expected: head ? head.revision : 'no_stream', events: encoded };
  }

  /** What the round has put into accounts from outside their own streams: nobody may spend it before the next round. */
  private income(pocket: 'spendable' | 'escrow'): Map<number, number> {
    const income = new Map<number, number>();
    for (const [stream, events] of this.round) {
      for (const event of events) {
        for (const { account, amount } of ledgerOf(event)?.postings ?? []) {
          const owner = userOf(account);
          if (owner?.pocket === pocket && amount > 0 && stream !== `account-${owner.user}`) income.set(owner.user, (income.get(owner.user) ?? 0) + amount);
        }
      }
    }
    return income;
  }
}

/** Writes a history into a log. Returns the number of events. */
export const writeHistory = async (log: EventLog, options: HistoryOptions): Promise<number> => {
  const history = new History(options);
  while (history.planned < options.events)
    await Promise.all(history.next().map(({ stream, expected, events }) => log.append(stream, expected, events)));
  return history.planned;
};

/** A history as a log would give it back, without a log. Positions have gaps, as in a log. */
export const recordedHistory = (options: HistoryOptions): RecordedEvent[] => {
  const history = new History(options);
  const recorded: RecordedEvent[] = [];
  let position = 0;
  while (recorded.length < options.events) {
    for (const { stream, expected, events } of history.next()) {
      const first = expected === 'no_stream' ? 0 : expected + 1;
      for (const [index, { id, type, data, metadata }] of events.entries()) {
        position += data.length + metadata.length + 64;
        recorded.push({ stream, revision: first + index, position, id, type, data: Buffer.from(data), metadata: Buffer.from(metadata), created: START_MS });
      }
    }
  }
  return recorded;
};

