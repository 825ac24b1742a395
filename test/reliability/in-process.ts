import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SystemPorts } from '../../src/boot/platform.js';
import { startServer, type Server } from '../../src/boot/server.js';
import { readConfig } from '../../src/config.js';
import { SystemClock, SystemIds, SystemTimers } from '../../src/platform/system/system.js';
import { Client } from '../support/client.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { freePort } from './server-process.js';

/** One data directory and one database, on which servers of this process are started one after the other. */
export class Home {
  readonly fatal: unknown[] = [];
  readonly #servers: Server[] = [];

  private constructor(readonly directory: string, readonly database: TestDatabase) {}

  static async make(name: string): Promise<Home> {
    return new Home(mkdtempSync(join(tmpdir(), `horde-${name}-`)), await freshDatabase(`reliability_${name}`));
  }

  /** The whole server, with the ports of the test in place of the machine's. */
  async start(ports: Partial<SystemPorts> = {}, settings: Readonly<Record<string, string>> = {}): Promise<{ readonly server: Server; readonly client: Client }> {
    const config = readConfig({
      PORT: String(await freePort()), DATA_DIR: this.directory, DATABASE_URL: this.database.url, LOG_LEVEL: 'silent', NODE_NAME: 'reliability',
      HORDE_TEST_APIKEYS: '1', HORDE_TEST_RATELIMIT_DISABLED: '1', HORDE_TEST_SPEEDLIMIT_DISABLED: '1', ...settings,
    });
    const server = await startServer(config, {
      clock: new SystemClock(), timers: new SystemTimers(), ids: new SystemIds(), onFatal: (error) => void this.fatal.push(error), ...ports,
    });
    this.#servers.push(server);
    return { server, client: new Client(server.url) };
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.splice(0)) await server.close();
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.database.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
