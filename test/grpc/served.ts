import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { EventStoreDBClient } from '@eventstore/db-client';
import { EmbeddedLog, type EmbeddedLogOptions } from '../../src/platform/event-log/embedded/embedded-log.js';
import type { EventLog, RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { LogFront, type FrontOptions } from '../../src/platform/event-log/grpc/log-front.js';
import { SystemClock, SystemIds, SystemTimers } from '../../src/platform/system/system.js';
import { ContractRun } from '../contract/contract-run.js';
import { RawStreams } from './raw.js';

const SEED = 20_260_802;
/** Tests move megabytes over sockets, on a machine that does other things as well. */
jest.setTimeout(60_000);

/** An embedded log on disk, served over a real socket: the official client on it, and the bare protocol beside it. */
export class Served {
  static async start(options: Partial<FrontOptions> = {}, logOptions: Partial<EmbeddedLogOptions> = {}): Promise<Served> {
    const home = mkdtempSync(join(tmpdir(), 'horde-front-'));
    const [clock, ids, timers] = [new SystemClock(), new SystemIds(), new SystemTimers()];
    const log = await EmbeddedLog.open({ directory: home, mode: 'write', clock, ids, ...logOptions });
    const front = await LogFront.listen({ log, host: '127.0.0.1', port: 0, writable: true, clock, ids, timers, ...options });
    return new Served(home, log, front);
  }

  readonly client = this.connect();
  readonly raw = new RawStreams(this.address);
  /** Streams, ids and events that nobody else uses; its log is the one that is served. */
  readonly run = new ContractRun(SEED);

  private constructor(private readonly home: string, readonly log: EventLog, readonly front: LogFront) {
    this.run.log = log;
  }

  get address(): string {
    return `127.0.0.1:${this.front.port}`;
  }

  connect(query = 'tls=false', user = ''): EventStoreDBClient {
    return EventStoreDBClient.connectionString(`esdb://${user}${this.address}?${query}`);
  }

  async stop(): Promise<void> {
    this.raw.close();
    await this.client.dispose();
    await this.front.close();
    await this.log.close();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** The whole log, in order. */
  async everything(): Promise<RecordedEvent[]> {
    return this.run.between(-1, Number.MAX_SAFE_INTEGER);
  }
}
