import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import { LogFront, type FrontOptions } from '../../src/platform/event-log/grpc/log-front.js';
import { SystemClock, SystemIds, SystemTimers } from '../../src/platform/system/system.js';

/** An embedded log on disk, served over a real socket, and the official client on it. */
export class Served {
  static async start(options: Partial<FrontOptions> = {}): Promise<Served> {
    const home = mkdtempSync(join(tmpdir(), 'horde-front-'));
    const [clock, ids, timers] = [new SystemClock(), new SystemIds(), new SystemTimers()];
    const log = await EmbeddedLog.open({ directory: home, mode: 'write', clock, ids });
    const front = await LogFront.listen({ log, host: '127.0.0.1', port: 0, writable: true, clock, ids, timers, ...options });
    return new Served(home, log, front);
  }

  readonly client = this.connect();

  private constructor(private readonly home: string, readonly log: EmbeddedLog, readonly front: LogFront) {}

  get address(): string {
    return `127.0.0.1:${this.front.port}`;
  }

  connect(options = 'tls=false'): EventStoreDBClient {
    return EventStoreDBClient.connectionString(`esdb://${this.address}?${options}`);
  }

  async stop(): Promise<void> {
    await this.client.dispose();
    await this.front.close();
    await this.log.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}
