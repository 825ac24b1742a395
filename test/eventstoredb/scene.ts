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

/** Durations pass faster, or slower; what time it is stays true. */
class PacedClock extends SystemClock {
  constructor(private readonly speed: number) {
    super();
  }
  override monotonic(): number {
    return super.monotonic() * this.speed;
  }
}
class PacedTimers extends SystemTimers {
  constructor(private readonly speed: number) {
    super();
  }
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(ms / this.speed, signal);
  }
}
export const hurried = { clock: new PacedClock(SPEED), timers: new PacedTimers(SPEED) };
export const real = { clock: new SystemClock(), timers: new SystemTimers() };
/** Where a slow machine must not be taken for a slow store. */
export const patient = { clock: new PacedClock(1 / SPEED), timers: new SystemTimers() };

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
  undoing(await EventStoreDbLog.open({ url, ...real, ids: new SystemIds(), ...options }), (log) => log.close())
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
