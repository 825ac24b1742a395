import { jest } from '@jest/globals';
import type { EventStoreDbOptions } from '../../src/platform/event-log/eventstoredb/eventstoredb-log.js';
import { EventStoreDbLog } from '../../src/platform/event-log/eventstoredb/eventstoredb-log.js';
import type { FeedBatch, FollowOptions, RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { SystemClock, SystemIds, SystemTimers } from '../../src/platform/system/system.js';
import { ContractRun } from '../contract/contract-run.js';
import { ScriptedServer } from './scripted-server.js';

const SEED = 20_260_816;
/** Tests that wait for a limit of seconds would take seconds. */
const SPEED = 5;

/** On a machine that does other things as well. */
jest.setTimeout(60_000);

/** Real milliseconds that one turn of the loop may count as at most. */
const TURN_MAX_MS = 4;

/**
 * Durations pass faster, and only while this process runs: a machine that was busy elsewhere for a second has not let a second of
 * the store's silence pass, for the scripted server stood still as well.
 */
class HurriedTime {
  private passed = 0;
  private sleepers: { readonly due: number; readonly wake: () => void }[] = [];
  private last = performance.now();

  constructor(private readonly speed: number) {
    setInterval(() => this.tick(), 1).unref();
  }

  now(): number {
    return this.passed + this.turn();
  }

  until(due: number, wake: () => void): void {
    this.sleepers.push({ due, wake });
  }

  /** What of the turn that is not over has passed. */
  private turn(): number {
    return Math.min(performance.now() - this.last, TURN_MAX_MS) * this.speed;
  }

  private tick(): void {
    this.passed += this.turn();
    this.last = performance.now();
    const due = this.sleepers.filter((sleeper) => sleeper.due <= this.passed);
    this.sleepers = this.sleepers.filter((sleeper) => sleeper.due > this.passed);
    for (const { wake } of due.sort((one, other) => one.due - other.due)) wake();
  }
}

class HurriedClock extends SystemClock {
  constructor(private readonly time: HurriedTime) {
    super();
  }
  override monotonic(): number {
    return this.time.now();
  }
}
class HurriedTimers extends SystemTimers {
  constructor(private readonly time: HurriedTime) {
    super();
  }
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const aborted = (): void => reject(signal!.reason as Error);
      signal?.addEventListener('abort', aborted, { once: true });
      this.time.until(this.time.now() + ms, () => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      });
    });
  }
}
/** How a slow machine is not taken for a slow store. */
class SlowClock extends SystemClock {
  override monotonic(): number {
    return super.monotonic() / SPEED;
  }
}
const time = new HurriedTime(SPEED);
export const hurried = { clock: new HurriedClock(time), timers: new HurriedTimers(time) };
export const real = { clock: new SystemClock(), timers: new SystemTimers() };
const ownTime = new HurriedTime(1);
/** As fast as the machine's, but only while this process runs. */
const steady = { clock: new HurriedClock(ownTime), timers: new HurriedTimers(ownTime) };
export const patient = { clock: new SlowClock(), timers: new SystemTimers() };

/** What was said to the operator. */
export class Said {
  readonly infos: string[] = [];
  readonly warnings: string[] = [];
  readonly logger = {
    info: (_details: object, message: string): void => void this.infos.push(message),
    warn: (_details: object, message: string): void => void this.warnings.push(message),
  };
}

export interface Scene {
  readonly server: ScriptedServer;
  readonly log: EventStoreDbLog;
  /** Streams, ids and events. */
  readonly run: ContractRun;
  readonly said: Said;
}

const undo: (() => unknown)[] = [];
/** To be undone after the test, the last thing first. */
export const undoing = <Thing>(thing: Thing, how: (thing: Thing) => unknown): Thing => {
  undo.push(() => how(thing));
  return thing;
};
export const tidyUp = async (): Promise<void> => {
  for (const each of undo.splice(0).reverse()) await each();
};

export const opened = async (url: string, options: Partial<EventStoreDbOptions> = {}): Promise<EventStoreDbLog> => (
  undoing(await EventStoreDbLog.open({ url, ...steady, ids: new SystemIds(), ...options }), (log) => log.close())
);

/** A scripted server and the adapter on it, which has founded its ledger. */
export const scene = async (options: Partial<EventStoreDbOptions> = {}): Promise<Scene> => {
  const server = undoing(await ScriptedServer.start(), (each) => each.stop());
  const said = new Said();
  const log = await opened(server.url, { logger: said.logger, ...options });
  const run = new ContractRun(SEED);
  run.log = log;
  return { server, log, run, said };
};

/** A feed that is followed in the background until the test is over. */
export class Follower {
  readonly batches: FeedBatch[] = [];

  static of(log: EventStoreDbLog, options: FollowOptions): Follower {
    const follower = new Follower();
    const abort = new AbortController();
    const following = follower.follow(log, { ...options, signal: abort.signal });
    undoing(abort, async () => {
      abort.abort();
      await following;
    });
    return follower;
  }

  get events(): RecordedEvent[] {
    return this.batches.flatMap(({ events }) => events);
  }
  get ids(): string[] {
    return this.events.map(({ id }) => id);
  }
  get position(): number {
    return this.batches.at(-1)?.position ?? -1;
  }

  private async follow(log: EventStoreDbLog, options: FollowOptions): Promise<void> {
    for await (const batch of log.follow(options)) this.batches.push(batch);
  }
}
