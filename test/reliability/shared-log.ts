import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SystemPorts } from '../../src/boot/platform.js';
import type { Server } from '../../src/boot/server.js';
import { freePort, startOn } from '../support/app.js';
import { Client } from '../support/client.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { WatchedLog } from '../support/watched-log.js';

export interface NodeOfMany {
  readonly server: Server;
  readonly client: Client;
  readonly dataDir: string;
}

/** Nodes of this process on one log, one PostgreSQL and one blob directory; each has a data directory of its own, if it wants one. */
export class SharedLog {
  readonly fatal: unknown[] = [];
  readonly #nodes: Server[] = [];

  private constructor(readonly log: WatchedLog, readonly directory: string, readonly database: TestDatabase) {}

  static async make(name: string): Promise<SharedLog> {
    return new SharedLog(await WatchedLog.open(), mkdtempSync(join(tmpdir(), `horde-${name}-`)), await freshDatabase(`shared_${name}`));
  }

  dataDirOf(name: string): string {
    return join(this.directory, name);
  }

  async start(name: string, settings: Readonly<Record<string, string>> = {}, ports: Partial<SystemPorts> = {}): Promise<NodeOfMany> {
    const dataDir = this.dataDirOf(name);
    const shared = { DATABASE_URL: this.database.url, BLOBS_DIR: join(this.directory, 'blobs'), HORDE_MASTER_KEY: 'ab'.repeat(32) };
    const server = await startOn(dataDir, { PORT: String(await freePort()), NODE_NAME: name, ...shared, ...settings }, {
      onFatal: (error) => void this.fatal.push(error), ...ports, sharedLog: this.log,
    });
    this.#nodes.push(server);
    return { server, client: new Client(server.url), dataDir };
  }

  async stop(): Promise<void> {
    for (const node of this.#nodes.splice(0)) await node.close();
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.log.remove();
    await this.database.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
